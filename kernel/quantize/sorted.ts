/** Quantile quantization: sort the weights, cut them into 2^bits equally filled bins, one value (the bin's mean) per bin.
 *
 *  weights (out, in) f32 → codes (out, in) u8 + codebook (1, levels), or (out, levels) per channel; w′ = codebook[code].
 *
 *  Start: bin b of K = 2^bits takes the sorted positions ⌊b·n/K⌋ … ⌊(b+1)·n/K⌋ − 1. Equal weights share a bin: a cut inside a
 *  run of equal weights moves to the nearer end of the run (to its start, when both are as near), and a bin left empty is
 *  dropped. With K or fewer distinct weights each gets its own value, and nothing is lost.
 *  refine "none":    as it is.
 *  refine "lloyd":   repeat: each weight to the nearest value (on a tie the smaller value), each value to its bin's mean; until no
 *                    weight moves, or `iterations` rounds (default 100). The squared error never grows. (Lloyd 1982)
 *  refine "optimal": the codebook of least squared error, exactly, by dynamic programming (optimal-codebook.ts). Takes tensors
 *                    (or rows) of up to 2^26 / K distinct weights, which needs seconds and up to 256 MB; refuses more.
 *
 *  Means are sums in float64 over the sorted weights; each value is rounded once, to nearest, to `valueDtype`: by default "F32"
 *  for one codebook, "F16" for one per channel. A row with fewer values than another repeats its last one. */
