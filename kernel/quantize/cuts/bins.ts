/** Codebooks over single weights, as bins of the sorted weights: what `sorted` and `kMeans` share. A bin is an interval of the sorted
 *  weights and has one value, its mean; equal weights are in one bin. */
import { sortValues } from "../../grid/order";
import type { Shape } from "../../tensor/tensor";
import type { Step } from "../../tensor/step";
import { rowsOf } from "../../grid/groups";
import { optimalCuts } from "./optimal-codebook";
import type { Quantized } from "../quantizer";
import { roundTo, scaleBits, type ScaleType } from "../../grid/scale";

/** Levels × distinct weights up to which `refine: "optimal"` runs. */
export const optimalLimit = 2 ** 26;

/** Bins of sorted weights: bin b holds positions starts[b] … starts[b+1] − 1. */
export interface Bins {
  readonly starts: readonly number[];
  readonly values: readonly number[];
}

/** Quantizes to a codebook for the tensor or for each row; `findBins` cuts the sorted weights of one. */
export function quantizeByBins(
  weights: Float32Array,
  shape: Shape,
  step: Step & { bits: number; per: "tensor" | "channel"; valueDtype: ScaleType },
  method: string,
  findBins: (ordered: Float32Array) => Bins,
): Quantized {
  const { rows, rowLength } =
    step.per === "tensor" ? { rows: 1, rowLength: weights.length } : rowsOf(method, shape, weights.length);
  rowsOf(method, shape, weights.length);
  const codes = new Uint8Array(weights.length);
  const books: number[][] = [];
  for (let row = 0; row < rows && rowLength > 0; row++) {
    const part = weights.subarray(row * rowLength, (row + 1) * rowLength);
    const ordered = sortValues(part);
    const { starts, values } = findBins(ordered);
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

/** Positions where a new value begins; stops early once there are more than `limit`. */
export function distinctRuns(ordered: Float32Array, limit: number): Int32Array {
  const runs = new Int32Array(Math.min(ordered.length, limit + 1));
  let count = 0;
  for (let i = 0; i < ordered.length && count < runs.length; i++)
    if (i === 0 || ordered[i] !== ordered[i - 1]) runs[count++] = i;
  return runs.subarray(0, count);
}

/** Bins of a single value each. */
export function binsOfRuns(ordered: Float32Array, runs: Int32Array): Bins {
  return { starts: [...runs], values: Array.from(runs, (start) => ordered[start]) };
}

export function prefixSums(ordered: Float32Array): Float64Array {
  const sums = new Float64Array(ordered.length + 1);
  for (let i = 0; i < ordered.length; i++) sums[i + 1] = sums[i] + ordered[i];
  return sums;
}

/** The first position in [low, high) whose weight is not below (`orEqual`: is above) `value`; `high` when there is none. */
export function firstPosition(
  ordered: Float32Array,
  value: number,
  low: number,
  high: number,
  orEqual = false,
): number {
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ordered[middle] < value || (orEqual && ordered[middle] === value)) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function meansOf(starts: readonly number[], sums: Float64Array): number[] {
  return starts.map((start, b) => {
    const end = b + 1 < starts.length ? starts[b + 1] : sums.length - 1;
    return (sums[end] - sums[start]) / (end - start);
  });
}

/** Lloyd's refinement on sorted weights: a round costs levels·log n. Bins that lose all their weights are dropped. */
export function lloydBins(ordered: Float32Array, bins: Bins, sums: Float64Array, iterations: number): Bins {
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

/** The bins of least squared error, exactly; `runs` are the positions of `distinctRuns`, at least `levels` of them. */
export function optimalBins(ordered: Float32Array, runs: Int32Array, levels: number): Bins {
  const values = new Float64Array(runs.length);
  const multiplicity = new Uint32Array(runs.length);
  for (let i = 0; i < runs.length; i++) {
    values[i] = ordered[runs[i]];
    multiplicity[i] = (i + 1 < runs.length ? runs[i + 1] : ordered.length) - runs[i];
  }
  const cuts = optimalCuts(values, multiplicity, levels);
  const starts = cuts.map((cut) => runs[cut]);
  return { starts, values: meansOf(starts, prefixSums(ordered)) };
}

/** w′ from codes and codebooks. */
export function dequantizeByCodebook(quantized: Quantized): Float32Array {
  const { codes, tables } = quantized;
  const { data, shape } = tables[0];
  const [rows, levels] = shape;
  const values = new Float32Array(codes.length);
  const rowLength = rows === 0 ? 0 : codes.length / rows;
  for (let row = 0, i = 0; row < rows; row++)
    for (const end = i + rowLength; i < end; i++) values[i] = data[row * levels + codes[i]];
  return values;
}
