/** One layer through its steps, with every measure of the report: the work of one task on a worker thread. It detaches the values of its
 *  input, so that the thread holds them once. */
import { free } from "../bytes/array-memory";
import { encode } from "../encode";
import { loops } from "../loops/loops";
import {
  checkFinite,
  entropyOfCounts,
  entropyOfValues,
  errorMeasures,
  noErrorSums,
  sumErrors,
  type ErrorSums,
} from "../measure";
import { levelsOf, measureChange } from "../measure/change";
import type { CodeArray, Quantized } from "../quantize/quantizer";
import { countKept, type Factors } from "../prune/pruner";
import { applyMask, prunerOf, type Pruned } from "../prune";
import { unstructuredStorage, type IndexStorage } from "../prune/sparse/storage";
import { quantizerOf } from "../quantize";
import type { ErrorMeasures, Histogram, LayerVariant, StepMeasures } from "../report/types";
import { parametersOf } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { remainingWeights } from "./remaining-weights";
import type { LayerJob } from "./layer-job";
import { typeOfBytes } from "./layer-job";
import { floatStepOf, kindOfStep, labelOf, pruneAtShared, quantizedFrom } from "./operators";
import { countsOf, emptyCodes, packCodes, packMask, typeOfCodes } from "../stored/packed-codes";
import { factorBytes } from "../stored/factors";
import { gather, spread } from "../stored/kept-weights";
import { storedBytes } from "../stored/stored-size";
import type { Coded, StoredCodes, StoredFactors, StoredTensor, StoredValues } from "../stored/stored-tensor";

/** What a layer gave: what is kept of it, what the report says of it, and its part of the sums over the model. */
export interface LayerOutcome {
  /** What is kept of the layer; absent where no step remained after parts were taken out. */
  readonly stored: StoredTensor | undefined;
  /** What the report says of the layer. */
  readonly variant: LayerVariant;
  /** How the weights were distributed before the first step. */
  readonly histogram: Histogram;
  /** Sums over all weights, from which the errors of the whole model are made. */
  readonly sums: ErrorSums;
  /** Number of w′ that are exactly zero. */
  readonly zeros: number;
}

/** Bits of a value that was not quantized: those of its own type where that is a float of 16 or 8 bits, else 32. */
function bitsPerValue(dtype: string): number {
  if (dtype === "F16" || dtype === "BF16") return 16;
  return dtype.startsWith("F8_") ? 8 : 32;
}

interface State {
  values: Float32Array;
  /** 0 where pruning took the weight away. */
  keep: Uint8Array | undefined;
  /** How to store where the others stand. */
  index: IndexStorage | undefined;
  targetSparsity: number | undefined;
  quantized: Quantized | undefined;
  /** w′ is their product. */
  factors: Factors | undefined;
  coder: Step | undefined;
}

/** Compresses a layer; the same bytes and measures on every machine. The array of `job.input.values` may be detached, with length 0 after. */
export function compressLayer(job: LayerJob): LayerOutcome {
  const weights = parametersOf(job.shape);
  // The values, those after each lossy step, and the codes.
  const lossy = job.steps.filter((step) => kindOfStep(step) !== "encode").length;
  return loops.memory.during(weights * (4 + lossy * 5) + 4096, () => runJob(job));
}

