/** The axes of an operand of an einsum. */
import type { Axes } from "../../tensor/role";

/** The axes of the second operand of "abc,cd->abd", which has `rank` dimensions: letters that only the result shares are outputs, those that
 *  only the first operand shares are inputs, those in all three number weights side by side. `undefined` for what is no such equation. */
export function einsumAxes(equation: unknown, rank: number): Axes | undefined {
  const found = typeof equation === "string" ? /^([^,]*),([^,]*)->([^,]*)$/.exec(equation.replace(/[\s.]/g, "")) : null;
  if (!found) return undefined;
  const [, given, own, result] = found;
  if (own.length !== rank || new Set(own).size !== rank) return undefined;
  const where = (test: (letter: string) => boolean): number[] =>
    [...own].flatMap((letter, at) => (test(letter) ? [at] : []));
  const output = where((letter) => result.includes(letter) && !given.includes(letter));
  const input = where((letter) => given.includes(letter) && !result.includes(letter));
  const stacked = where((letter) => given.includes(letter) && result.includes(letter));
  return output.length + input.length + stacked.length === rank ? { output, input, stacked } : undefined;
}
