import { intervalCost, intervalSums } from "../../../kernel/quantize/cuts/interval-cost";
import { penalizedCuts } from "../../../kernel/quantize/cuts/penalized-cuts";
import { findPenalty, firstGuess } from "../../../kernel/quantize/cuts/penalty-search";

let seed = 11;
const values = Float64Array.from({ length: 60 }, () => (seed = (seed * 16807) % 2147483647) / 2 ** 31).sort();
const sums = intervalSums(values, new Uint32Array(60).fill(1));

test("totals are the least over all starts, whatever the penalty", () => {
  for (const penalty of [0.001, 0.01, 0.1, 10]) {
    const { totals, starts, counts } = penalizedCuts(sums, penalty);
    const least = [0];
    for (let j = 1; j <= 60; j++)
      least.push(Math.min(...Array.from({ length: j }, (_, i) => least[i] + intervalCost(sums, i, j) + penalty)));
    least.forEach((total, j) => expect(totals[j]).toBeCloseTo(total, 9));
    let count = 0;
    for (let p = 60; p > 0; p = starts[p]) count++;
    expect(counts[60]).toBe(count);
  }
});

test("the penalty that is found has that many intervals", () => {
  for (const k of [2, 5, 11]) {
    const { forward, excess } = findPenalty(sums, k, firstGuess(sums, k), 0, 60);
    if (excess === 0) expect(forward.counts[60]).toBe(k);
    else expect(excess).toBeLessThan(0.01);
  }
});