function runJob(job: LayerJob): LayerOutcome {
  const { name, steps, surgery } = job;
  const { original, values: left, shape, input, expand, cutShare } = remainingWeights(job);
  const before = loops.memory.bring(original);
  const values = left === original ? before : loops.memory.bring(left);
  // The values were brought elsewhere.
  if (!surgery && "values" in input && before !== original) free(original);
  const done = surgery?.steps ?? [];
  const labels = [...done, ...steps].map(labelOf);
  checkFinite(before, labels[0], name);
  const state: State = {
    values,
    keep: undefined,
    index: undefined,
    targetSparsity: undefined,
    quantized: undefined,
    factors: undefined,
    coder: undefined,
  };
  const small = { ...job, shape, input };
  const changes = steps.map((step) => {
    const previous = state.values;
    applyStep(state, step, small);
    return { kind: step.kind, label: labelOf(step), input: previous, output: state.values };
  });
  const { quantized } = state;
  const after = expand(state.values);
  const { sums, zeros, histogramBefore, histogramAfter } = measureChange(before, after);
  const measures = changes.map(({ kind, label, input: from, output }): StepMeasures => {
    // A coder gives on the very array that it got; one lossy step loses what the layer loses.
    if (from === output) return { kind, label, ...nothingLost };
    const own = from === before && output === after ? sums : sumErrors(from, output);
    return { kind, label, ...errorMeasures(own) };
  });
  if (surgery) {
    const label = done.map(labelOf).join(" · ");
    const own = errorMeasures(sumErrors(before, expand(values)));
    measures.unshift({ kind: done[done.length - 1].kind, label, ...own });
  }
  const stored = steps.length === 0 && surgery ? undefined : store(small, state);
  const bytes = stored ? storedBytes(stored) : 0;
  const levels = levelsOf(after);
  const target =
    surgery || state.targetSparsity !== undefined ? 1 - (1 - cutShare) * (1 - (state.targetSparsity ?? 0)) : undefined;
  const variant: LayerVariant = {
    scheme: labels.join(" · "),
    ...(surgery ? { shape } : {}),
    bytes,
    bitsPerWeight: before.length === 0 ? 0 : (8 * bytes) / before.length,
    ...(after === before ? nothingLost : errorMeasures(sums)),
    sparsity: before.length === 0 ? 0 : zeros / before.length,
    ...(target === undefined ? {} : { targetSparsity: target }),
    entropyBits: quantized
      ? entropyOfCounts(countsOf(quantized.codes).counts) * (quantized.codes.length / Math.max(1, before.length))
      : entropyOfValues(state.values),
    steps: measures,
    histogram: histogramAfter,
    ...(levels ? { levels } : {}),
  };
  return { stored, variant, histogram: histogramBefore, sums, zeros };
}

/** The measures of a layer of which every element stayed as it was. */
const nothingLost: ErrorMeasures = errorMeasures(noErrorSums);

function applyStep(state: State, step: Step, job: LayerJob): void {
  const { name, shape } = job;
  switch (kindOfStep(step)) {
    case "prune": {
      const { mask, storage, values, factors } = pruneStep(state.values, step, job);
      state.factors = factors;
      if (values) {
        // Other weights, with no zeros to leave out.
        state.values = values;
        state.keep = state.index = undefined;
        return;
      }
      state.values = applyMask(state.values, mask);
      const { keep: earlier } = state;
      state.keep = earlier ? mask.map((bit, i) => bit & earlier[i]) : mask;
      state.index = earlier ? unstructuredStorage(shape, countKept(state.keep)) : storage;
      state.targetSparsity = Math.max(state.targetSparsity ?? 0, prunerOf(step).target(shape, step));
      return;
    }
    case "quantize": {
      const { keep } = state;
      const quantizer = quantizerOf(step);
      state.factors = undefined;
      if (keep && quantizer.isSequential) {
        // Codes that depend on the ones before them are made for the weights that are left, as one vector.
        const left = gather(state.values, keep, new Float32Array(countKept(keep)));
        state.quantized = quantizer.quantize(left, [left.length], step, name);
        state.values = spread(quantizer.dequantize(state.quantized), keep, new Float32Array(keep.length));
        return;
      }
      state.quantized = keptBlocks(step, job) ?? quantizer.quantize(state.values, shape, step, name);
      const values = quantizer.dequantize(state.quantized);
      state.values = keep ? applyMask(values, keep) : values;
      return;
    }
    case "encode":
      state.coder = step;
  }
}

