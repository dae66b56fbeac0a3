/** The hot loop of `trellis` by WebAssembly SIMD: the codes of all weights, equal to the plain ones of quantize/trellis-path.ts. */
import { instantiate, pageBytes } from "./module";

interface TrellisFunctions {
  encode(
    weights: number,
    count: number,
    step: number,
    states: number,
    flip: number,
    turn: number,
    sums: number,
    chosen: number,
    codes: number,
  ): void;
}

export interface Automaton {
  readonly states: number;
  /** What an odd code flips in the next state. */
  readonly flip: number;
  /** The lower bits of h₀ without its lowest coefficient: where the upper half of the states comes from. */
  readonly turn: number;
}

interface Loaded {
  readonly functions: TrellisFunctions;
  readonly weights: Float32Array;
  readonly codes: Int32Array;
  readonly sums: number;
  readonly chosen: number;
}

const mostStates = 256;
let loaded: Loaded | undefined;
let loadedLength = 0;

/** This thread's instance, with room for a segment of that many weights. */
function load(length: number): Loaded {
  if (loaded && loadedLength === length) return loaded;
  const sumBytes = 12 * mostStates;
  const { functions, buffer } = instantiate<TrellisFunctions>("trellis", length * (8 + mostStates / 8) + sumBytes);
  const sums = pageBytes;
  const weights = sums + sumBytes;
  loadedLength = length;
  return (loaded = {
    functions,
    sums,
    weights: new Float32Array(buffer, weights, length),
    codes: new Int32Array(buffer, weights + 4 * length, length),
    chosen: weights + 8 * length,
  });
}

/** Codes of `weights` (any number, finite, below 2^22 steps) in segments of `segment`; 8 states or more. */
export function trellisCodes(weights: Float32Array, step: number, automaton: Automaton, segment: number): Int32Array {
  const { functions, weights: input, codes: output, sums, chosen } = load(segment);
  const { states, flip, turn } = automaton;
  const codes = new Int32Array(weights.length);
  for (let from = 0; from < weights.length; from += segment) {
    const part = weights.subarray(from, from + segment);
    input.set(part);
    functions.encode(input.byteOffset, part.length, step, states, flip, turn, sums, chosen, output.byteOffset);
    codes.set(output.subarray(0, part.length), from);
  }
  return codes;
}
