import { distinctRuns, prefixSums } from "../../../kernel/grid/bins";
import { binSorted, dequantizeByCodebook, lloydBins, optimalBins } from "../../../kernel/quantize/cuts/bins";
import { sorted } from "../../../kernel/quantize/sorted";

test("Lloyd's rounds move bins to their means, and drop those that lose all", () => {
  const points = Float32Array.of(0, 1, 2, 10, 11, 15);
  const sums = prefixSums(points);
  expect(lloydBins(points, { starts: [0, 1], values: [0, 7.8] }, sums, 10)).toEqual({
    starts: [0, 3],
    values: [1, 12],
  });
  expect(lloydBins(points, { starts: [0, 1, 2], values: [1, 100, 200] }, sums, 1)).toEqual({
    starts: [0],
    values: [6.5],
  });
  expect(lloydBins(points, { starts: [0, 1], values: [0, 7.8] }, sums, 0)).toEqual({
    starts: [0, 1],
    values: [0, 7.8],
  });
});

test("optimal bins count a value as often as it occurs", () => {
  // One 0 and one 4 against a hundred 5s: the cut lies between 0 and 4.
  const many = Float32Array.from([0, 4, ...new Array<number>(100).fill(5)]);
  expect(optimalBins(many, distinctRuns(many, 9), 2).starts).toEqual([0, 1]);
});

test("weights in any order get the bin that they have in ascending order", () => {
  const codes = new Uint8Array(5);
  const values = binSorted(Float32Array.of(5, -1, 7, -2, 5), codes, (ordered) => {
    expect(Array.from(ordered)).toEqual([-2, -1, 5, 5, 7]);
    return { starts: [0, 2, 4], values: [-1.5, 5, 7] };
  });
  expect(values).toEqual([-1.5, 5, 7]);
  expect(Array.from(codes)).toEqual([1, 0, 2, 0, 1]);
});

test("codes give the values of their row's codebook, and nothing where it has none", () => {
  const dequantized = (codes: readonly number[], rows: number, data: readonly number[]): number[] => {
    const shape = [rows, data.length / rows];
    const table = { name: "codebook", data: Float32Array.from(data), shape, bitsPerEntry: 32 };
    const step = sorted({ bits: 2 });
    const quantized = { step, shape: [rows, codes.length / rows], codes: Uint8Array.from(codes), codeBits: 2 };
    return [...dequantizeByCodebook({ ...quantized, tables: [table] })];
  };
  expect(dequantized([0, 1, 1, 0, 3], 1, [5, -0.5])).toEqual([5, -0.5, -0.5, 5, NaN]);
  expect(dequantized([0, 1, 1, 0], 2, [1, 2, 3, 4])).toEqual([1, 2, 4, 3]);
});
