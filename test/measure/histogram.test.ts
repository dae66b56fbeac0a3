import { countHistogram, histogram, robustRange } from "../../kernel/measure/histogram";
import { generateWeights } from "../quantize/generator";

const f32 = (...values: number[]) => Float32Array.from(values);

describe("histogram", () => {
  test("bins, ends and what lies outside", () => {
    const values = f32(-2, -1, -0.5, 0, 0.49, 0.5, 1, 3, 4);
    expect(countHistogram(values, { minimum: -1, maximum: 1 }, 4)).toEqual({
      minimum: -1,
      maximum: 1,
      counts: [1, 1, 2, 2],
      below: 1,
      above: 2,
    });
  });

  test("an outlier does not stretch the range; everything is counted", () => {
    const values = generateWeights(10_000, 5);
    values[77] = 1000;
    const { counts, above, below, maximum } = histogram(values);
    expect(counts.length).toBe(64);
    expect(maximum).toBeLessThan(1);
    expect(counts.reduce((a, b) => a + b, 0) + above + below).toBe(10_000);
    expect(robustRange(new Float32Array(9))).toEqual({ minimum: -1, maximum: 1 });
    const spike = new Float32Array(10_000);
    spike[1] = -3;
    expect(robustRange(spike)).toEqual({ minimum: -3, maximum: 3 });
  });
});

test("the range leaves out 0.05 % at each end and always holds 0", () => {
  const values = Float32Array.from({ length: 10_000 }, (_, i) => 1 + i);
  expect(robustRange(values)).toEqual({ minimum: 0, maximum: 10_000 - 5 });
  expect(robustRange(values.map((value) => -value))).toEqual({ minimum: -(10_000 - 5), maximum: 0 });
  expect(robustRange(f32(2, 3))).toEqual({ minimum: 0, maximum: 3 });
  expect(robustRange(f32())).toEqual({ minimum: -1, maximum: 1 });
  expect(Object.is(robustRange(f32(-0, 1)).minimum, 0)).toBe(true);
});

test("a range without width is refused", () => {
  expect(() => countHistogram(f32(1), { minimum: 1, maximum: 1 })).toThrow("minimum must be below maximum");
  expect(() => countHistogram(f32(1), { minimum: NaN, maximum: 1 })).toThrow("the range is NaN to 1");
});

test("bins are a whole number from 1 on", () => {
  expect(countHistogram(f32(1, 2, 9), { minimum: 0, maximum: 2 }, 1)).toMatchObject({
    counts: [2],
    below: 0,
    above: 1,
  });
  for (const bins of [0, -1, 1.5, NaN, 2 ** 24 + 1])
    expect(() => histogram(f32(1), bins)).toThrow(
      new RegExp(`^countHistogram\\(\\): bins is ${bins}; it takes a whole`),
    );
});

test("a NaN ranks above all numbers, however many there are", () => {
  const weights = Float32Array.from({ length: 20_000 }, (_, i) => Math.sin(i));
  weights[3] = NaN;
  const sorted = Float32Array.from(weights).sort();
  const { minimum, maximum } = histogram(weights);
  expect([minimum, maximum]).toEqual([sorted[10], sorted[20_000 - 1 - 10]]);
});
