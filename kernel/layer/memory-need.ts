/** How much memory a layer takes while it is in work, from its shape and its steps alone: bytes for each weight, measured by
 *  test/bench/layer-memory.mjs, and what methods say of themselves. */
import { prunerOf } from "../prune";
import { quantizerOf } from "../quantize";
import type { Step } from "../tensor/step";
import { parametersOf, type Shape } from "../tensor/tensor";
import { kindOfStep } from "./operators";
import { pieceWalkOf } from "./walk-pieces";
import type { LayerJob } from "./layer-job";

/** Weights and w′ as float32, and a code or a bit of the mask. */
const valueBytes = 4;
const stepBytes = 5;
/** What is kept of the layer: codes, or values. */
const keptCodeBytes = 2;
const keptValueBytes = 4;
/** Of a coder of the bytes of floats: planes, what it writes, and the copy that is kept. */
const coderBytes = 14;
/** Of a layer that goes in pieces: its codes, and what is kept of them. */
const pieceBytes = 3;

/** Bytes of memory that the layer takes at most, beyond what the process has anyway. */
export function memoryNeedOf(job: Pick<LayerJob, "steps" | "shape" | "axes" | "surgery">): number {
  const { steps, shape } = job;
  const weights = parametersOf(shape);
  const kinds = steps.map(kindOfStep);
  const isPieces = pieceWalkOf({ ...job, input: { values: new Float32Array(0) } } as LayerJob) !== undefined;
  if (isPieces) return pieceBytes * weights;
  const lossy = kinds.filter((kind) => kind !== "encode").length;
  const isQuantized = kinds.includes("quantize");
  const isCoded = kinds.includes("encode");
  const each =
    valueBytes +
    stepBytes * lossy +
    (isQuantized ? keptCodeBytes : keptValueBytes) +
    (isCoded ? (isQuantized ? keptCodeBytes : coderBytes) : 0);
  return each * weights + Math.max(0, ...steps.map((step) => ownNeed(step, shape)));
}

function ownNeed(step: Step, shape: Shape): number {
  const kind = kindOfStep(step);
  if (kind === "encode") return 0;
  return (kind === "prune" ? prunerOf(step) : quantizerOf(step)).memory?.(step, shape) ?? 0;
}

/** The step that needs most of it, for errors. */
export function neediestStep(steps: readonly Step[], shape: Shape): Step | undefined {
  return steps.reduce<Step | undefined>(
    (most, step) => (most === undefined || ownNeed(step, shape) > ownNeed(most, shape) ? step : most),
    undefined,
  );
}
