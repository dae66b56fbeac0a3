/** Order of float32 values by their bits: a key that sorts as the value does, radix sort, and the value of a given rank.
 *  No NaN among the values; −0 sorts right before +0. */

const sortByComparing = 4096;

/** The bits of float32 values as unsigned keys in the order of the values: negative numbers with all bits turned, others with
 *  the sign bit set. */
function orderKeys(values: Float32Array): Uint32Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const keys = new Uint32Array(values.length);
  for (let i = 0; i < keys.length; i++) {
    const b = bits[i];
    keys[i] = b ^ ((b >> 31) | 0x80000000);
  }
  return keys;
}

/** Turns keys of `orderKeys` back into values, in place. */
function valuesOfKeys(keys: Uint32Array): Float32Array {
  for (let i = 0; i < keys.length; i++) {
    const k = keys[i];
    keys[i] = k & 0x80000000 ? k ^ 0x80000000 : ~k;
  }
  return new Float32Array(keys.buffer, keys.byteOffset, keys.length);
}

/** A sorted copy, ascending: least significant digit radix sort in three passes (11, 11 and 10 bits). */
export function sortValues(values: Float32Array): Float32Array {
  if (values.length <= sortByComparing) return values.slice().sort();
  let from = orderKeys(values);
  let to = new Uint32Array(from.length);
  for (const [shift, width] of [
    [0, 11],
    [11, 11],
    [22, 10],
  ]) {
    const mask = (1 << width) - 1;
    const starts = new Uint32Array(mask + 1);
    for (let i = 0; i < from.length; i++) starts[(from[i] >>> shift) & mask]++;
    for (let digit = 0, sum = 0; digit <= mask; digit++) {
      const count = starts[digit];
      starts[digit] = sum;
      sum += count;
    }
    for (let i = 0; i < from.length; i++) {
      const key = from[i];
      to[starts[(key >>> shift) & mask]++] = key;
    }
    [from, to] = [to, from];
  }
  return valuesOfKeys(from);
}

/** The value that stands at `rank` (0 is the smallest) when `values` are sorted. Two counting passes over 16 bits each. */
export function valueOfRank(values: Float32Array, rank: number): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const find = (counts: Uint32Array, left: number) => {
    let digit = 0;
    while (left >= counts[digit]) left -= counts[digit++];
    return { digit, left };
  };
  const highCounts = new Uint32Array(65_536);
  for (let i = 0; i < bits.length; i++) highCounts[(bits[i] ^ ((bits[i] >> 31) | 0x80000000)) >>> 16]++;
  const high = find(highCounts, rank);
  const lowCounts = new Uint32Array(65_536);
  for (let i = 0; i < bits.length; i++) {
    const key = (bits[i] ^ ((bits[i] >> 31) | 0x80000000)) >>> 0;
    if (key >>> 16 === high.digit) lowCounts[key & 0xffff]++;
  }
  const low = find(lowCounts, high.left);
  return valuesOfKeys(Uint32Array.of(high.digit * 65_536 + low.digit))[0];
}
