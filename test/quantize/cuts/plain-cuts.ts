/** The plain form of kernel/quantize/optimal-codebook.ts, which looks at every place: D[k][j] = min over i of D[k−1][i−1] + cost(i, j),
 *  each layer by divide and conquer over the best i. On ties the lowest cut. */

/** Positions where the k intervals start: k ascending numbers, the first 0. `values` ascending and distinct, at least k of them. */
export function plainCuts(values: Float64Array, multiplicity: Uint32Array, k: number): number[] {
  const n = values.length;
  const { weight, first, second } = prefixSums(values, multiplicity);
  const cost = (i: number, j: number) => {
    const w = weight[j + 1] - weight[i];
    const s = first[j + 1] - first[i];
    const c = second[j + 1] - second[i] - (s * s) / w;
    return c > 0 ? c : 0;
  };
  let before = new Float64Array(n);
  let now = new Float64Array(n);
  for (let j = 0; j < n; j++) before[j] = cost(0, j);
  const starts: Int32Array[] = [];
  for (let layer = 1; layer < k; layer++) {
    const start = new Int32Array(n);
    fillLayer(layer, n, start, before, now, cost);
    starts.push(start);
    [before, now] = [now, before];
  }
  const cuts = new Array<number>(k).fill(0);
  for (let layer = k - 1, j = n - 1; layer >= 1; layer--) {
    cuts[layer] = starts[layer - 1][j];
    j = cuts[layer] - 1;
  }
  return cuts;
}

/** Fills D[layer][j] for j = layer … n−1, middle first, so that the answers on both sides bound the search. */
function fillLayer(
  layer: number,
  n: number,
  start: Int32Array,
  before: Float64Array,
  now: Float64Array,
  cost: (i: number, j: number) => number,
): void {
  const pending: [number, number, number, number][] = [[layer, n - 1, layer, n - 1]];
  for (let task = pending.pop(); task; task = pending.pop()) {
    const [left, right, lowest, highest] = task;
    if (left > right) continue;
    const j = (left + right) >> 1;
    let best = Infinity;
    let bestStart = lowest;
    for (let i = lowest, last = Math.min(j, highest); i <= last; i++) {
      const total = before[i - 1] + cost(i, j);
      if (total >= best) continue;
      best = total;
      bestStart = i;
    }
    now[j] = best;
    start[j] = bestStart;
    pending.push([left, j - 1, lowest, bestStart], [j + 1, right, bestStart, highest]);
  }
}

function prefixSums(values: Float64Array, multiplicity: Uint32Array) {
  const n = values.length;
  let total = 0;
  let count = 0;
  for (let i = 0; i < n; i++) {
    total += values[i] * multiplicity[i];
    count += multiplicity[i];
  }
  const mean = total / count;
  const weight = new Float64Array(n + 1);
  const first = new Float64Array(n + 1);
  const second = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    const d = values[i] - mean;
    weight[i + 1] = weight[i] + multiplicity[i];
    first[i + 1] = first[i] + multiplicity[i] * d;
    second[i + 1] = second[i] + multiplicity[i] * d * d;
  }
  return { weight, first, second };
}
