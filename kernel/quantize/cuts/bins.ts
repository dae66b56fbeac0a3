/** Codebooks over single weights, as bins of the sorted weights (grid/bins.ts): what `sorted` and `kMeans` share. */
import { firstPosition, meansOf, prefixSums, type Bins } from "../../grid/bins";
import { sortValues } from "../../grid/order";
import { tilesOf } from "../../grid/tiles";
import { loops } from "../../loops/loops";
import type { Shape } from "../../tensor/tensor";
import type { Step } from "../../tensor/step";
import { rowsOf } from "../../grid/groups";
import { optimalCuts } from "./optimal-codebook";
import type { Quantized } from "../quantizer";
import { HalfRangeError, roundTo, scaleBits, type ScaleType } from "../../grid/scale";

/** Levels × distinct weights up to which `refine: "optimal"` runs. */
export const optimalLimit = 2 ** 26;

/** Bytes of memory that cutting so many weights takes: their order, sums up to each of them, and the places of the distinct ones. */
export function memoryOfSorting(count: number): number {
  return (4 + 8 + 4) * count;
}

/** Quantizes to a codebook for the tensor or for each row; `bin` writes the codes of one, and returns its values. */
export function quantizeByBins(
  weights: Float32Array,
  shape: Shape,
  step: Step & { bits: number; per: "tensor" | "channel"; valueDtype: ScaleType },
  method: string,
  bin: (weights: Float32Array, codes: Uint8Array) => readonly number[],
): Quantized {
  const { rows, rowLength } =
    step.per === "tensor" ? { rows: 1, rowLength: weights.length } : rowsOf(method, shape, weights.length);
  rowsOf(method, shape, weights.length);
  const codes = new Uint8Array(weights.length);
  const books: number[][] = [];
  for (let row = 0; row < rows && rowLength > 0; row++) {
    const [start, end] = [row * rowLength, (row + 1) * rowLength];
    const values = bin(weights.subarray(start, end), codes.subarray(start, end));
    checkHalfValues(values, step.valueDtype, method);
    books.push(values.map((value) => roundTo(step.valueDtype, value + 0, method)));
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

/** Values that are all below 2^-17 have too few digits in float16. */
function checkHalfValues(values: readonly number[], type: ScaleType, method: string): void {
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  if (type === "F16" && largest > 0 && largest < 2 ** -17)
    throw new HalfRangeError(
      `${method}(): values up to ${largest} have few digits in float16, which ends at 2^-24; take valueDtype: "F32"`,
    );
}

/** Sorts the weights and gives each the number of its bin, as `findBins` cuts them. */
export function binSorted(
  weights: Float32Array,
  codes: Uint8Array,
  findBins: (ordered: Float32Array) => Bins,
): number[] {
  const ordered = sortValues(weights);
  const { starts, values } = findBins(ordered);
  const thresholds = Float32Array.from(starts, (start) => ordered[start]);
  loops.bins.encode(weights, thresholds, codes);
  return [...values];
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
  if (rows === 1 && data.length <= 256 && codes instanceof Uint8Array) {
    // A code without a value stands for NaN.
    const table = new Float32Array(256).fill(NaN);
    table.set(data);
    const whole = tilesOf("dequantize", [codes.length], codes.length, "tensor", 1, 1);
    return loops.tiles.decodeTable(codes, whole, table, Float32Array.of(1));
  }
  const values = new Float32Array(codes.length);
  const rowLength = rows === 0 ? 0 : codes.length / rows;
  for (let row = 0, i = 0; row < rows; row++)
    for (const end = i + rowLength; i < end; i++) values[i] = data[row * levels + codes[i]];
  return values;
}
