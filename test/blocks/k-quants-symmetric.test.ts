import { symmetricKQuants } from "../../kernel/blocks/k-quants-symmetric";
import { codecIn, largestError, roundTrip, weightsOf } from "./helpers";
import { gaussianWeights } from "./weights";

test.each([
  ["Q3_K", 4],
  ["Q6_K", 32],
] as const)("%s: weights on the grid of their groups come back", (name, half) => {
  const codec = codecIn(symmetricKQuants, name);
  // −half is in every group: the peak that goes to code 0.
  const weights = weightsOf(256, (i) => (i % 16 === 0 ? -half : (i % (2 * half)) - half));
  expect(largestError(weights, roundTrip(codec, weights).values)).toBeLessThan(half * 2 ** -9);
});

test.each([
  ["Q3_K", 0.3],
  ["Q6_K", 0.04],
] as const)("%s: the error of normal weights is less than %d of their deviation", (name, most) => {
  const weights = gaussianWeights(256, 9);
  const { values } = roundTrip(codecIn(symmetricKQuants, name), weights);
  const squares = (of: (i: number) => number) => weights.reduce((sum, _, i) => sum + of(i) ** 2, 0);
  expect(Math.sqrt(squares((i) => weights[i] - values[i]) / squares((i) => weights[i]))).toBeLessThan(most);
});

test.each(symmetricKQuants.map(({ name }) => name))("%s: zeros stay zeros", (name) => {
  const { values } = roundTrip(codecIn(symmetricKQuants, name), new Float32Array(256));
  expect(values.every((value) => value === 0)).toBe(true);
});
