/** A layer through its steps one after the other, each on all its weights. */
import { free } from "../bytes/array-memory";
import { loops } from "../loops/loops";
import { NonFiniteError } from "../errors";
import { checkFinite, errorMeasures, sumErrors } from "../measure";
import { measureChange, type LayerChange } from "../measure/change";
import { applyMask, prunerOf, type Pruned } from "../prune";
import { pruneMatrices } from "../prune/stack/matrices";
import { countKept } from "../prune/pruner";
import { unstructuredStorage } from "../prune/sparse/storage";
import { quantizerOf } from "../quantize";
import type { LowRankStep } from "../prune";
import { dequantizeMatrices, quantizeMatrices } from "../quantize/stack/matrices";
import type { Quantized } from "../quantize/quantizer";
import { atWidth } from "../quantize/widened";
import type { StepMeasures } from "../report/types";
import { gather, spread } from "../stored/kept-weights";
import { layoutOf, rowsShape, type Layout } from "../tensor/layout";
import type { Step } from "../tensor/step";
import type { LayerJob } from "./layer-job";
import { stateOf, type LayerState } from "./layer-state";
import { addZeroGroups, layerWarnings, noZeroGroups, zeroGroupsOf, type ZeroGroups } from "./layer-warnings";
import { kindOfStep, labelOf, pruneAtShared, quantizedFrom } from "./operators";
import { isHeldBy, remainingWeights } from "./remaining-weights";
import { isLost, nothingLost, type Walk } from "./walk";

/** The steps of `job` on the weights that `surgery` leaves, and what they did. The array of `job.input.values` may be detached. */
export function walkWhole(job: LayerJob): Walk {
  const { job: small, state, before, values, changes, expand, cutShare, zeroGroups } = stepWhole(job);
  const after = expand(state.values ?? values);
  const isCoded = after === before;
  const nonFinite = isCoded ? countNonFinite(before) : 0;
  const change = nonFinite > 0 ? changeOfFinite(before, nonFinite) : measureChange(before, after);
  if (!isCoded && !Number.isFinite(change.sums.squaredError)) throw madeNonFinite(changes, after, job);
  const measures = changes.map(({ kind, label, input: from, output }): StepMeasures => {
    // A coder gives on the very array that it got; one lossy step loses what the layer loses.
    if (from === output) return { kind, label, ...nothingLost };
    const own = from === before && output === after ? change.sums : sumErrors(from, output);
    return { kind, label, ...errorMeasures(own) };
  });
  if (job.surgery) {
    const { steps: done } = job.surgery;
    const label = done.map(labelOf).join(" · ");
    const own = errorMeasures(sumErrors(before, expand(values)));
    measures.unshift({ kind: done[done.length - 1].kind, label, ...own });
  }
  const error = isCoded ? nothingLost : errorMeasures(change.sums);
  const warnings = layerWarnings({
    steps: [...(job.surgery?.steps ?? []), ...job.steps],
    measures,
    sqnrDb: job.surgery ? undefined : error.sqnrDb,
    zeroGroups,
    isLost: !job.surgery && isLost(change),
    quantized: state.quantized,
    hasWiderFactors:
      state.factors?.some(({ bitsPerValue }) => bitsPerValue === 32) === true && job.steps.some(asksForHalfFactors),
    nonFinite,
  });
  return { job: small, state, change, error, measures, cutShare, warnings };
}

function countNonFinite(values: Float32Array): number {
  if (loops.values.firstNonFinite(values) < 0) return 0;
  return values.reduce((count, value) => (Number.isFinite(value) ? count : count + 1), 0);
}

/** What is known of weights that only a coder sees and of which some are NaN or infinite: those are left out. */
function changeOfFinite(values: Float32Array, nonFinite: number): LayerChange {
  const finite = values.filter((value) => Number.isFinite(value));
  const change = measureChange(finite, finite);
  return { ...change, levels: undefined, sums: { ...change.sums, count: finite.length + nonFinite } };
}

/** The error for the first weight that is no finite number after the first step that made one. */
function madeNonFinite(
  changes: SteppedLayer["changes"],
  after: Float32Array,
  { name, steps }: LayerJob,
): NonFiniteError {
  const found = changes.find(({ output }) => loops.values.firstNonFinite(output) >= 0);
  const values = found?.output ?? after;
  const at = loops.values.firstNonFinite(values);
  return new NonFiniteError(name, at, values[at], found?.label ?? steps.map(labelOf).join(" · "), "computed");
}

function asksForHalfFactors(step: Step): boolean {
  return step.kind === "lowRank" && (step as LowRankStep).dtype === "F16";
}

