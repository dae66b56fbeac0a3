/** How much memory a layer takes while it is in work, from its shape, its steps and where it comes from and goes to: bytes for each weight, measured
 *  by test/bench/layer-memory.mjs, and what methods say of themselves. */
import { prunerOf } from "../prune";
import { quantizerOf } from "../quantize";
import { layoutOf } from "../tensor/layout";
import type { Step } from "../tensor/step";
import { parametersOf, type Shape } from "../tensor/tensor";
import { leastSpilled } from "./compress-layer";
import type { LayerJob } from "./layer-job";
import { atSize, kindOfStep } from "./operators";
import { isCodedInPieces } from "./walk-coded";
import { pieceWalkOf } from "./walk-pieces";
import { memoryOfPruned, prunedWalkOf } from "./walk-pruned";

/** Weights and w′ as float32, and a code or a byte of the mask. */
const valueBytes = 4;
const stepBytes = 5;
/** A code of a byte; one of a step of a given size may have four. */
const codeBytes = 1;
const wideCodeBytes = 4;
/** A bit of a mask. */
const bitBytes = 1 / 8;
/** What a coder of codes has beside them: what it wrote of them, until all is written. */
const coderBytes = 1;
/** A coder of floats: a byte plane, and what is written of it. */
const planeBytes = 2;
/** Of a coder of the bytes of floats that are whole in memory: their planes, and what it writes. */
const wholeCoderBytes = 10;
/** What is kept of a weight in memory: a code, or a value. */
const keptCodeBytes = 1;
const keptValueBytes = 4;

/** What decides over the need of a layer. */
export interface NeedyLayer extends Pick<LayerJob, "steps" | "shape" | "axes" | "surgery" | "dtype"> {
  /** The bytes of the layer in its file, where a thread reads them there; absent where it comes as values. */
  readonly bytesInFile?: number | undefined;
  /** What is kept of the layer goes to a checkpoint. */
  readonly hasCheckpoint: boolean;
}

/** Bytes of memory that the layer takes at most, beyond what the process has anyway. */
export function memoryNeedOf(given: NeedyLayer): number {
  // A step with a target of bits runs as one of some size.
  const layer = { ...given, steps: given.steps.map((step) => atSize(step, 1)) };
  const { steps, shape, axes, hasCheckpoint } = layer;
  const weights = parametersOf(shape);
  const kinds = steps.map(kindOfStep);
  const isQuantized = kinds.includes("quantize");
  const isCoded = kinds.includes("encode");
  const isKept = !hasCheckpoint || 4 * weights < leastSpilled;
  const kept = isKept ? weights * (isQuantized ? keptCodeBytes : keptValueBytes) : 0;
  const own = Math.max(0, ...steps.map((step) => ownNeed(step, shape)));
  const job = jobLike(layer);
  // Its values are whole in memory where they come so, and once more while they are turned.
  const brought = valueBytes * weights * (layoutOf(shape, axes).order ? 2 : layer.bytesInFile === undefined ? 1 : 0);
  if (isCodedInPieces(job)) return planeBytes * weights + kept;
  const quantized = codeBytesOf(steps) + (isCoded ? coderBytes : 0);
  if (pieceWalkOf(job)) return brought + quantized * weights + kept;
  if (prunedWalkOf(job)) {
    const coded = isCoded ? planeBytes : 0;
    // Of codes those that stay are gathered beside all.
    const made = isQuantized ? quantized + codeBytesOf(steps) : coded;
    return brought + (bitBytes + made) * weights + memoryOfPruned(job) + kept + own;
  }
  const lossy = kinds.filter((kind) => kind !== "encode").length;
  const coding = isCoded ? (isQuantized ? coderBytes : wholeCoderBytes) : 0;
  const turned = layoutOf(shape, axes).order ? valueBytes : 0;
  return (valueBytes + turned + stepBytes * lossy + coding) * weights + kept + own;
}

/** The job as its walks look at it. */
function jobLike({ steps, shape, axes, surgery, dtype, bytesInFile }: NeedyLayer): LayerJob {
  const isRaw = steps.every((step) => kindOfStep(step) === "encode");
  const identity = { size: 0n, ino: 0n, dev: 0n, mtimeNs: 0n };
  const range = { path: "", start: 0, byteLength: bytesInFile ?? 0, identity };
  return {
    ...{ name: "", savedName: "", shape, dtype, steps, threshold: undefined },
    input: bytesInFile === undefined ? { values: new Float32Array(0) } : { range, isRaw },
    ...(axes && { axes }),
    ...(surgery && { surgery }),
  };
}

function codeBytesOf(steps: readonly Step[]): number {
  return steps.some((step) => "step" in step) ? wideCodeBytes : codeBytes;
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
