/** Codes of weights whose scales are known, the magnitudes that scales come from, and values from codes, by WebAssembly SIMD. The bits are
 *  those of the methods in `kernel/quantize`. Tiles are those of `inRuns`; a scale belongs to a tile. */
import { LISTS, setHqqGrid, setIntegerRange, SmallFloatFormat } from "./generated/layers";
import { inPieces, layerFunctions, memoryBytes, memoryViews, placeLists, arenaBytes } from "./layer-memory";
import { inRuns, pieceWeights, type TileShape } from "./runs";

export type Codes = Uint8Array | Int8Array;

/** max|w| of each of `tiles` tiles. */
export function largestMagnitudes(weights: Float32Array, shape: TileShape, tiles: number): Float32Array {
  const { raiseLargest } = layerFunctions();
  const largest = new Float32Array(tiles);
  inRuns(shape, [{ array: weights, use: "in" }], [{ array: largest, use: "both" }], ([x], [most], count, width) =>
    raiseLargest(x, count, width, most),
  );
  return largest;
}

/** Patterns of w/scale in a small float's format, past its largest number the largest. */
export function encodeFloats(
  weights: Float32Array,
  shape: TileShape,
  scales: Float32Array,
  format: keyof typeof SmallFloatFormat,
): Uint8Array {
  const { encodeFloats: encode } = layerFunctions();
  const codes = arenaBytes(weights.length);
  inRuns(
    shape,
    [
      { array: weights, use: "in" },
      { array: codes, use: "out" },
    ],
    [{ array: scales, use: "in" }],
    ([x, to], [scale], count, width) => encode(SmallFloatFormat[format], x, count, width, scale, to),
  );
  return codes;
}

/** rint(clamp(w/scale + zeroPoint, low, high)). */
export function encodeIntegers(
  weights: Float32Array,
  shape: TileShape,
  scales: Float32Array,
  zeroPoints: Int8Array,
  low: number,
  high: number,
): Int8Array {
  const { encodeIntegers: encode } = layerFunctions();
  const room = arenaBytes(weights.length);
  const codes = new Int8Array(room.buffer, room.byteOffset, room.length);
  setIntegerRange(memoryViews().view, { low, high });
  inRuns(
    shape,
    [
      { array: weights, use: "in" },
      { array: codes, use: "out" },
    ],
    [
      { array: scales, use: "in" },
      { array: zeroPoints, use: "in" },
    ],
    ([x, to], [scale, zero], count, width) => encode(x, count, width, scale, zero, to),
  );
  return codes;
}

/** One round of `hqq` whose errors all shrink to zero, see assembly/layers/hqq.ts: zero points into `next`, `total` + Σ|error| returned; `undefined` for
 *  an error from `limit` on, and for groups that are longer than a piece. */
export function hqqRound(
  weights: Float32Array,
  shape: TileShape,
  { inverse, zero, next }: Readonly<Record<"inverse" | "zero" | "next", Float32Array>>,
  { highest, limit, total: before }: { readonly highest: number; readonly limit: number; readonly total: number },
): number | undefined {
  if (Math.min(shape.width, shape.columns) > pieceWeights) return undefined;
  const { hqqRound: round } = layerFunctions();
  let total = before;
  setHqqGrid(memoryViews().view, { total, highest, limit });
  inRuns(
    shape,
    [{ array: weights, use: "in" }],
    [
      { array: inverse, use: "in" },
      { array: zero, use: "in" },
      { array: next, use: "out" },
    ],
    ([x], [t, z, to], count, width) => {
      if (total >= 0) total = round(x, count, width, t, z, to);
    },
  );
  return total < 0 ? undefined : total;
}

/** Codes of `hqq`, see assembly/layers/hqq.ts. */
export function hqqCodes(
  weights: Float32Array,
  shape: TileShape,
  { inverse, zero }: Readonly<Record<"inverse" | "zero", Float32Array>>,
  highest: number,
  codes: Uint8Array,
): Uint8Array {
  const { hqqCodes: encode } = layerFunctions();
  setHqqGrid(memoryViews().view, { total: 0, highest, limit: 0 });
  inRuns(
    shape,
    [
      { array: weights, use: "in" },
      { array: codes, use: "out" },
    ],
    [
      { array: inverse, use: "in" },
      { array: zero, use: "in" },
    ],
    ([x, to], [t, z], count, width) => encode(x, count, width, t, z, to),
  );
  return codes;
}