/** A layer after its steps, and all arrays that its measures are taken from. */
interface SteppedLayer extends Pick<Walk, "job" | "state" | "cutShare"> {
  /** The weights of the model. */
  readonly before: Float32Array;
  /** Those that surgery left. */
  readonly values: Float32Array;
  readonly changes: readonly {
    readonly kind: string;
    readonly label: string;
    readonly input: Float32Array;
    readonly output: Float32Array;
  }[];
  readonly expand: (values: Float32Array) => Float32Array;
  /** Of its quantizers. */
  readonly zeroGroups: ZeroGroups;
}

/** The steps alone: nothing is measured. */
export function stepWhole(job: LayerJob): SteppedLayer {
  const { name, dtype, steps, surgery } = job;
  const { original, values: left, shape, input, expand, cutShare } = remainingWeights(job);
  const before = loops.memory.bring(original);
  const values = left === original ? before : loops.memory.bring(left);
  // The values were brought elsewhere.
  if (!surgery && "values" in input && before !== original) free(original);
  const done = surgery?.steps ?? [];
  // Coders keep every bit of every value.
  const isCodedOnly = done.length === 0 && steps.every((step) => kindOfStep(step) === "encode");
  if (!isCodedOnly) checkFinite(before, [...done, ...steps].map(labelOf)[0], name);
  const small = { ...job, shape, input };
  const state = stateOf(values);
  state.hasOtherValues = surgery !== undefined && !isHeldBy(dtype, surgery.maps);
  let last = values;
  let zeroGroups = noZeroGroups;
  const changes = steps.map((step) => {
    const previous = last;
    last = applyStep(state, previous, step, small);
    state.values = last;
    if (last !== previous && kindOfStep(step) === "quantize" && state.quantized?.codes.length === last.length)
      zeroGroups = addZeroGroups(zeroGroups, zeroGroupsOf(state.quantized, previous, last));
    return { kind: step.kind, label: labelOf(step), input: previous, output: last };
  });
  return { job: small, state, before, values, changes, expand, cutShare, zeroGroups };
}

/** w′ of the step; what else it gave goes into `state`. */
function applyStep(state: LayerState, values: Float32Array, step: Step, job: LayerJob): Float32Array {
  const { name, shape, axes } = job;
  const layout = layoutOf(shape, axes);
  switch (kindOfStep(step)) {
    case "prune": {
      const { mask, storage, values: others, factors, stackedFactors } = pruneStep(values, step, job, layout);
      state.factors = ofOneWidth(stackedFactors ?? (factors && [factors]));
      if (others) {
        // Other weights, with no zeros to leave out.
        state.hasOtherValues ||= others.some((value, i) => value !== values[i]);
        state.keep = state.index = undefined;
        return others;
      }
      const { keep: earlier } = state;
      state.keep = earlier ? mask.map((bit, i) => bit & earlier[i]) : mask;
      state.index = earlier ? unstructuredStorage(rowsShape(layout), countKept(state.keep)) : storage;
      state.targetSparsity = Math.max(state.targetSparsity ?? 0, prunerOf(step).target(layout.matrix, step));
      return applyMask(values, mask);
    }
    case "quantize": {
      const { keep } = state;
      const quantizer = quantizerOf(step);
      state.factors = undefined;
      if (keep && quantizer.isSequential) {
        // Codes that depend on the ones before them are made for the weights that are left, as one vector.
        const left = gather(values, keep, new Float32Array(countKept(keep)));
        state.quantized = atWidth(step, name, (own) => quantizer.quantize(left, [left.length], own, name));
        return spread(quantizer.dequantize(state.quantized), keep, new Float32Array(keep.length));
      }
      state.quantized =
        keptBlocks(step, job, layout) ??
        atWidth(step, name, (own) => quantizeMatrices(quantizer, values, layout, own, name));
      const after = dequantizeMatrices(quantizer, state.quantized);
      return keep ? applyMask(after, keep) : after;
    }
    case "encode":
      state.coder = step;
      return values;
  }
}

/** Factors of a stack are stored alike: as float32 where float16 does not hold one of them. */
function ofOneWidth(factors: LayerState["factors"]): LayerState["factors"] {
  if (!factors?.some(({ bitsPerValue }) => bitsPerValue === 32)) return factors;
  return factors.map((own) => ({ ...own, bitsPerValue: 32 }));
}

/** The blocks of the input, where it has the type that its first step quantizes to. */
function keptBlocks(step: Step, { input, dtype, steps }: LayerJob, layout: Layout): Quantized | undefined {
  return step === steps[0] && "bytes" in input ? quantizedFrom(input.bytes, dtype, rowsShape(layout), step) : undefined;
}

function pruneStep(weights: Float32Array, step: Step, { name, threshold }: LayerJob, layout: Layout): Pruned {
  return (
    pruneAtShared(weights, rowsShape(layout), step, threshold) ??
    pruneMatrices(prunerOf(step), weights, layout, step, name)
  );
}
