/** The hot loop of `trellis` by WebAssembly SIMD: the codes of all weights, equal to the plain ones of loops/trellis.ts. */
import { MOST_STATES, setAutomaton, WEIGHTS, type Automaton, type TrellisModule } from "./generated/trellis";
import { instantiate, pageBytes } from "./module";

export type { Automaton };

interface Loaded {
  readonly functions: TrellisModule;
  readonly view: DataView;
  readonly weights: Float32Array;
  readonly codes: Int32Array;
  readonly chosen: number;
}

let loaded: Loaded | undefined;
let loadedLength = 0;

/** This thread's instance, for segments of that many weights. */
function load(length: number): Loaded {
  if (loaded && loadedLength === length) return loaded;
  const bytes = WEIGHTS + length * (8 + MOST_STATES / 8);
  const { functions, buffer } = instantiate<TrellisModule>("trellis", bytes - pageBytes);
  loadedLength = length;
  return (loaded = {
    functions,
    view: new DataView(buffer),
    weights: new Float32Array(buffer, WEIGHTS, length),
    codes: new Int32Array(buffer, WEIGHTS + 4 * length, length),
    chosen: WEIGHTS + 8 * length,
  });
}

/** Codes of `weights` (any number, finite, below 2^22 steps) in segments of `segment`; 8 states or more. */
export function trellisCodes(weights: Float32Array, step: number, automaton: Automaton, segment: number): Int32Array {
  const { functions, view, weights: input, codes: output, chosen } = load(segment);
  setAutomaton(view, automaton);
  const codes = new Int32Array(weights.length);
  for (let from = 0; from < weights.length; from += segment) {
    const part = weights.subarray(from, from + segment);
    input.set(part);
    functions.encode(input.byteOffset, part.length, step, chosen, output.byteOffset);
    codes.set(output.subarray(0, part.length), from);
  }
  return codes;
}
