/** The automaton of trellis-coded quantization and Viterbi's algorithm over it; what they are for stands in quantize/trellis.ts. */
import { rint } from "../grid/scale";
import { arenaFloats } from "../simd/layer-memory";
import { trellisCodes } from "../simd/trellis";

const { fround } = Math;

/** h₀ and h₁ for each number of states, in Ungerboeck's octal digits, highest power first. */
export const polynomials: Readonly<Record<number, readonly [h0: number, h1: number]>> = {
  4: [0o5, 0o2],
  8: [0o13, 0o04],
  16: [0o23, 0o04],
  32: [0o45, 0o10],
  64: [0o103, 0o024],
  128: [0o235, 0o126],
  256: [0o515, 0o362],
};

/** Weights that share a path. */
export const segmentLength = 65_536;
/** Weights after which the least sum is taken from all sums. */
export const renormalizeEvery = 64;

/** The automaton: where an even code leads from each state, and what an odd code flips in that. An odd state s goes to ⌊s/2⌋ ⊕ turn in
 *  the upper half of the states. */
export function automatonOf(states: number): {
  readonly afterEven: Uint8Array;
  readonly flip: number;
  readonly turn: number;
} {
  const [h0, h1] = polynomials[states];
  const width = Math.log2(states);
  // Lowest power first, without the lowest coefficient.
  const reversed = (h: number): number => {
    let bits = 0;
    for (let i = 0; i <= width; i++) bits |= ((h >> (width - i)) & 1) << i;
    return bits >> 1;
  };
  const afterEven = Uint8Array.from({ length: states }, (_, s) => (s >> 1) ^ (s & 1 ? reversed(h0) : 0));
  return { afterEven, flip: reversed(h1), turn: reversed(h0) & (states / 2 - 1) };
}

/** The automaton backwards: the state from which an even code leads to each state; an odd code leads there from `before[t ^ flip]`. */
export function statesBefore({ afterEven }: { readonly afterEven: Uint8Array }): Uint8Array {
  const before = new Uint8Array(afterEven.length);
  afterEven.forEach((next, s) => (before[next] = s));
  return before;
}

/** Twice the nearest level of subset j to t, in steps: an integer ≡ j mod 4. */
function levelOf(t: number, subset: number): number {
  return 4 * rint(fround(fround(t - subset / 2) / 2)) + subset;
}

/** The codes of one segment, by Viterbi's algorithm. */
function encodeSegment(
  weights: Float32Array,
  step: number,
  automaton: ReturnType<typeof automatonOf>,
  codes: Int32Array,
): void {
  const states = automaton.afterEven.length;
  const before = statesBefore(automaton);
  const { flip } = automaton;
  const chosen = new Uint8Array(weights.length * states);
  const distances = new Float32Array(4);
  let sums = new Float32Array(states).fill(Infinity);
  let next = new Float32Array(states);
  sums[0] = 0;
  for (let i = 0; i < weights.length; i++) {
    const t = fround(weights[i] / step);
    for (let subset = 0; subset < 4; subset++) {
      const difference = fround(t - levelOf(t, subset) / 2);
      distances[subset] = difference * difference;
    }
    for (let state = 0; state < states; state++) {
      const [even, odd] = [before[state], before[state ^ flip]];
      const byEven = fround(sums[even] + distances[even & 1]);
      const byOdd = fround(sums[odd] + distances[2 + (odd & 1)]);
      const isOdd = byOdd < byEven;
      next[state] = isOdd ? byOdd : byEven;
      chosen[i * states + state] = isOdd ? 1 : 0;
    }
    [sums, next] = [next, sums];
    if (i % renormalizeEvery === renormalizeEvery - 1) {
      const least = sums.reduce((a, b) => (b < a ? b : a));
      for (let state = 0; state < states; state++) sums[state] -= least;
    }
  }
  let state = 0;
  for (let s = 1; s < states; s++) if (sums[s] < sums[state]) state = s;
  for (let i = weights.length - 1; i >= 0; i--) {
    const isOdd = chosen[i * states + state];
    state = before[isOdd ? state ^ flip : state];
    const grid = state & 1;
    codes[i] = (levelOf(fround(weights[i] / step), 2 * isOdd + grid) - grid) / 2;
  }
}

/** Loops of trellis-coded quantization. */
export interface TrellisLoops {
  /** The codes of the path of least squared error through an automaton of 4–256 `states`; |w| below 2^22 steps. */
  encode(weights: Float32Array, step: number, states: number): Int32Array;
  /** step·(q + half a step where the path's state is odd). */
  decode(codes: ArrayLike<number>, step: number, states: number): Float32Array;
}

/** Viterbi's algorithm in plain TypeScript. */
export const plainTrellis: TrellisLoops = {
  encode(weights, step, states) {
    const automaton = automatonOf(states);
    const codes = new Int32Array(weights.length);
    for (let from = 0; from < weights.length; from += segmentLength) {
      const to = Math.min(weights.length, from + segmentLength);
      encodeSegment(weights.subarray(from, to), step, automaton, codes.subarray(from, to));
    }
    return codes;
  },
  decode: (codes, step, states) => followPath(codes, step, states, new Float32Array(codes.length)),
};

/** Each state depends on the code before it, so that there is no lane to run beside. */
function followPath(codes: ArrayLike<number>, step: number, states: number, values: Float32Array): Float32Array {
  const { afterEven, flip } = automatonOf(states);
  let state = 0;
  for (let i = 0; i < codes.length; i++) {
    if (i % segmentLength === 0) state = 0;
    values[i] = step * (codes[i] + (state & 1) / 2);
    state = afterEven[state] ^ (codes[i] & 1 ? flip : 0);
  }
  return values;
}

/** The same by WebAssembly SIMD, from 8 states on. */
export const fastTrellis: TrellisLoops = {
  // Four states are too few for the lanes of a vector.
  encode: (weights, step, states) =>
    states < 8
      ? plainTrellis.encode(weights, step, states)
      : trellisCodes(weights, step, { ...automatonOf(states), states }, segmentLength),
  decode: (codes, step, states) => followPath(codes, step, states, arenaFloats(codes.length)),
};
