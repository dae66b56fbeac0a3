/** Number of values that are exactly zero; −0 is zero. */
export function countZeros(values: ArrayLike<number>): number {
  let zeros = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === 0) zeros++;
  return zeros;
}

/** Share of values that are exactly zero, 0–1; 0 for no values. */
export function sparsity(values: ArrayLike<number>): number {
  return values.length === 0 ? 0 : countZeros(values) / values.length;
}