/** The blocks of the input, where it has the type that its first step quantizes to. */
function keptBlocks(step: Step, { input, shape, dtype, steps }: LayerJob): Quantized | undefined {
  return step === steps[0] && "bytes" in input ? quantizedFrom(input.bytes, dtype, shape, step) : undefined;
}

function pruneStep(weights: Float32Array, step: Step, { shape, name, threshold }: LayerJob): Pruned {
  return pruneAtShared(weights, shape, step, threshold) ?? prunerOf(step).prune(weights, shape, step, name);
}

/** Chooses the smallest of the stored forms: all weights, or, after pruning, the weights that are left and where they stand. */
function store({ savedName: name, shape, dtype, input }: LayerJob, state: State): StoredTensor {
  const { keep, index, values, quantized, coder } = state;
  if (coder && !quantized && "bytes" in input)
    return {
      name,
      shape,
      content: { kind: "bytes", dtype: typeOfBytes(dtype), bytes: codeBytes(coder, input.bytes, typeOfBytes(dtype)) },
    };
  const mask = keep && packMask(keep);
  const forms: StoredTensor[] = [];
  const kept = keep ? countKept(keep) : values.length;
  const content = (
    codes: Quantized["codes"] | undefined,
    left: Float32Array | undefined,
  ): StoredCodes | StoredValues =>
    quantized && codes
      ? {
          kind: "codes",
          quantizer: quantized.step,
          codes: coder ? codeWith(coder, codes) : packCodes(codes, quantized.codeBits),
          tables: quantized.tables,
        }
      : {
          kind: "values",
          values:
            coder && left
              ? codeBytes(coder, new Uint8Array(left.buffer, left.byteOffset, left.byteLength), "F32")
              : loops.memory.keep(left ?? values),
          bitsPerValue: bitsPerValue(dtype),
        };
  const isVector = quantized !== undefined && quantized.codes.length < values.length;
  if (!isVector) {
    const needsMask = keep && quantized && !zerosSurvive(quantized, keep);
    const bitmask = { scheme: "bitmask", indexBits: values.length, storedWeights: values.length } as const;
    forms.push({
      name,
      shape,
      content: content(quantized?.codes, values),
      ...(needsMask ? { mask, index: bitmask } : {}),
    });
  }
  if (keep && index) {
    const codes = isVector
      ? quantized.codes
      : quantized && gather(quantized.codes, keep, emptyCodes(typeOfCodes(quantized.codes), kept));
    const left = quantized ? undefined : gather(values, keep, new Float32Array(kept));
    forms.push({ name, shape, content: content(codes, left), mask, index, sparse: true });
  }
  if (state.factors) forms.push({ name, shape, content: storeFactors(state.factors, coder) });
  return forms.reduce((best, form) => (storedBytes(form) < storedBytes(best) ? form : best));
}

function storeFactors(factors: Factors, coder: Step | undefined): StoredFactors {
  const { rank, bitsPerValue } = factors;
  const bytes = factorBytes(factors);
  return {
    kind: "factors",
    rank,
    bitsPerValue,
    bytes: coder ? codeBytes(coder, bytes, bitsPerValue === 32 ? "F32" : "BF16") : bytes,
  };
}

function codeWith(coder: Step, codes: CodeArray): Coded {
  return { coder, bytes: encode(codes, coder).bytes };
}

/** Bytes of floats, coded as the step's method takes them. */
function codeBytes(coder: Step, bytes: Uint8Array, dtype: string): Coded {
  return { coder, bytes: encode(bytes, floatStepOf(coder, dtype)).bytes };
}

/** True when every weight that pruning took away dequantizes to zero without a mask. */
function zerosSurvive(quantized: Quantized, keep: Uint8Array): boolean {
  const values = quantizerOf(quantized.step).dequantize(quantized);
  for (let i = 0; i < keep.length; i++) if (keep[i] === 0 && values[i] !== 0) return false;
  return true;
}