import { OptionError } from "../errors";
import { checkFinite } from "../measure/finite";
import { sortValues } from "../measure/order";
import { checkChoice, checkNumber, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { freezeStep, rowsOf } from "./groups";
import { optimalCuts } from "./optimal-codebook";
import type { Quantized, Quantizer } from "./quantized";
import { roundTo, scaleBits, type ScaleType } from "./scale";

const method = "sorted";

/** Levels × distinct weights up to which `refine: "optimal"` runs. */
export const optimalLimit = 2 ** 26;

export interface SortedOptions {
  /** Bits per weight, 1–8: 2^bits values. */
  bits: number;
  /** One codebook for the tensor (default) or one per row. */
  per?: "tensor" | "channel";
  refine?: "none" | "lloyd" | "optimal";
  /** Rounds of Lloyd's refinement at most; default 100. */
  iterations?: number;
  /** How the codebook's values are stored; default "F32" per tensor, "F16" per channel. */
  valueDtype?: ScaleType;
}

export interface SortedStep extends Step {
  readonly kind: "sorted";
  readonly bits: number;
  readonly per: "tensor" | "channel";
  readonly refine: "none" | "lloyd" | "optimal";
  readonly iterations?: number;
  readonly valueDtype: ScaleType;
}

/** The step "quantile quantization": `sorted({ bits: 4 })`, `sorted({ bits: 4, refine: "lloyd" })`. Throws `OptionError` for an
 *  unknown option or a value out of range. */
export function sorted(options: SortedOptions): SortedStep {
  checkOptionNames(method, options, ["bits", "per", "refine", "iterations", "valueDtype"]);
  const bits = checkNumber(method, "bits", options.bits, { minimum: 1, maximum: 8, integer: true });
  const per = checkChoice(method, "per", options.per ?? "tensor", ["tensor", "channel"]);
  const refine = checkChoice(method, "refine", options.refine ?? "none", ["none", "lloyd", "optimal"]);
  if (options.iterations !== undefined && refine !== "lloyd")
    throw new OptionError(`sorted(): iterations goes with refine: "lloyd", not "${refine}"`);
  const rounds = { minimum: 1, maximum: 1_000_000, integer: true };
  const iterations =
    refine === "lloyd" ? checkNumber(method, "iterations", options.iterations ?? 100, rounds) : undefined;
  const valueDtype = checkChoice(method, "valueDtype", options.valueDtype ?? (per === "tensor" ? "F32" : "F16"), [
    "F32",
    "F16",
  ]);
  return freezeStep({ kind: method, bits, per, refine, iterations, valueDtype } as const);
}

/** Bins of sorted weights: bin b holds positions starts[b] … starts[b+1] − 1. */
interface Bins {
  readonly starts: readonly number[];
  readonly values: readonly number[];
}

function quantize(weights: Float32Array, shape: Shape, step: SortedStep, name = "weights"): Quantized {
  checkFinite(weights, method, name);
  const { rows, rowLength } =
    step.per === "tensor" ? { rows: 1, rowLength: weights.length } : rowsOf(method, shape, weights.length);
  rowsOf(method, shape, weights.length);
  const codes = new Uint8Array(weights.length);
  const books: number[][] = [];
  for (let row = 0; row < rows && rowLength > 0; row++) {
    const part = weights.subarray(row * rowLength, (row + 1) * rowLength);
    const ordered = sortValues(part);
    const { starts, values } = findBins(ordered, step, name);
    books.push(values.map((value) => roundTo(step.valueDtype, value + 0, method)));
    const thresholds = Float32Array.from(starts, (start) => ordered[start]);
    writeCodes(part, thresholds, codes.subarray(row * rowLength, (row + 1) * rowLength));
  }
  const levels = books.reduce((most, book) => Math.max(most, book.length), 0);
  const codebook = new Float32Array(books.length * levels);
  books.forEach((book, row) => {
    for (let b = 0; b < levels; b++) codebook[row * levels + b] = book[Math.min(b, book.length - 1)];
  });
  const table = {
    name: "codebook",
    data: codebook,
    shape: [books.length, levels],
    bitsPerEntry: scaleBits[step.valueDtype],
  };
  return { step, shape, codes, codeBits: step.bits, tables: [table] };
}

/** The code of a weight is the number of the last bin whose first weight is not above it. */
function writeCodes(weights: Float32Array, thresholds: Float32Array, codes: Uint8Array): void {
  let half = 1;
  while (half * 2 < thresholds.length) half *= 2;
  for (let i = 0; i < weights.length; i++) {
    const w = weights[i];
    let code = 0;
    for (let jump = half; jump >= 1; jump >>= 1)
      if (code + jump < thresholds.length && thresholds[code + jump] <= w) code += jump;
    codes[i] = code;
  }
}

function findBins(ordered: Float32Array, step: SortedStep, name: string): Bins {
  const levels = 2 ** step.bits;
  const runs = distinctRuns(ordered, step.refine === "optimal" ? Infinity : levels);
  if (runs.length <= levels) return { starts: runs, values: runs.map((start) => ordered[start]) };
  if (step.refine === "optimal") return optimalBins(ordered, runs, levels, name);
  const sums = prefixSums(ordered);
  const bins = equalBins(ordered, levels, sums);
  return step.refine === "lloyd" ? lloydBins(ordered, bins, sums, step.iterations ?? 100) : bins;
}

/** Positions where a new value begins; stops early once there are more than `limit`. */
function distinctRuns(ordered: Float32Array, limit: number): number[] {
  const runs: number[] = [];
  for (let i = 0; i < ordered.length; i++) {
    if (i > 0 && ordered[i] === ordered[i - 1]) continue;
    runs.push(i);
    if (runs.length > limit) break;
  }
  return runs;
}

function prefixSums(ordered: Float32Array): Float64Array {
  const sums = new Float64Array(ordered.length + 1);
  for (let i = 0; i < ordered.length; i++) sums[i + 1] = sums[i] + ordered[i];
  return sums;
}

/** The first position in [low, high) whose weight is not below (`orEqual`: is above) `value`; `high` when there is none. */
function firstPosition(ordered: Float32Array, value: number, low: number, high: number, orEqual = false): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordered[middle] < value || (orEqual && ordered[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function equalBins(ordered: Float32Array, levels: number, sums: Float64Array): Bins {
  const n = ordered.length;
  const starts = [0];
  for (let b = 1; b < levels; b++) {
    const cut = Math.floor((b * n) / levels);
    const runStart = firstPosition(ordered, ordered[cut], 0, cut);
    const runEnd = firstPosition(ordered, ordered[cut], cut, n, true);
    const start = cut - runStart <= runEnd - cut ? runStart : runEnd;
    if (start > starts[starts.length - 1] && start < n) starts.push(start);
  }
  return { starts, values: meansOf(starts, sums) };
}

function meansOf(starts: readonly number[], sums: Float64Array): number[] {
  return starts.map((start, b) => {
    const end = b + 1 < starts.length ? starts[b + 1] : sums.length - 1;
    return (sums[end] - sums[start]) / (end - start);
  });
}

/** Lloyd's refinement on sorted weights: a round costs levels·log n. Bins that lose all their weights are dropped. */
function lloydBins(ordered: Float32Array, bins: Bins, sums: Float64Array, iterations: number): Bins {
  let { starts, values } = bins;
  for (let round = 0; round < iterations; round++) {
    const next = [0];
    for (let b = 1; b < values.length; b++) {
      const middle = (values[b - 1] + values[b]) / 2;
      const start = firstPosition(ordered, middle, next[next.length - 1], ordered.length, true);
      if (start > next[next.length - 1] && start < ordered.length) next.push(start);
    }
    if (next.length === starts.length && next.every((start, b) => start === starts[b])) break;
    starts = next;
    values = meansOf(starts, sums);
  }
  return { starts, values };
}

function optimalBins(ordered: Float32Array, runs: readonly number[], levels: number, name: string): Bins {
  if (runs.length * levels > optimalLimit)
    throw new OptionError(
      `sorted(): ${name} has ${runs.length} distinct weights; refine: "optimal" takes up to ${optimalLimit / levels} at ` +
        `${Math.log2(levels)} bits. Take refine: "lloyd", which comes close, or per: "channel"`,
    );
  const values = Float64Array.from(runs, (start) => ordered[start]);
  const multiplicity = Uint32Array.from(
    runs,
    (start, i) => (i + 1 < runs.length ? runs[i + 1] : ordered.length) - start,
  );
  const cuts = optimalCuts(values, multiplicity, levels);
  const starts = cuts.map((cut) => runs[cut]);
  return { starts, values: meansOf(starts, prefixSums(ordered)) };
}

function dequantize(quantized: Quantized): Float32Array {
  const { codes, tables } = quantized;
  const { data, shape } = tables[0];
  const [rows, levels] = shape;
  const values = new Float32Array(codes.length);
  const rowLength = rows === 0 ? 0 : codes.length / rows;
  for (let row = 0, i = 0; row < rows; row++)
    for (const end = i + rowLength; i < end; i++) values[i] = data[row * levels + codes[i]];
  return values;
}

/** "sorted 4-bit lloyd", "sorted 4-bit per channel optimal". */
function label(step: SortedStep): string {
  const words = [`sorted ${step.bits}-bit`];
  if (step.per === "channel") words.push("per channel");
  if (step.refine !== "none") words.push(step.refine);
  return words.join(" ");
}

export const sortedQuantizer: Quantizer<SortedStep> = { kind: method, quantize, dequantize, label };
