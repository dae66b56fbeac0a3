// Written by scripts/seam.mjs from kernel/simd/assembly/trellis: change that, and run npm run build -- simd.

/** What callers of the module share with it. */
export const MOST_STATES = 256;
/** Sums of squares of the states, and scratch of as many twice: (3, MOST_STATES) f32. */
export const SUMS = 65536;
export const AUTOMATON = 68608;
/** Where the weights begin; behind them lie the codes and then the choices. */
export const WEIGHTS = 68672;

/** An automaton whose states say which subset a code takes its levels from. */
export interface Automaton {
  /** 8, 16, …, 256. */
  readonly states: number;
  /** What an odd code flips in the next state. */
  readonly flip: number;
  /** The lower bits of h₀ without its lowest coefficient: where the upper half of the states comes from. */
  readonly turn: number;
}

/** Writes them to AUTOMATON, where the module's functions read them. `memory` is a view of all of its memory. */
export function setAutomaton(memory: DataView, { states, flip, turn }: Automaton): void {
  memory.setInt32(AUTOMATON, states, true);
  memory.setInt32(AUTOMATON + 4, flip, true);
  memory.setInt32(AUTOMATON + 8, turn, true);
}

/** The inverse: what stands there. */
export function getAutomaton(memory: DataView): Automaton {
  return {
    states: memory.getInt32(AUTOMATON, true),
    flip: memory.getInt32(AUTOMATON + 4, true),
    turn: memory.getInt32(AUTOMATON + 8, true),
  };
}

/** What the module exports. Arguments are addresses of its memory, counts and flags; a bool comes back as 0 or 1. */
export interface TrellisModule {
  /** Codes (count) i32 of weights (count) f32 by the automaton at AUTOMATON. `chosen`: scratch of count·states/8 bytes, in which bit s of
   *  weight i is 1 where an odd code leads to state s best. */
  encode(weights: number, count: number, step: number, chosen: number, codes: number): void;
}
