import { affineKQuants } from "../../kernel/blocks/k-quants-affine";
import { codecIn, largestError, roundTrip, weightsOf } from "./helpers";
import { gaussianWeights } from "./weights";

test.each([
  ["Q2_K", 3, 16],
  ["Q4_K", 15, 32],
  ["Q5_K", 31, 32],
] as const)("%s: weights on the grid of their groups come back", (name, top, group) => {
  const codec = codecIn(affineKQuants, name);
  // Each group runs from 0 to `top` steps of 1/4: d·s = 1/4 for all of them, and no minimum.
  const weights = weightsOf(256, (i) => ((i % group) % (top + 1)) / 4);
  const { values } = roundTrip(codec, weights);
  expect(largestError(weights, values)).toBeLessThan(0.004 * top);
});

test.each([
  ["Q2_K", 0.75],
  ["Q4_K", 0.15],
  ["Q5_K", 0.08],
] as const)("%s: the error of normal weights is less than %d of their deviation", (name, most) => {
  const weights = gaussianWeights(256, 9);
  const { values } = roundTrip(codecIn(affineKQuants, name), weights);
  const squares = (of: (i: number) => number) => weights.reduce((sum, _, i) => sum + of(i) ** 2, 0);
  expect(Math.sqrt(squares((i) => weights[i] - values[i]) / squares((i) => weights[i]))).toBeLessThan(most);
});

test.each(affineKQuants.map(({ name }) => name))("%s: zeros stay zeros", (name) => {
  expect(roundTrip(codecIn(affineKQuants, name), new Float32Array(256)).values.every((value) => value === 0)).toBe(
    true,
  );
});

test.each(affineKQuants.map(({ name }) => name))(
  "%s: groups of very different size have scales of their own",
  (name) => {
    const codec = codecIn(affineKQuants, name);
    const weights = gaussianWeights(256, 4).map((w, i) => (i < 32 ? w : w / 16));
    const { values } = roundTrip(codec, weights);
    const rest = weights.subarray(32).map((w, i) => Math.abs(w - values[32 + i]));
    expect(Math.max(...rest)).toBeLessThan(Math.max(...weights.subarray(0, 32).map(Math.abs)) / 10);
  },
);
