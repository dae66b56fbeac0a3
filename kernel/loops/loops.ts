/** The loops over weights that methods share, as an interface: plainly here, by WebAssembly SIMD in `compress()`. Both give the same bits; a
 *  method takes its loops as an argument, and what it computes from their results is written once. */
import { e2m1Values, e4m3Values, e5m2Values, encodeE2m1, encodeE4m3, encodeE5m2 } from "../bytes/small-float";
import { checkFinite } from "../measure/finite";
import { plainBlocks, type BlockMethods } from "./blocks";
import type { CodeArray } from "../grid/arrays";
import { rint } from "../grid/scale";
import type { GridOptions } from "../grid/uniform-grid";
import { forEachRun, largestMagnitudes, type Tiling } from "../grid/tiles";
import { pathCodes } from "../grid/trellis-path";

const { fround } = Math;

export type SmallFloat = "E4M3" | "E5M2" | "E2M1";

/** Values of the patterns of a small float, and the pattern nearest to a number, ties to even, past the largest the largest. Zero of either
 *  sign is pattern 0 of E2M1. */
export const smallFloats: Readonly<Record<SmallFloat, { values: Float32Array; encode: (x: number) => number }>> = {
  E4M3: { values: e4m3Values, encode: (x) => encodeE4m3(x) },
  E5M2: { values: e5m2Values, encode: (x) => encodeE5m2(x) },
  E2M1: { values: e2m1Values, encode: (x) => (x === 0 ? 0 : encodeE2m1(x)) },
};

/** A list of 16 values, by the midpoints (15) between neighbours and the code of each. */
export interface SixteenRanks {
  readonly midpoints: Float32Array;
  readonly codeOfRank: readonly number[];
}

/** Codes, scales and zero points of a uniform grid over the range from the smallest to the largest weight of each tile. */
export interface UniformCodes {
  readonly codes: Uint8Array | Int8Array;
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
}

export interface Loops {
  /** Throws `NonFiniteError` with the layer and the first index. */
  checkFinite(weights: Float32Array, method: string, layer?: string): void;
  /** max|w| of each tile. */
  largestMagnitudes(weights: Float32Array, tiling: Tiling): Float32Array;
  /** The pattern of w/scale, a float32 division. */
  floatCodes(weights: Float32Array, tiling: Tiling, scales: Float32Array, format: SmallFloat): Uint8Array;
  /** rint(clamp(w/scale + zeroPoint, low, high)), each a float32 operation. */
  integerCodes(
    weights: Float32Array,
    tiling: Tiling,
    scales: Float32Array,
    zeroPoints: Int8Array,
    low: number,
    high: number,
  ): Int8Array;
  /** Codes of whole blocks of `group` weights: how many midpoints lie below w·(1/largest), `largest` not below 1e-38. */
  sixteenCodes(
    weights: Float32Array,
    group: number,
    ranks: SixteenRanks,
    largest: Float32Array,
    codes: Uint8Array,
  ): void;
  /** Codes of `linear` for 2–8 bits, or 1 when asymmetric; `undefined` where its own loop is to do it. */
  uniformCodes(weights: Float32Array, tiling: Tiling, grid: GridOptions): UniformCodes | undefined;
  /** rint(w/step) as int32; `undefined` where one may be beyond. */
  stepCodes(weights: Float32Array, step: number): Int32Array | undefined;
  /** One round of `hqq` over groups none of whose errors reaches `limit`, so that all shrink to zero: zero points into `next`, Σ|error|
   *  returned; `undefined` where its own loop is to do it. */
  hqqRound(
    weights: Float32Array,
    tiling: Tiling,
    grid: Readonly<Record<"inverse" | "zero" | "next", Float32Array>>,
    highest: number,
    limit: number,
  ): number | undefined;
  /** Codes of the path of least squared error, see trellis.ts. */
  pathCodes(weights: Float32Array, step: number, states: number): Int32Array;
  /** scale·(q − zeroPoint). */
  uniformValues(
    codes: CodeArray,
    tiling: Tiling,
    scales: Float32Array,
    zeroPoints: CodeArray | undefined,
  ): Float32Array;
  /** table[q]·scale. */
  tableValues(codes: Uint8Array, tiling: Tiling, table: Float32Array, scales: Float32Array): Float32Array;
  /** An array for values, of which every one will be written. */
  valueArray(length: number): Float32Array;
  readonly blocks: BlockMethods;
}

export const plainLoops: Loops = {
  checkFinite,
  largestMagnitudes,
  floatCodes(weights, tiling, scales, format) {
    const { encode } = smallFloats[format];
    const codes = new Uint8Array(weights.length);
    forEachRun(tiling, (tile, start, end) => {
      const scale = scales[tile];
      for (let i = start; i < end; i++) codes[i] = encode(fround(weights[i] / scale));
    });
    return codes;
  },
  integerCodes(weights, tiling, scales, zeroPoints, low, high) {
    const codes = new Int8Array(weights.length);
    forEachRun(tiling, (tile, start, end) => {
      const scale = scales[tile];
      const zeroPoint = zeroPoints[tile];
      for (let i = start; i < end; i++) {
        const x = fround(fround(weights[i] / scale) + zeroPoint);
        codes[i] = rint(x < low ? low : x > high ? high : x);
      }
    });
    return codes;
  },
  sixteenCodes(weights, group, { midpoints, codeOfRank }, largest, codes) {
    for (let block = 0, i = 0; i < weights.length; block++) {
      const inverse = fround(1 / Math.max(largest[block], smallestScale));
      for (const end = i + group; i < end; i++) codes[i] = codeOfRank[rankOf(fround(weights[i] * inverse), midpoints)];
    }
  },
  uniformCodes: () => undefined,
  stepCodes: () => undefined,
  hqqRound: () => undefined,
  pathCodes,
  uniformValues(codes, tiling, scales, zeroPoints) {
    const values = new Float32Array(codes.length);
    forEachRun(tiling, (tile, start, end) => {
      const scale = scales[tile];
      const zeroPoint = zeroPoints ? zeroPoints[tile] : 0;
      for (let i = start; i < end; i++) values[i] = scale * (codes[i] - zeroPoint);
    });
    return values;
  },
  tableValues(codes, tiling, table, scales) {
    const values = new Float32Array(codes.length);
    forEachRun(tiling, (tile, start, end) => {
      const scale = scales[tile];
      for (let i = start; i < end; i++) values[i] = table[codes[i]] * scale;
    });
    return values;
  },
  valueArray: (length) => new Float32Array(length),
  blocks: plainBlocks,
};

/** Least divisor of `sixteenCodes`. */
export const smallestScale: number = fround(1e-38);

/** How many of the 15 midpoints are below x. */
export function rankOf(x: number, midpoints: Float32Array): number {
  let rank = midpoints[7] < x ? 8 : 0;
  if (midpoints[rank + 3] < x) rank += 4;
  if (midpoints[rank + 1] < x) rank += 2;
  return midpoints[rank] < x ? rank + 1 : rank;
}
