/** Loops of pruning: magnitudes counted by halves of their bits, masks made and used. A mask has a byte for each weight, 0 for one that goes. */
import {
  applyMask,
  countHalves,
  countMask,
  gatherKept,
  maskBelow,
  packMask,
  type ThresholdMask,
} from "../simd/pruning";

export type { ThresholdMask };

/** Loops over weights and their masks. */
export interface PruningLoops {
  /** Adds to `counts`, all zero unless told, how many values have each upper half of their bits (65,536), the sign among them; returns it. */
  countClasses(values: Float32Array, counts?: Uint32Array): Uint32Array;
  /** The same by the upper half of the bits of |w| (65,536); with a `prefix`, how many of those whose upper half it is have each lower half. */
  countMagnitudes(values: Float32Array, prefix: number | undefined, counts?: Uint32Array): Uint32Array;
  /** The mask of the weights whose magnitude is not below `threshold` ≥ 0, nor one of the first `ties` that equal it. */
  maskBelow(values: Float32Array, threshold: number, ties: number): ThresholdMask;
  /** The values where the mask is not 0, +0 elsewhere. */
  apply(values: Float32Array, mask: Uint8Array): Float32Array;
  /** How many weights stay. */
  count(mask: Uint8Array): number;
  /** One bit for each weight, 1 where the mask is not 0, least significant first: ⌈n/8⌉ bytes. */
  pack(mask: Uint8Array): Uint8Array;
  /** The `kept` values that stay, one behind the other. */
  gather(values: Float32Array, mask: Uint8Array, kept: number): Float32Array;
}

const halves = 65_536;
const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** The loops of pruning, in plain TypeScript. */
export const plainPruning: PruningLoops = {
  countClasses(values, counts: Uint32Array = new Uint32Array(halves)) {
    const bits = bitsOf(values);
    for (let i = 0; i < bits.length; i++) counts[bits[i] >>> 16]++;
    return counts;
  },
  countMagnitudes(values, prefix, counts: Uint32Array = new Uint32Array(halves)) {
    const bits = bitsOf(values);
    if (prefix === undefined) for (let i = 0; i < bits.length; i++) counts[(bits[i] & 0x7fffffff) >>> 16]++;
    else for (let i = 0; i < bits.length; i++) if ((bits[i] & 0x7fffffff) >>> 16 === prefix) counts[bits[i] & 0xffff]++;
    return counts;
  },
  maskBelow(values, threshold, ties) {
    const mask = new Uint8Array(values.length);
    let kept = 0;
    let tiesPruned = 0;
    for (let i = 0; i < values.length; i++) {
      const size = values[i] < 0 ? -values[i] : values[i];
      if (size < threshold) continue;
      if (size === threshold && tiesPruned < ties) {
        tiesPruned++;
        continue;
      }
      mask[i] = 1;
      kept++;
    }
    return { mask, kept, tiesPruned };
  },
  apply(values, mask) {
    const kept = new Float32Array(values.length);
    for (let i = 0; i < kept.length; i++) if (mask[i] !== 0) kept[i] = values[i];
    return kept;
  },
  count(mask) {
    let kept = 0;
    for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) kept++;
    return kept;
  },
  pack(mask) {
    const bytes = new Uint8Array(Math.ceil(mask.length / 8));
    for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) bytes[i >> 3] |= 1 << (i & 7);
    return bytes;
  },
  gather(values, mask, kept) {
    const all = new Float32Array(kept);
    for (let i = 0, next = 0; i < mask.length; i++) if (mask[i] !== 0) all[next++] = values[i];
    return all;
  },
};

/** The same by WebAssembly SIMD. */
export const fastPruning: PruningLoops = {
  countClasses: (values, counts) => countHalves(values, 0xffffffff, undefined, counts),
  countMagnitudes: (values, prefix, counts) => countHalves(values, 0x7fffffff, prefix, counts),
  maskBelow,
  apply: applyMask,
  count: countMask,
  pack: packMask,
  gather: gatherKept,
};
