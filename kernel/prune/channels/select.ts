/** Indices of the `count` least scores, ascending by index. Equal scores: the lowest index first. */
export function leastOf(scores: Float64Array | Float32Array, count: number): number[] {
  const chosen: number[] = [];
  forEachLeast(scores, count, (i) => chosen.push(i));
  return chosen;
}

/** The same as a byte for each score: 1 for those that are chosen. */
export function leastMask(scores: Float64Array | Float32Array, count: number): Uint8Array {
  const chosen = new Uint8Array(scores.length);
  forEachLeast(scores, count, (i) => (chosen[i] = 1));
  return chosen;
}

function forEachLeast(scores: Float64Array | Float32Array, count: number, choose: (i: number) => void): void {
  if (count <= 0) return;
  const sorted = scores.slice().sort();
  const threshold = sorted[Math.min(count, scores.length) - 1];
  let ties = Math.min(count, scores.length);
  for (let i = 0; i < scores.length && sorted[i] < threshold; i++) ties--;
  for (let i = 0; i < scores.length; i++)
    if (scores[i] < threshold || (scores[i] === threshold && ties-- > 0)) choose(i);
}