/** w′ = (q − z)·scale of the codes of `hqq`. */
export function decodeHqq(
  codes: Uint8Array,
  shape: TileShape,
  scales: Float32Array,
  zeroPoints: Float32Array,
  values: Float32Array,
): Float32Array {
  const { decodeHqq: decode } = layerFunctions();
  inRuns(
    shape,
    [
      { array: codes, use: "in" },
      { array: values, use: "out" },
    ],
    [
      { array: scales, use: "in" },
      { array: zeroPoints, use: "in" },
    ],
    ([from, to], [scale, zero], count, width) => decode(from, count, width, scale, zero, to),
  );
  return values;
}

/** rint(w/step); `undefined` where one is beyond 2^22. */
export function encodeSteps(weights: Float32Array, step: number): Int32Array | undefined {
  const { encodeSteps: encode } = layerFunctions();
  const room = arenaBytes(4 * weights.length);
  const codes = new Int32Array(room.buffer, room.byteOffset, weights.length);
  let largest = 0;
  inPieces(
    weights.length,
    16_384,
    [
      { array: weights, each: 1, use: "in" },
      { array: codes, each: 1, use: "out" },
    ],
    ([x, to], _first, count) => {
      largest = Math.max(largest, encode(x, count, step, to));
    },
  );
  return largest < 2 ** 22 ? codes : undefined;
}

/** Codes of whole blocks of `group` weights, a multiple of 16, whose largest magnitudes are given: see assembly/layers/encode.ts. */
export function encodeSixteen(
  weights: Float32Array,
  group: number,
  midpoints: Float32Array,
  codeOfRank: readonly number[],
  largest: Float32Array,
  codes: Uint8Array,
): void {
  const { encodeSixteen: encode } = layerFunctions();
  placeLists([midpoints, Uint8Array.from(codeOfRank)]);
  inPieces(
    weights.length / group,
    Math.max(1, 16_384 / group),
    [
      { array: weights, each: group, use: "in" },
      { array: largest, each: 1, use: "in" },
      { array: codes, each: group, use: "out" },
    ],
    ([x, most, to], _first, count) => encode(x, count, group, most, to),
  );
}

/** w′ = scale·(q − z). */
export function decodeUniform(
  codes: Codes,
  shape: TileShape,
  scales: Float32Array,
  zeroPoints: Codes | undefined,
  values: Float32Array,
): Float32Array {
  const { decodeSigned, decodeUnsigned } = layerFunctions();
  const decode = codes instanceof Int8Array ? decodeSigned : decodeUnsigned;
  inRuns(
    shape,
    [
      { array: codes, use: "in" },
      { array: values, use: "out" },
    ],
    [{ array: scales, use: "in" }, ...(zeroPoints ? [{ array: zeroPoints, use: "in" } as const] : [])],
    ([from, to], [scale, zero], count, width) => decode(from, count, width, scale, zero ?? 0, to),
  );
  return values;
}

/** w′ = value[q]·scale, from a table of 16 or 256 values. */
export function decodeTable(
  codes: Uint8Array,
  shape: TileShape,
  table: Float32Array,
  scales: Float32Array,
  values: Float32Array,
): Float32Array {
  const { decodeSixteen, decodeTable: decodeAny } = layerFunctions();
  memoryBytes(LISTS, table.byteLength).set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength));
  const decode = table.length === 16 ? decodeSixteen : decodeAny;
  inRuns(
    shape,
    [
      { array: codes, use: "in" },
      { array: values, use: "out" },
    ],
    [{ array: scales, use: "in" }],
    ([from, to], [scale], count, width) => decode(from, count, width, LISTS, scale, to),
  );
  return values;
}

/** w′ = scale·q of int32 codes below 2^24 in size, where float32 holds them all. */
export function decodeIntegers(codes: Int32Array, scale: number, values: Float32Array): Float32Array {
  const { decodeIntegers: decode } = layerFunctions();
  inPieces(
    codes.length,
    16_384,
    [
      { array: codes, each: 1, use: "in" },
      { array: values, each: 1, use: "out" },
    ],
    ([from, to], _first, count) => decode(from, count, scale, to),
  );
  return values;
}
