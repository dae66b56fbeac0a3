import { intervalCost, intervalSums, reversedSums, sumsAt } from "../../../kernel/quantize/cuts/interval-cost";

const sums = intervalSums(Float64Array.of(1, 2, 4, 9), Uint32Array.of(1, 2, 1, 3));
const plain = (values: number[]) => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
};

test("the cost of an interval is the squared distance to its mean, by multiplicity", () => {
  expect(intervalCost(sums, 0, 4)).toBeCloseTo(plain([1, 2, 2, 4, 9, 9, 9]), 9);
  expect(intervalCost(sums, 1, 3)).toBeCloseTo(plain([2, 2, 4]), 9);
  expect(intervalCost(sums, 2, 3)).toBeCloseTo(0, 9);
});

test("sums at some places cost the same between them", () => {
  const some = sumsAt(sums, Int32Array.of(0, 2, 4));
  expect(intervalCost(some, 0, 1)).toBeCloseTo(intervalCost(sums, 0, 2), 9);
  expect(intervalCost(some, 1, 2)).toBeCloseTo(intervalCost(sums, 2, 4), 9);
});

test("reversed sums cost the same from the other end", () => {
  const turned = reversedSums(sums);
  for (const [from, to] of [
    [0, 1],
    [0, 4],
    [1, 3],
  ])
    expect(intervalCost(turned, 4 - to, 4 - from)).toBeCloseTo(intervalCost(sums, from, to), 9);
});
