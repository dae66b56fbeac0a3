import { NonFiniteError } from "../../kernel/errors";
import type { CountsInUse } from "../../kernel/layer/weight-reader";
import { tasks } from "../../kernel/recipe/tasks";

const { histogram, classes } = tasks.functions;
const job = (...values: number[]) => ({
  name: "fc",
  input: { values: Float32Array.from(values) },
  dtype: "F32",
  shape: [values.length],
  prefix: undefined,
});

const dense = ({ entries, counts }: CountsInUse): number[] => {
  const all = new Array<number>(65_536).fill(0);
  entries.forEach((entry, at) => (all[entry] = counts[at]));
  return all;
};

test("magnitudes are counted by the upper half of their bits, then by the lower half under one", () => {
  // 1 is 0x3f800000, 1 + 2^−23 one more.
  const values = [1, -1, 1 + 2 ** -23, 2, 0];
  const upper = dense(histogram(job(...values)).value);
  expect([upper[0x3f80], upper[0x4000], upper[0]]).toEqual([3, 1, 1]);
  const lower = dense(histogram({ ...job(...values), prefix: 0x3f80 }).value);
  expect([lower[0], lower[1], lower.reduce((sum, count) => sum + count, 0)]).toEqual([2, 1, 3]);
});

test("every weight is counted once for a target of bits", () => {
  const counts = classes(job(1, -1, 0.5, 0)).value;
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(4);
});

test("weights that are not finite are told by the layer's name", () => {
  expect(() => histogram(job(1, NaN))).toThrow(NonFiniteError);
  expect(() => histogram(job(1, NaN))).toThrow("fc: weight 1 is NaN; magnitude");
  expect(() => classes(job(Infinity))).toThrow("fc: weight 0 is Infinity; linear");
});
