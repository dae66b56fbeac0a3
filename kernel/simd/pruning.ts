/** Loops of pruning by WebAssembly SIMD; `kernel/loops/pruning.ts` says what they give. */
import { LISTS } from "./generated/layers";
import { addressOf, arenaBytes, arenaFloats, inPieces, layerFunctions, memoryBytes, memoryViews } from "./layer-memory";

const piece = 16_384;
const halves = 65_536;

/** Adds to `table` (65,536), all zero unless told, how many values have each upper half of their bits under `mask`; with a `prefix`, how many of
 *  the magnitudes whose upper half it is have each lower half. */
export function countHalves(
  values: Float32Array,
  mask: number,
  prefix?: number,
  table: Uint32Array = new Uint32Array(halves),
): Uint32Array {
  const { countUppers, countLowers } = layerFunctions();
  const isInside = addressOf(table) !== undefined;
  inPieces(
    values.length,
    piece,
    [
      { array: values, each: 1, use: "in" },
      { array: table, each: halves, use: "whole" },
    ],
    ([x, at], first, count) => {
      if (prefix === undefined) countUppers(x, count, mask, at);
      else countLowers(x, count, prefix, at);
      // The last piece: what was counted is still on the stage.
      if (!isInside && first + count === values.length)
        table.set(new Uint32Array(memoryBytes(at, 4 * halves).buffer, at, halves));
    },
  );
  return table;
}

/** A mask of weights at a threshold. */
export interface ThresholdMask {
  readonly mask: Uint8Array;
  readonly kept: number;
  readonly tiesPruned: number;
}

/** The mask of the magnitudes that are not below `threshold`, nor one of the first `ties` that equal it. */
export function maskBelow(values: Float32Array, threshold: number, ties: number): ThresholdMask {
  const { maskBelow: work } = layerFunctions();
  const mask = arenaBytes(values.length);
  let kept = 0;
  const { view } = memoryViews();
  view.setUint32(LISTS, ties, true);
  const operands = [
    { array: values, each: 1, use: "in" },
    { array: mask, each: 1, use: "out" },
  ] as const;
  inPieces(values.length, piece, operands, ([x, to], _first, count) => {
    kept += work(x, count, threshold, to);
  });
  return { mask, kept, tiesPruned: ties - view.getUint32(LISTS, true) };
}

/** The values where the mask is not 0, +0 elsewhere. */
export function applyMask(values: Float32Array, mask: Uint8Array): Float32Array {
  const { applyMask: work } = layerFunctions();
  const to = arenaFloats(values.length);
  inPieces(
    values.length,
    piece,
    [
      { array: values, each: 1, use: "in" },
      { array: mask, each: 1, use: "in" },
      { array: to, each: 1, use: "out" },
    ],
    ([x, keep, out], _first, count) => work(x, keep, count, out),
  );
  return to;
}

/** How many bytes of the mask are not 0. */
export function countMask(mask: Uint8Array): number {
  const { countMask: work } = layerFunctions();
  let kept = 0;
  inPieces(mask.length, 4 * piece, [{ array: mask, each: 1, use: "in" }], ([x], _first, count) => {
    kept += work(x, count);
  });
  return kept;
}

/** A bit for each byte of the mask. */
export function packMask(mask: Uint8Array): Uint8Array {
  const { packMask: work } = layerFunctions();
  const bytes = new Uint8Array(Math.ceil(mask.length / 8));
  const whole = mask.length - (mask.length % 8);
  inPieces(
    whole / 8,
    piece / 8,
    [
      { array: mask, each: 8, use: "in" },
      { array: bytes, each: 1, use: "out" },
    ],
    ([x, to], _first, count) => work(x, 8 * count, to),
  );
  for (let i = whole; i < mask.length; i++) if (mask[i] !== 0) bytes[i >> 3] |= 1 << (i & 7);
  return bytes;
}

/** The `kept` values where the mask is not 0, one behind the other, on the heap. */
export function gatherKept(values: Float32Array, mask: Uint8Array, kept: number): Float32Array {
  const { gatherKept: work } = layerFunctions();
  const all = new Float32Array(kept);
  let length = 0;
  inPieces(
    values.length,
    piece,
    [
      { array: values, each: 1, use: "in" },
      { array: mask, each: 1, use: "in" },
      { each: 4, use: "scratch" },
    ],
    ([x, keep, to], _first, count) => {
      const found = work(x, keep, count, to);
      all.set(memoryViews().floats.subarray(to / 4, to / 4 + found), length);
      length += found;
    },
  );
  return all;
}

/** Bytes that `countRepeats` wants of the arena for so many values. */
export function bytesOfRepeats(values: number): number {
  return 2 * values + front + 4 * halves + scratchBytes + 192;
}

/** Bytes in front of the halves, where the first numbers go. */
const front = 16;
/** Bits of halves that were seen, and seen again; numbers; a list of halves. */
const scratchBytes = 2 * 8192 + 4 * halves + 2 * halves;

/** How often each value occurs that occurs more than once, ascending by value, −0 as 0, with so many more zeros; `undefined` where the arena has no
 *  place. */
export function countRepeats(values: Float32Array, moreZeros = 0): Uint32Array | undefined {
  const { countBuckets, beginBuckets, dealLowers, countRepeats: work } = layerFunctions();
  const [lower, ends, scratch] = [front + 2 * values.length + 2, 4 * halves, scratchBytes].map((bytes) =>
    arenaBytes(bytes),
  );
  const [lowerAt, endsAt, scratchAt] = [lower, ends, scratch].map(addressOf);
  if (lowerAt === undefined || endsAt === undefined || scratchAt === undefined) return undefined;
  ends.fill(0);
  scratch.fill(0);
  const operand = [{ array: values, each: 1, use: "in" }] as const;
  inPieces(values.length, piece, operand, ([x], _first, count) => countBuckets(x, count, endsAt));
  const zeros = moreZeros + values.length - beginBuckets(endsAt);
  inPieces(values.length, piece, operand, ([x], _first, count) => dealLowers(x, count, endsAt, lowerAt + front));
  const repeated = work(lowerAt + front, endsAt, scratchAt, zeros, lowerAt);
  return new Uint32Array(memoryBytes(lowerAt, 4 * repeated).buffer, lowerAt, repeated).slice();
}
