import type { Scheme } from "./scheme";

/** Every scheme that is decoded, a row each. The first that finds a weight has it: schemes that look closer stand above those that take what
 *  looks alike. */
export const schemes: readonly Scheme[] = [];
