import fc from "fast-check";
import { costOf, normalizeCounts } from "../../../kernel/encode/range/frequencies";

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((all, one) => all + one, 0);

describe("frequencies", () => {
  test("are the counts where these add up already", () => {
    expect(Array.from(normalizeCounts([8, 4, 2, 2], 4))).toEqual([8, 4, 2, 2]);
    expect(Array.from(normalizeCounts([800, 400, 200, 200], 4))).toEqual([8, 4, 2, 2]);
  });

  test("give every symbol a place, however rare", () => {
    expect(Array.from(normalizeCounts([1_000_000, 1, 1], 2))).toEqual([2, 1, 1]);
    expect(Array.from(normalizeCounts([5], 3))).toEqual([8]);
  });

  test("give the place that is left to the first of equal symbols", () => {
    expect(Array.from(normalizeCounts([1, 1, 1], 2))).toEqual([2, 1, 1]);
  });

  test("cost least of all that add up", () => {
    const least = (counts: number[], size: number, bits: number): number => {
      if (counts.length === 1) return size >= 1 ? costOf(counts, Uint32Array.of(size), bits) : Infinity;
      let best = Infinity;
      for (let f = 1; f <= size - counts.length + 1; f++)
        best = Math.min(best, costOf([counts[0]], Uint32Array.of(f), bits) + least(counts.slice(1), size - f, bits));
      return best;
    };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 2, max: 5 }),
        (counts, bits) => {
          const frequencies = normalizeCounts(counts, bits);
          expect(sum(frequencies)).toBe(2 ** bits);
          expect(costOf(counts, frequencies, bits)).toBeCloseTo(least(counts, 2 ** bits, bits), 9);
        },
      ),
    );
  });

  test("add up for many symbols too", () => {
    const counts = Array.from({ length: 4096 }, (_, i) => 1 + ((i * 7919) % 1000));
    const frequencies = normalizeCounts(counts, 14);
    expect(sum(frequencies)).toBe(2 ** 14);
    expect(Math.min(...frequencies)).toBeGreaterThanOrEqual(1);
  });
});

test("a cost is that of each symbol's share, in bits", () => {
  expect(costOf([3, 1], Uint32Array.of(2, 2), 2)).toBe(4);
  expect(costOf([3, 1], Uint32Array.of(1, 2), 2)).toBe(7);
});
