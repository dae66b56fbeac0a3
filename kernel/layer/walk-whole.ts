/** A layer through its steps one after the other, each on all its weights. */
import { free } from "../bytes/array-memory";
import { loops } from "../loops/loops";
import { checkFinite, errorMeasures, sumErrors } from "../measure";
import { measureChange } from "../measure/change";
import { applyMask, prunerOf, type Pruned } from "../prune";
import { pruneMatrices } from "../prune/stack/matrices";
import { countKept } from "../prune/pruner";
import { unstructuredStorage } from "../prune/sparse/storage";
import { quantizerOf } from "../quantize";
import { dequantizeMatrices, quantizeMatrices } from "../quantize/stack/matrices";
import type { Quantized } from "../quantize/quantizer";
import type { StepMeasures } from "../report/types";
import { gather, spread } from "../stored/kept-weights";
import { layoutOf, rowsShape, type Layout } from "../tensor/layout";
import type { Step } from "../tensor/step";
import type { LayerJob } from "./layer-job";
import { stateOf, type LayerState } from "./layer-state";
import { kindOfStep, labelOf, pruneAtShared, quantizedFrom } from "./operators";
import { remainingWeights } from "./remaining-weights";
import { nothingLost, type Walk } from "./walk";

/** The steps of `job` on the weights that `surgery` leaves, and what they did. The array of `job.input.values` may be detached. */
export function walkWhole(job: LayerJob): Walk {
  const { job: small, state, before, values, changes, expand, cutShare } = stepWhole(job);
  const after = expand(state.values ?? values);
  const change = measureChange(before, after);
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
  const error = after === before ? nothingLost : errorMeasures(change.sums);
  return { job: small, state, change, error, measures, cutShare };
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
}

/** The steps alone: nothing is measured. */
export function stepWhole(job: LayerJob): SteppedLayer {
  const { name, steps, surgery } = job;
  const { original, values: left, shape, input, expand, cutShare } = remainingWeights(job);
  const before = loops.memory.bring(original);
  const values = left === original ? before : loops.memory.bring(left);
  // The values were brought elsewhere.
  if (!surgery && "values" in input && before !== original) free(original);
  const done = surgery?.steps ?? [];
  checkFinite(before, [...done, ...steps].map(labelOf)[0], name);
  const small = { ...job, shape, input };
  const state = stateOf(values);
  let last = values;
  const changes = steps.map((step) => {
    const previous = last;
    last = applyStep(state, previous, step, small);
    state.values = last;
    return { kind: step.kind, label: labelOf(step), input: previous, output: last };
  });
  return { job: small, state, before, values, changes, expand, cutShare };
}

/** w′ of the step; what else it gave goes into `state`. */
function applyStep(state: LayerState, values: Float32Array, step: Step, job: LayerJob): Float32Array {
  const { name, shape, axes } = job;
  const layout = layoutOf(shape, axes);
  switch (kindOfStep(step)) {
    case "prune": {
      const { mask, storage, values: others, factors, stackedFactors } = pruneStep(values, step, job, layout);
      state.factors = stackedFactors ?? (factors && [factors]);
      if (others) {
        // Other weights, with no zeros to leave out.
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
        state.quantized = quantizer.quantize(left, [left.length], step, name);
        return spread(quantizer.dequantize(state.quantized), keep, new Float32Array(keep.length));
      }
      state.quantized = keptBlocks(step, job, layout) ?? quantizeMatrices(quantizer, values, layout, step, name);
      const after = dequantizeMatrices(quantizer, state.quantized);
      return keep ? applyMask(after, keep) : after;
    }
    case "encode":
      state.coder = step;
      return values;
  }
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
