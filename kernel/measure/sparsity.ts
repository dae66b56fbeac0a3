import { countZeros } from "../loops/errors";

export { countZeros };

/** Share of values that are exactly zero, 0–1; 0 for no values. */
export function sparsity(values: ArrayLike<number>): number {
  return values.length === 0 ? 0 : countZeros(values) / values.length;
}
