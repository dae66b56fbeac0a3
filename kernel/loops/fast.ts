/** Quantizers as `compress()` calls them: their loops by SIMD, with the bits of the plain ones. */
import { plainLoops, type Loops } from "./loops";
import { defaultPercentile, rankOf, shrinkFactors, type RangeMethod } from "../grid/range";
import type { Tiling } from "../grid/tiles";
import { automatonOf, segmentLength } from "../grid/trellis-path";
import { decodeBlockCodes, encodeBlockCodes } from "../simd/blocks";
import {
  decodeIntegers,
  decodeTable,
  decodeUniform,
  encodeFloats,
  encodeIntegers,
  encodeSixteen,
  encodeSteps,
  hqqRound,
  largestMagnitudes,
} from "../simd/codes";
import { arenaBytes, arenaFloats } from "../simd/layer-memory";
import { quantizeGroups, type GridRange } from "../simd/linear";
import type { TileShape } from "../simd/runs";
import { trellisCodes } from "../simd/trellis";
import { checkFiniteFast } from "./measures";

function shapeOf({ rows, rowLength, width, height }: Tiling): TileShape {
  return { rows, columns: rowLength, width, height };
}

export const simdLoops: Loops = {
  checkFinite: (weights, method, layer = "weights") => checkFiniteFast(weights, method, layer),
  largestMagnitudes: (weights, tiling) => largestMagnitudes(weights, shapeOf(tiling), tiling.tiles),
  floatCodes: (weights, tiling, scales, format) => encodeFloats(weights, shapeOf(tiling), scales, format),
  integerCodes: (weights, tiling, scales, zeroPoints, low, high) =>
    encodeIntegers(weights, shapeOf(tiling), scales, zeroPoints, low, high),
  sixteenCodes: (weights, group, { midpoints, codeOfRank }, largest, codes) =>
    encodeSixteen(weights, group, midpoints, codeOfRank, largest, codes),
  uniformCodes(weights, { rows, rowLength, width }, { bits, symmetric, scaleDtype, range, percentile }) {
    if (weights.length === 0) return undefined;
    const grid = { bits, symmetric, halfScales: scaleDtype === "F16", range: rangeOf(range, percentile, symmetric) };
    const room = arenaBytes(weights.length);
    return quantizeGroups({ weights, rows, columns: rowLength, group: width }, grid, { room });
  },
  stepCodes: encodeSteps,
  hqqRound: (weights, tiling, grid, highest, limit) => hqqRound(weights, shapeOf(tiling), grid, highest, limit),
  // Four states are too few for the lanes of a vector.
  pathCodes: (weights, step, states) =>
    states < 8
      ? plainLoops.pathCodes(weights, step, states)
      : trellisCodes(weights, step, { ...automatonOf(states), states }, segmentLength),
  uniformValues(codes, tiling, scales, zeroPoints) {
    const values = arenaFloats(codes.length);
    if (isBytes(codes) && (zeroPoints === undefined || isBytes(zeroPoints)))
      return decodeUniform(codes, shapeOf(tiling), scales, zeroPoints, values);
    if (codes instanceof Int32Array && tiling.tiles === 1 && !zeroPoints && isExact(codes))
      return decodeIntegers(codes, scales[0], values);
    return plainLoops.uniformValues(codes, tiling, scales, zeroPoints);
  },
  tableValues: (codes, tiling, table, scales) =>
    decodeTable(codes, shapeOf(tiling), table, scales, arenaFloats(codes.length)),
  valueArray: arenaFloats,
  blocks: {
    encode(codec, weights, columns, importance) {
      const codes = arenaBytes(weights.length);
      return (
        encodeBlockCodes(codec, weights, columns, importance, codes) ??
        plainLoops.blocks.encode(codec, weights, columns, importance)
      );
    },
    decode: decodeBlockCodes,
  },
};

function rangeOf(method: RangeMethod, percentile: number | undefined, symmetric: boolean): GridRange {
  if (method === "minmax") return "minmax";
  if (method === "mse") return shrinkFactors;
  const share = percentile ?? defaultPercentile;
  const [below, upTo] = symmetric ? [0, share] : [(100 - share) / 2, (100 + share) / 2];
  return { ranksOf: (length) => ({ low: rankOf(below, length), high: rankOf(upTo, length) }) };
}

function isBytes(array: ArrayBufferView): array is Uint8Array | Int8Array {
  return (array as Uint8Array).BYTES_PER_ELEMENT === 1;
}

/** Whether float32 holds all codes. */
function isExact(codes: Int32Array): boolean {
  for (let i = 0; i < codes.length; i++) if (codes[i] > 0x1000000 || codes[i] < -0x1000000) return false;
  return true;
}
