/** Indices of the `count` least scores, ascending by index. Equal scores: the lowest index first. */
export function leastOf(scores: Float64Array | Float32Array, count: number): number[] {
  if (count <= 0) return [];
  const sorted = scores.slice().sort();
  const threshold = sorted[Math.min(count, scores.length) - 1];
  let ties = Math.min(count, scores.length);
  for (let i = 0; i < scores.length && sorted[i] < threshold; i++) ties--;
  const chosen: number[] = [];
  for (let i = 0; i < scores.length; i++)
    if (scores[i] < threshold || (scores[i] === threshold && ties-- > 0)) chosen.push(i);
  return chosen;
}
