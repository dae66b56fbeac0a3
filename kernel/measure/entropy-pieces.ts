/** The entropy of values that come piece by piece, as often as it takes: a share of them at a time is in memory. */
import { loops } from "../loops/loops";

/** Hands all values to `visit`, piece by piece; the pieces may come in any order. */
export type VisitPieces = (visit: (piece: Float32Array) => void) => void;

/** Values that are in memory at a time. */
export const valuesAtOnce = 2 ** 22;
const halves = 65_536;

/** What `entropyOfValues` gives of `count` values, to the last bit. They are visited once to count the upper halves of their bits, then once for
 *  each share of at most `most` of them, ascending; a share of one upper half is counted by the lower halves. */
export function entropyOfPieces(count: number, pieces: VisitPieces, most = valuesAtOnce): number {
  if (count === 0) return 0;
  const uppers = new Float64Array(halves);
  pieces((piece) => {
    const bits = bitsOf(piece);
    for (let i = 0; i < bits.length; i++) uppers[keyOf(bits[i]) >>> 16]++;
  });
  let repeated = 0;
  const add = (times: number): void => {
    repeated += times * Math.log2(times);
  };
  for (let first = 0; first < halves;) {
    let last = first;
    let share = uppers[first];
    while (last + 1 < halves && share + uppers[last + 1] <= most) share += uppers[++last];
    if (first === last && share > most) countLowers(pieces, first).forEach((times) => times > 1 && add(times));
    else if (share > 0)
      loops.memory.part(() => loops.values.repeats(gathered(pieces, first, last, share)).forEach(add));
    first = last + 1;
  }
  return Math.max(0, Math.log2(count) - repeated / count);
}

const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

/** An unsigned number that orders as the value does, −0 as 0. */
function keyOf(bits: number): number {
  const b = bits === 0x80000000 ? 0 : bits;
  return (b ^ ((b >> 31) | 0x80000000)) >>> 0;
}

/** The values whose keys have upper halves from `first` to `last`; there are `share` of them. */
function gathered(pieces: VisitPieces, first: number, last: number, share: number): Float32Array {
  const values = loops.memory.floats(share);
  const to = bitsOf(values);
  let found = 0;
  loops.memory.part(() =>
    pieces((piece) => {
      const bits = bitsOf(piece);
      for (let i = 0; i < bits.length; i++) {
        const upper = keyOf(bits[i]) >>> 16;
        if (upper >= first && upper <= last) to[found++] = bits[i];
      }
    }),
  );
  return values;
}

/** How often each lower half occurs under one upper half, ascending. */
function countLowers(pieces: VisitPieces, upper: number): Float64Array {
  const lowers = new Float64Array(halves);
  pieces((piece) => {
    const bits = bitsOf(piece);
    for (let i = 0; i < bits.length; i++) {
      const key = keyOf(bits[i]);
      if (key >>> 16 === upper) lowers[key & 0xffff]++;
    }
  });
  return lowers;
}
