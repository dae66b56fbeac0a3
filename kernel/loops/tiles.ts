/** Loops over the tiles of a matrix (see grid/tiles.ts) whose scales are known: the magnitudes that scales come from, codes from weights, and
 *  values from codes. */
import { e2m1Values, e4m3Values, e5m2Values, encodeE2m1, encodeE4m3, encodeE5m2 } from "../bytes/small-float";
import { rint } from "../grid/scale";
import { forEachRun, type Tiling } from "../grid/tiles";
import { decodeTable, encodeFloats, encodeIntegers, encodeSixteen, largestMagnitudes } from "../simd/codes";
import { arenaBytes, arenaFloats } from "../simd/layer-memory";
import type { TileShape } from "../simd/runs";
import { ownCodes } from "./own-codes";

const { fround } = Math;

/** Formats of small floats: 4 exponent bits and 3 of the fraction, 5 and 2, 2 and 1. */
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

/** Codes −128 … 127 at most that integers may have. */
export interface IntegerLimits {
  readonly low: number;
  readonly high: number;
}

/** Loops over the tiles of a matrix (rows, columns); an array with an entry for each tile has the tiles row by row. */
export interface TileLoops {
  /** max|w| of each tile (tiles); 0 for a tile without weights. */
  largestMagnitudes(weights: Float32Array, tiling: Tiling): Float32Array;
  /** The pattern of w/scale, a float32 division, for each weight. */
  encodeFloats(weights: Float32Array, tiling: Tiling, scales: Float32Array, format: SmallFloat): Uint8Array;
  /** rint(clamp(w/scale + zeroPoint, low, high)), each a float32 operation. */
  encodeIntegers(
    weights: Float32Array,
    tiling: Tiling,
    scales: Float32Array,
    zeroPoints: Int8Array,
    limits: IntegerLimits,
  ): Int8Array;
  /** Codes of whole blocks of `group` weights, a multiple of 16: how many midpoints lie below w·(1/largest), `largest` (blocks) not below
   *  `smallestScale`. */
  encodeSixteen(weights: Float32Array, group: number, ranks: SixteenRanks, largest: Float32Array): Uint8Array;
  /** table[q]·scale; the table has 16 or 256 values. */
  decodeTable(codes: Uint8Array, tiling: Tiling, table: Float32Array, scales: Float32Array): Float32Array;
}

/** The loops over tiles, in plain TypeScript. */
export const plainTiles: TileLoops = {
  largestMagnitudes(weights, tiling) {
    const largest = new Float32Array(tiling.tiles);
    forEachRun(tiling, (tile, start, end) => {
      let most = largest[tile];
      for (let i = start; i < end; i++) {
        const size = weights[i] < 0 ? -weights[i] : weights[i];
        if (size > most) most = size;
      }
      largest[tile] = most;
    });
    return largest;
  },
  encodeFloats(weights, tiling, scales, format) {
    const { encode } = smallFloats[format];
    const codes = new Uint8Array(weights.length);
    forEachRun(tiling, (tile, start, end) => {
      const scale = scales[tile];
      for (let i = start; i < end; i++) codes[i] = encode(fround(weights[i] / scale));
    });
    return codes;
  },
  encodeIntegers(weights, tiling, scales, zeroPoints, { low, high }) {
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
  encodeSixteen(weights, group, { midpoints, codeOfRank }, largest) {
    const codes = new Uint8Array(weights.length);
    for (let block = 0, i = 0; i < weights.length; block++) {
      const inverse = fround(1 / Math.max(largest[block], smallestScale));
      for (const end = i + group; i < end; i++)
        codes[i] = codeOfRank[rankAmong(fround(weights[i] * inverse), midpoints)];
    }
    return codes;
  },
  decodeTable(codes, tiling, table, scales) {
    const values = new Float32Array(codes.length);
    forEachRun(tiling, (tile, start, end) => {
      const scale = scales[tile];
      for (let i = start; i < end; i++) values[i] = table[codes[i]] * scale;
    });
    return values;
  },
};

/** Least divisor of `encodeSixteen`. */
export const smallestScale: number = fround(1e-38);

/** How many of the 15 midpoints are below x. */
export function rankAmong(x: number, midpoints: Float32Array): number {
  let rank = midpoints[7] < x ? 8 : 0;
  if (midpoints[rank + 3] < x) rank += 4;
  if (midpoints[rank + 1] < x) rank += 2;
  return midpoints[rank] < x ? rank + 1 : rank;
}

/** A tiling as the kernels take it. */
export function tileShapeOf({ rows, rowLength, width, height }: Tiling): TileShape {
  return { rows, columns: rowLength, width, height };
}

/** Whether codes and scales are as many as the tiling asks. What was stored by hand need not be, and kernels ask nothing of addresses. */
export function fitsTiling(codes: ArrayLike<number>, scales: ArrayLike<number>, tiling: Tiling): boolean {
  return codes.length === tiling.rows * tiling.rowLength && scales.length === tiling.tiles;
}

/** The same by WebAssembly SIMD, but for stored forms that do not fit. */
export const fastTiles: TileLoops = {
  largestMagnitudes: (weights, tiling) => largestMagnitudes(weights, tileShapeOf(tiling), tiling.tiles),
  encodeFloats: (weights, tiling, scales, format) => encodeFloats(weights, tileShapeOf(tiling), scales, format),
  encodeIntegers: (weights, tiling, scales, zeroPoints, { low, high }) =>
    encodeIntegers(weights, tileShapeOf(tiling), scales, zeroPoints, low, high),
  encodeSixteen(weights, group, { midpoints, codeOfRank }, largest) {
    const codes = arenaBytes(weights.length);
    encodeSixteen(weights, group, midpoints, codeOfRank, largest, codes);
    return codes;
  },
  decodeTable(codes, tiling, table, scales) {
    const own = ownCodes(codes);
    return own instanceof Uint8Array && fitsTiling(own, scales, tiling)
      ? decodeTable(own, tileShapeOf(tiling), table, scales, arenaFloats(own.length))
      : plainTiles.decodeTable(codes, tiling, table, scales);
  },
};
