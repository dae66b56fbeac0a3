/** Loops that look at values: whether they are finite, which lie beyond two edges, how many differ. */
import { bytesOfRepeats, countRepeats } from "../simd/pruning";
import { distinctValues, isFinite, valuesBeyond, type Beyond } from "../simd/measures";

export type { Beyond };

/** Bytes of a job's memory with which `repeats` is fast. */
export { bytesOfRepeats };

/** Loops over the values of one array. */
export interface ValueLoops {
  /** The index of the first NaN or infinity; −1 where there is none. */
  firstNonFinite(values: Float32Array): number;
  /** The values below `low` and those above `high`, in their order, and how many are at or beyond them. No NaN. */
  beyond(values: Float32Array, low: number, high: number): Beyond;
  /** How often each value occurs that occurs more than once, ascending by value, −0 as 0, and a NaN by its bits; with so many more `zeros`, none
   *  unless told. */
  repeats(values: Float32Array, zeros?: number): Uint32Array;
  /** The different values, ascending, −0 as 0; `undefined` where there are more than `most`. No NaN. */
  distinct(values: Float32Array, most: number): number[] | undefined;
}

/** The loops over values, in plain TypeScript. */
export const plainValues: ValueLoops = {
  firstNonFinite(values) {
    for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
    return -1;
  },
  beyond(values, low, high) {
    let [atLow, atHigh] = [0, 0];
    for (let i = 0; i < values.length; i++) {
      if (values[i] <= low) atLow++;
      if (values[i] >= high) atHigh++;
    }
    // A value beyond both edges, where the lower is above the upper, counts as below.
    const below = values.filter((value) => value < low);
    return { below, above: values.filter((value) => value > high && !(value < low)), atLow, atHigh };
  },
  repeats(values, zeros = 0) {
    const keys = new Uint32Array(values.length + zeros).fill(keyOfZero, values.length);
    keys.set(keysOf(values));
    return Uint32Array.from(keys.length <= countBySorting ? repeatsSorted(keys.sort()) : repeatsDealt(keys));
  },
  distinct(values, most) {
    const seen = new Set<number>();
    for (let i = 0; i < values.length; i++) {
      seen.add(values[i]);
      if (seen.size > most) return undefined;
    }
    return [...seen].sort((a, b) => a - b);
  },
};

const countBySorting = 4096;
const halves = 65_536;

/** What `keysOf` makes of 0. */
const keyOfZero = 0x80000000;

/** Bits that order as the values do, −0 as 0. */
function keysOf(values: Float32Array): Uint32Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const keys = new Uint32Array(values.length);
  for (let i = 0; i < keys.length; i++) {
    const b = bits[i] === 0x80000000 ? 0 : bits[i];
    keys[i] = b ^ ((b >> 31) | 0x80000000);
  }
  return keys;
}

/** The lengths of the runs of equal keys, those of 1 left out. */
function repeatsSorted(keys: Uint32Array): number[] {
  const found: number[] = [];
  for (let start = 0, i = 1; i <= keys.length; i++) {
    if (i < keys.length && keys[i] === keys[start]) continue;
    if (i - start > 1) found.push(i - start);
    start = i;
  }
  return found;
}

/** The same of keys in any order: they are dealt by their upper halves, and the lower halves counted within each. */
function repeatsDealt(keys: Uint32Array): number[] {
  const ends = new Uint32Array(halves);
  for (let i = 0; i < keys.length; i++) ends[keys[i] >>> 16]++;
  for (let half = 0, start = 0; half < halves; half++) {
    const count = ends[half];
    ends[half] = start;
    start += count;
  }
  const lower = new Uint16Array(keys.length);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    lower[ends[key >>> 16]++] = key;
  }
  const counts = new Uint32Array(halves);
  const again = new Uint16Array(halves);
  const found: number[] = [];
  for (let half = 0, start = 0; half < halves; half++) {
    const end = ends[half];
    let repeats = 0;
    for (let i = start; i < end; i++) if (++counts[lower[i]] === 2) again[repeats++] = lower[i];
    if (repeats > 1) again.subarray(0, repeats).sort();
    for (let i = 0; i < repeats; i++) found.push(counts[again[i]]);
    for (let i = start; i < end; i++) counts[lower[i]] = 0;
    start = end;
  }
  return found;
}

/** Most values that the kernel keeps apart. */
const mostDistinct = 512;

/** The same by WebAssembly SIMD. */
export const fastValues: ValueLoops = {
  firstNonFinite: (values) => (isFinite(values) ? -1 : plainValues.firstNonFinite(values)),
  beyond: valuesBeyond,
  // Outside a job there is no place for the buckets.
  repeats: (values, zeros) => countRepeats(values, zeros) ?? plainValues.repeats(values, zeros),
  distinct: (values, most) =>
    most <= mostDistinct ? distinctValues(values, most) : plainValues.distinct(values, most),
};
