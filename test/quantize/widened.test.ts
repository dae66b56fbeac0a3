import { OptionError } from "../../kernel/errors";
import { HalfRangeError } from "../../kernel/grid/scale";
import { sparsity } from "../../kernel/measure";
import {
  hqq,
  int,
  kMeans,
  linear,
  meanConstrained,
  mxfp4,
  nf4,
  quantize,
  sorted,
  ternary,
} from "../../kernel/quantize";
import { atWidth, isWidened, stepAfter, widenedStep } from "../../kernel/quantize/widened";
import type { Step } from "../../kernel/tensor/step";

const shape = [4, 128];
const drawn = (size: number) => Float32Array.from({ length: 512 }, (_, i) => size * Math.sin(1.7 * i + i * i));

/** Steps with scales or values of 16 bits. */
const steps: readonly Step[] = [
  linear({ bits: 4 }),
  linear({ bits: 4, symmetric: false }),
  linear({ bits: 4, range: "mse" }),
  linear({ bits: 1, group: 32 }),
  meanConstrained({ bits: 3 }),
  meanConstrained({ bits: 1 }),
  ternary({ group: 64 }),
  ternary({ group: 64, method: "optimal" }),
  hqq(),
  hqq({ bits: 3, group: 32 }),
  int({ bits: 4, scaleDtype: "F16" }),
  sorted({ bits: 3, per: "channel" }),
  kMeans({ bits: 3, per: "channel" }),
];
const named = steps.map((step, at) => [`${step.kind} (${at})`, step] as const);

describe.each(named)("%s", (_, step) => {
  const plain = quantize(drawn(1), step, { shape });
  test.each([1e-30, 1e-12, 1e-8, 1e-7, 1e6, 1e9, 1e20])("weights of %p: as good as those of 1, no zeros", (size) => {
    const found = quantize(drawn(size), step, { shape });
    expect(found.error.sqnrDb).toBeGreaterThan((plain.error.sqnrDb ?? 0) - 1.5);
    expect(sparsity(found.values)).toBeLessThanOrEqual(plain.sparsity + 0.1);
    if (size < 1e-7 || size > 1e6) {
      expect(isWidened(step, found.step)).toBe(true);
      expect(found.bits).toBeGreaterThan(plain.bits);
    }
  });

  test("ordinary weights keep 16 bits", () => {
    expect(plain.step).toBe(step);
    for (const size of [1e-3, 10]) expect(quantize(drawn(size), step, { shape }).bits).toBe(plain.bits);
  });
});

test("zeros keep 16 bits", () => {
  for (const step of steps) expect(quantize(new Float32Array(512), step, { shape }).step).toBe(step);
});

test("a step without 16 bits is not widened; the error names the layer", () => {
  expect([widenedStep(nf4()), widenedStep(mxfp4()), widenedStep(linear({ bits: 4, per: "channel" }))]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(widenedStep(linear({ bits: 4 }))).toEqual(linear({ bits: 4, scaleDtype: "F32" }));
  expect(() => stepAfter(new HalfRangeError("too large"), nf4(), "fc")).toThrow("fc: too large");
  expect(atWidth(linear({ bits: 4 }), "fc", (step) => step)).toEqual(linear({ bits: 4 }));
  const other = new OptionError("another");
  expect(() => stepAfter(other, linear({ bits: 4 }))).toThrow(other);
});
