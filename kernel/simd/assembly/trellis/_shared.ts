/** What callers of the module share with it. */

export const MOST_STATES: i32 = 256;
/** Sums of squares of the states, and scratch of as many twice: (3, MOST_STATES) f32. */
export const SUMS: usize = 0x10000;
export const AUTOMATON: usize = SUMS + 12 * MOST_STATES;
/** Where the weights begin; behind them lie the codes and then the choices. */
export const WEIGHTS: usize = AUTOMATON + 64;

/** An automaton whose states say which subset a code takes its levels from. */
@unmanaged
export class Automaton {
  /** 8, 16, …, 256. */
  states: i32;
  /** What an odd code flips in the next state. */
  flip: i32;
  /** The lower bits of h₀ without its lowest coefficient: where the upper half of the states comes from. */
  turn: i32;
}
