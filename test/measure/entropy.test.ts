import { sortValues } from "../../kernel/grid/order";
import { loops } from "../../kernel/loops/loops";
import { bytesOfRepeats, plainValues } from "../../kernel/loops/values";
import { countSymbols, entropyOfCodes, entropyOfCounts, entropyOfValues } from "../../kernel/measure/entropy";
import { generateWeights } from "../quantize/generator";

const f32 = (...values: number[]) => Float32Array.from(values);

describe("entropy", () => {
  test("by hand: (1/2, 1/4, 1/4) is 1.5 bits", () => {
    expect(entropyOfCodes([7, 7, -3, 1_000_000_000])).toBeCloseTo(1.5, 12);
    expect(entropyOfCodes(Int8Array.of(1, 1, 2, 3))).toBeCloseTo(1.5, 12);
    expect(entropyOfValues(f32(0, -0, 0.5, 0.25))).toBeCloseTo(1.5, 12);
    expect(entropyOfCodes([5, 5, 5])).toBe(0);
    expect(entropyOfCodes([])).toBe(0);
  });
});

describe("entropy of values", () => {
  /** By the definition: every value's share, found by sorting. */
  function byDefinition(values: Float32Array): number {
    const sorted = sortValues(values);
    const counts: number[] = [];
    for (let start = 0, i = 1; i <= sorted.length; i++) {
      if (i < sorted.length && sorted[i] === sorted[start]) continue;
      counts.push(i - start);
      start = i;
    }
    return entropyOfCounts(counts);
  }

  test.each([0, 1, 2, 100, 4096, 4097, 70_000, 300_000])("equal bits to the definition for %i values", (length) => {
    const weights = generateWeights(length, 5);
    const variants = [
      weights,
      weights.map((w) => (Math.abs(w) < 0.5 ? -0 : w)),
      weights.map((w, i) => (i % 2 ? 0 : -0) * w),
      weights.map((w) => Math.round(w * 100) / 100),
      weights.map(() => -3),
      weights.map((_w, i) => i % 65_537),
      weights.map((_w, i) => (i - 1000) * 1.4e-45),
    ];
    for (const values of variants) {
      const before = values.slice();
      expect(entropyOfValues(values)).toBe(byDefinition(values));
      expect(Buffer.compare(Buffer.from(values.buffer), Buffer.from(before.buffer))).toBe(0);
    }
  });

  test("NaNs of equal bits are one value", () => {
    expect(entropyOfValues(f32(NaN, NaN, 1, 2))).toBe(1.5);
  });
});

describe("countSymbols", () => {
  test.each([
    ["bytes", Uint8Array.of(255, 0, 255, 3, 0, 255, 1)],
    ["signed bytes", Int8Array.of(-128, 127, -128, 0, -1, 5, 5)],
    ["a small range", Int32Array.of(1_000_005, 1_000_000, 1_000_005)],
    ["a wide range", [2 ** 40, -3, 2 ** 40, 0]],
  ])("counts %s by ascending symbol", (_, codes) => {
    const plain = new Map<number, number>();
    for (const code of codes) plain.set(code, (plain.get(code) ?? 0) + 1);
    const symbols = [...plain.keys()].sort((a, b) => a - b);
    expect(countSymbols(codes)).toEqual({ symbols, counts: symbols.map((symbol) => plain.get(symbol)) });
  });

  test("of nothing is nothing", () => {
    for (const none of [[], new Uint8Array(0), new Int8Array(0)])
      expect(countSymbols(none)).toEqual({ symbols: [], counts: [] });
  });

  test("reads a part of a buffer", () => {
    expect(countSymbols(Uint8Array.of(9, 9, 1, 2, 9).subarray(2, 4))).toEqual({ symbols: [1, 2], counts: [1, 1] });
  });
});

test("entropy of counts skips zeros and is never below zero", () => {
  expect(entropyOfCounts([3, 0, 3, 0, 6])).toBeCloseTo(1.5, 12);
  expect(entropyOfCounts([0, 7, 0])).toBe(0);
  expect(entropyOfCounts([])).toBe(0);
});

test("zeros that are only told count as if they were there", () => {
  const values = Float32Array.from({ length: 9000 }, (_, i) => Math.fround(((i * 7) % 641) - 320) / 8);
  const other = values.filter((value) => value !== 0);
  const expected = entropyOfValues(values);
  expect(entropyOfValues(other, values.length - other.length)).toBe(expected);
  const bytes = 4 * values.length + bytesOfRepeats(values.length);
  expect(loops.memory.during(bytes, () => entropyOfValues(other, values.length - other.length))).toBe(expected);
  expect(plainValues.repeats(other, values.length - other.length)).toEqual(plainValues.repeats(values));
  expect([entropyOfValues(new Float32Array(0), 7), entropyOfValues(Float32Array.of(1), 1)]).toEqual([0, 1]);
});
