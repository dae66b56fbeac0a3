import fc from "fast-check";
import { canonicalCodes, codeLengths, kraftGap, reverseBits } from "../../kernel/loops/prefix-code";

describe("codeLengths", () => {
  test("are Huffman's where the limit allows them", () => {
    expect(Array.from(codeLengths([8, 4, 2, 1, 1], 24))).toEqual([1, 2, 3, 4, 4]);
    expect(Array.from(codeLengths([1, 1, 1, 1], 24))).toEqual([2, 2, 2, 2]);
  });

  test("of one symbol are 0, of none nothing", () => {
    expect(Array.from(codeLengths([7], 24))).toEqual([0]);
    expect(Array.from(codeLengths([], 24))).toEqual([]);
  });

  test("keep the limit at the least cost", () => {
    // Without a limit 1, 2, 3, 4, 5, 5; within 3 no code is shorter than 11 + … .
    const counts = [32, 16, 8, 4, 2, 2];
    const lengths = codeLengths(counts, 3);
    expect(Math.max(...lengths)).toBe(3);
    expect(kraftGap(lengths)).toBe(0);
    expect(counts.reduce((sum, count, i) => sum + count * lengths[i], 0)).toBe(32 * 2 + 16 * 2 + 16 * 3);
  });

  test("are the best of all that fill a code within the limit", () => {
    const best = (counts: number[], limit: number): number => {
      let least = Infinity;
      const search = (i: number, gap: number, cost: number): void => {
        if (cost >= least || gap < 0) return;
        if (i === counts.length) {
          if (gap === 0) least = cost;
          return;
        }
        for (let length = 1; length <= limit; length++) search(i + 1, gap - 2 ** -length, cost + counts[i] * length);
      };
      search(0, 1, 0);
      return least;
    };
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 2, maxLength: 6 }),
        fc.integer({ min: 3, max: 5 }),
        (counts, limit) => {
          const lengths = codeLengths(counts, limit);
          expect(counts.reduce((sum, count, i) => sum + count * lengths[i], 0)).toBe(best(counts, limit));
          expect(kraftGap(lengths)).toBe(0);
        },
      ),
    );
  });
});

describe("canonicalCodes", () => {
  test("give shorter codes first, equal ones by symbol", () => {
    expect(Array.from(canonicalCodes(Uint8Array.of(2, 1, 3, 3)))).toEqual([0b10, 0b0, 0b110, 0b111]);
  });

  test("leave out symbols without a length", () => {
    expect(Array.from(canonicalCodes(Uint8Array.of(0, 1, 0, 1)))).toEqual([0, 0, 0, 1]);
  });

  test("are prefixes of none other", () => {
    const lengths = codeLengths([50, 20, 9, 9, 3, 1, 1], 24);
    const codes = canonicalCodes(lengths);
    const words = Array.from(codes, (code, i) => code.toString(2).padStart(lengths[i], "0"));
    for (const a of words) for (const b of words) if (a !== b) expect(b.startsWith(a)).toBe(false);
    expect(new Set(words).size).toBe(words.length);
  });
});

test("the gap says whether codes are left over, or impossible", () => {
  expect(kraftGap(Uint8Array.of(1, 2, 2))).toBe(0);
  expect(kraftGap(Uint8Array.of(1, 2))).toBe(0.25);
  expect(kraftGap(Uint8Array.of(1, 1, 1))).toBe(-0.5);
  expect(kraftGap(Uint8Array.of(0, 1))).toBe(0.5);
  expect(kraftGap(new Uint8Array(0))).toBe(1);
});

test("a code is read from its other end", () => {
  expect([reverseBits(0b1101, 4), reverseBits(1, 5), reverseBits(0b110, 3), reverseBits(7, 0)]).toEqual([
    0b1011, 0b10000, 0b011, 0,
  ]);
});
