import * as fc from "fast-check";
import {
  findThreshold,
  magnitude,
  magnitudeHistogram,
  pruneAtThreshold,
  pruneCount,
  selectThreshold,
} from "../../kernel/prune/magnitude";
import { prune, prunerLabel } from "../../kernel/prune/prune";
import { breakEvenDensity, sparseBits } from "../../kernel/prune/sparse/storage";
import { generateWeights, readFixture, shaOf } from "../quantize/generator";

const { round } = Math;
const tied = (count: number, seed: number) => {
  const weights = generateWeights(count, seed);
  for (let i = 0; i < count; i++) {
    const x = weights[i] * 256;
    const nearest = round(x); // halves up; ties to even below
    weights[i] = (nearest - x === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest) / 256;
  }
  return weights;
};

describe("magnitude, by hand", () => {
  test("the two smallest of four", () => {
    const { values, mask, sparsity, kept, pruned } = prune([3, -1, 2, -4], magnitude({ sparsity: 0.5 }));
    expect([...values]).toEqual([3, 0, 0, -4]);
    expect([...mask]).toEqual([1, 0, 0, 1]);
    expect([sparsity, kept, pruned]).toEqual([0.5, 2, 2]);
  });

  test("ties: the lowest index goes first; zeros are the least", () => {
    expect([...prune([1, -1, 1, -1], magnitude({ sparsity: 0.5 })).mask]).toEqual([0, 0, 1, 1]);
    const zeros = prune([1, 0, -0, 2, 0], magnitude({ sparsity: 0.4 }));
    expect([...zeros.mask]).toEqual([1, 0, 0, 1, 1]);
    expect(zeros.sparsity).toBe(0.6);
    expect(Object.is(zeros.values[2], 0)).toBe(true);
  });

  test("row scope prunes the same number in every row", () => {
    const weights = [
      [1, 2, 3, 4],
      [40, 30, 20, 10],
    ];
    expect([...prune(weights, magnitude({ sparsity: 0.5, scope: "row" })).mask]).toEqual([0, 0, 1, 1, 1, 1, 0, 0]);
    expect([...prune(weights, magnitude({ sparsity: 0.5 })).mask]).toEqual([0, 0, 0, 0, 1, 1, 1, 1]);
  });

  test("a half rounds up", () => {
    expect([pruneCount(0.5, 3), pruneCount(0.25, 2), pruneCount(0.1, 4)]).toEqual([2, 1, 0]);
  });

  test("storage: bitmask, positions when few are left, dense when none went", () => {
    const weights = generateWeights(1024, 1);
    const half = prune(weights, magnitude({ sparsity: 0.5 }), { shape: [8, 128] });
    expect(half.storage).toEqual({ scheme: "bitmask", indexBits: 1024, storedWeights: 512 });
    expect(half.bits).toBe(1024 + 512 * 32);
    const few = prune(weights, magnitude({ sparsity: 0.99 }), { shape: [8, 128] });
    // 10 kept: 7 bits of column each, 9 row starts of ⌈log2 1025⌉ = 11 bits
    expect(few.storage).toEqual({ scheme: "positions", indexBits: 10 * 7 + 9 * 11, storedWeights: 10 });
    expect(prune(weights, magnitude({ sparsity: 0 })).bits).toBe(1024 * 32);
    expect(breakEvenDensity(4)).toBe(0.75);
    const storage = { scheme: "bitmask", indexBits: 1000, storedWeights: 750 } as const;
    expect(sparseBits(storage, 1000, 4)).toBe(4000);
  });
});

describe("magnitude against numpy", () => {
  const fixture = readFixture<{
    layers: { rows: number; columns: number; seed: number; sparsity: number; layer: string; row: string }[];
    global: { sparsity: number; mask: string }[];
  }>("prune", "magnitude.json");

  test("layer and row scope", () => {
    for (const c of fixture.layers) {
      const weights = tied(c.rows * c.columns, c.seed);
      const options = { shape: [c.rows, c.columns] };
      const run = (scope: "layer" | "row") =>
        shaOf(new Int32Array(prune(weights, magnitude({ sparsity: c.sparsity, scope }), options).mask));
      expect({ ...c, layer: run("layer"), row: run("row") }).toEqual(c);
    }
  });

  test("global scope: one threshold over three layers, ties handed on in order", () => {
    const layers = [tied(1000, 51), tied(70_000, 52), tied(77, 53)];
    for (const c of fixture.global) {
      const count = pruneCount(c.sparsity, 71_077);
      const { value, ties } = findThreshold(layers, count);
      const masks = new Int32Array(71_077);
      let left = ties;
      let at = 0;
      let pruned = 0;
      for (const weights of layers) {
        const part = pruneAtThreshold(weights, value, left);
        masks.set(part.mask, at);
        at += weights.length;
        left -= part.tiesPruned;
        pruned += part.pruned;
      }
      expect(pruned).toBe(count);
      expect(shaOf(masks)).toBe(c.mask);
    }
  });
});

test("properties: exact counts, no pruned weight above a kept one, input untouched", () => {
  const value = fc.oneof(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 1, -1, 2 ** -149));
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 1, maxLength: 50 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (list, sparsity) => {
        const weights = Float32Array.from(list);
        const before = weights.slice();
        const { mask, pruned } = prune(weights, magnitude({ sparsity }));
        expect(pruned).toBe(Math.round(sparsity * list.length));
        const sizes = (kept: number) => [...weights].filter((_, i) => mask[i] === kept).map(Math.abs);
        expect(Math.max(-1, ...sizes(0))).toBeLessThanOrEqual(Math.min(Infinity, ...sizes(1)));
        expect(weights).toEqual(before);
        const threshold = findThreshold([weights], pruned);
        const streamed = selectThreshold(magnitudeHistogram(weights), pruned, (prefix) =>
          magnitudeHistogram(weights, prefix),
        );
        expect(streamed).toEqual(threshold);
        expect(pruneAtThreshold(weights, threshold.value, threshold.ties).mask).toEqual(mask);
      },
    ),
  );
});

test("a large tensor goes by counting, and gives the same as sorting", () => {
  const weights = tied(70_000, 9);
  const { mask } = prune(weights, magnitude({ sparsity: 0.5 }));
  const order = Array.from(weights, (w, i) => [Math.abs(w), i]).sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const expected = new Uint8Array(70_000).fill(1);
  for (const [, i] of order.slice(0, 35_000)) expected[i] = 0;
  expect(Buffer.compare(mask, expected)).toBe(0);
});

test("options, labels, refusals", () => {
  expect(JSON.stringify(magnitude({ sparsity: 0.5 }))).toBe('{"kind":"magnitude","sparsity":0.5,"scope":"layer"}');
  expect(prunerLabel(magnitude({ sparsity: 0.333, scope: "global" }))).toBe("magnitude 33.3 % global");
  expect(() => magnitude({ sparsity: 0.5, scop: "row" } as never)).toThrow('did you mean "scope"?');
  expect(() => magnitude({ sparsity: 0.5, scope: "rows" } as never)).toThrow("magnitude(): scope is");
  expect(() => magnitude({ sparsity: 2 })).toThrow("magnitude(): sparsity is 2");
  expect(() => magnitude({ sparsity: 50 })).toThrow("sparsity is 50; it takes a number from 0 to 1");
  expect(() => prune([1, NaN], magnitude({ sparsity: 0.5 }), { name: "q" })).toThrow("q: weight 1 is NaN");
  expect(() => prune([1], { kind: "magnitud" })).toThrow('did you mean "magnitude"?');
  expect(prune([], magnitude({ sparsity: 0.5 })).sparsity).toBe(0);
});
