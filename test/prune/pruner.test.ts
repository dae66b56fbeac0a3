import { applyMask, countKept, factorBits, percent } from "../../kernel/prune/pruner";

test("applyMask keeps weights as they are, −0 and NaN included, and writes +0 elsewhere", () => {
  const values = applyMask(Float32Array.of(-0, NaN, 5, -5), Uint8Array.of(1, 1, 0, 1));
  expect(Array.from(values)).toEqual([-0, NaN, 0, -5]);
  expect(Object.is(values[2], 0)).toBe(true);
});

test("factorBits counts both factors", () => {
  const factors = {
    left: new Float32Array(6),
    right: new Float32Array(8),
    rows: 3,
    columns: 4,
    rank: 2,
    bitsPerValue: 16,
  };
  expect(factorBits(factors)).toBe(14 * 16);
});

test("countKept counts ones", () => {
  expect(countKept(Uint8Array.of(1, 0, 1, 1))).toBe(3);
  expect(countKept(new Uint8Array(0))).toBe(0);
});

test("percent has a digit behind the point where there is one", () => {
  expect([0.5, 1 / 3, 0, 1, 0.9999].map(percent)).toEqual(["50 %", "33.3 %", "0 %", "100 %", "100 %"]);
});
