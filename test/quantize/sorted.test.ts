import * as fc from "fast-check";
import { optimalCuts } from "../../kernel/quantize/cuts/optimal-codebook";
import { dequantize, quantize, quantizerLabel } from "../../kernel/quantize/quantize";
import { sorted, type SortedOptions } from "../../kernel/quantize/sorted";
import { generateWeights, readFixture, shaOf } from "./generator";

describe("sorted, by hand", () => {
  test("four equally filled bins, each its mean", () => {
    const { codes, codebook, values, bits } = quantize([8, 1, 4, 2, 100, 5, 3, 7], sorted({ bits: 2 }));
    expect([...(codebook ?? [])]).toEqual([1.5, 3.5, 6, 54]);
    expect([...codes]).toEqual([3, 0, 1, 0, 3, 2, 1, 2]);
    expect([...values]).toEqual([54, 1.5, 3.5, 1.5, 54, 6, 3.5, 6]);
    expect(bits).toBe(8 * 2 + 4 * 32);
  });

  test("equal weights share a bin, and the codebook shrinks", () => {
    // the cut at 3 falls in the run of zeros (1…4) and moves to its nearer end, 5
    const { codebook, codes } = quantize([-1, 0, 0, 0, 0, 2], sorted({ bits: 1 }));
    expect([...(codebook ?? [])]).toEqual([-1, 0.4000000059604645]);
    expect([...codes]).toEqual([0, 1, 1, 1, 1, 1]);
  });

  test("no more distinct weights than levels: nothing is lost", () => {
    for (const refine of ["none", "lloyd", "optimal"] as const) {
      const { values, codebook, error } = quantize([3, 3, -0, 0, 0, 9, 3, 3, 3, 3], sorted({ bits: 2, refine }));
      expect([...values]).toEqual([3, 3, 0, 0, 0, 9, 3, 3, 3, 3]);
      expect([...(codebook ?? [])]).toEqual([0, 3, 9]);
      expect(error.sqnrDb).toBeNull();
    }
  });

  test("lloyd moves the cut to the gap, optimal finds the best one", () => {
    const weights = [0, 1, 2, 3, 100, 101];
    expect([...quantize(weights, sorted({ bits: 1 })).codes]).toEqual([0, 0, 0, 1, 1, 1]);
    const lloyd = quantize(weights, sorted({ bits: 1, refine: "lloyd" }));
    expect([...lloyd.codes]).toEqual([0, 0, 0, 0, 1, 1]);
    expect([...(lloyd.codebook ?? [])]).toEqual([1.5, 100.5]);
    expect(quantize(weights, sorted({ bits: 1, refine: "optimal" })).codes).toEqual(lloyd.codes);
  });

  test("one codebook per channel, short rows of values padded", () => {
    const rows = [
      [1, 1, 1, 1],
      [1, 2, 3, 4],
    ];
    const { codebook, values, quantized, bits } = quantize(rows, sorted({ bits: 1, per: "channel" }));
    expect([...(codebook ?? [])]).toEqual([1, 1, 1.5, 3.5]);
    expect(quantized.tables[0].shape).toEqual([2, 2]);
    expect([...values]).toEqual([1, 1, 1, 1, 1.5, 1.5, 3.5, 3.5]);
    expect(bits).toBe(8 + 4 * 16);
    expect(dequantize(quantized)).toEqual(values);
  });

  test("no weight, one weight", () => {
    expect(quantize([], sorted({ bits: 4 })).values.length).toBe(0);
    expect([...quantize([5], sorted({ bits: 4, refine: "optimal" })).values]).toEqual([5]);
  });
});

test("sorted and lloyd against numpy", () => {
  const cases = readFixture<{
    sorted: {
      count: number;
      seed: number;
      bits: number;
      codesSha: string;
      book: number[];
      lloydSha: string;
      lloydBook: number[];
    }[];
  }>("quantize", "codebooks.json").sorted;
  for (const c of cases) {
    const weights = generateWeights(c.count, c.seed);
    const plain = quantize(weights, sorted({ bits: c.bits }));
    expect([...(plain.codebook ?? [])]).toEqual(c.book);
    expect(shaOf(Int32Array.from(plain.codes))).toBe(c.codesSha);
    const lloyd = quantize(weights, sorted({ bits: c.bits, refine: "lloyd", iterations: 7 }));
    expect([...(lloyd.codebook ?? [])]).toEqual(c.lloydBook);
    expect(shaOf(Int32Array.from(lloyd.codes))).toBe(c.lloydSha);
  }
});

test("optimal against the plain recurrence in numpy", () => {
  const weights = generateWeights(300, 31);
  weights.fill(weights[100], 100, 160);
  const cases = readFixture<{ optimal: { bits: number; meanSquaredError: number }[] }>(
    "quantize",
    "codebooks.json",
  ).optimal;
  for (const { bits, meanSquaredError } of cases) {
    const { error } = quantize(weights, sorted({ bits, refine: "optimal" }));
    expect(error.meanSquaredError / meanSquaredError).toBeCloseTo(1, 5);
  }
});

test("optimal cuts against every possible cut", () => {
  const cost = (part: number[]) => {
    const mean = part.reduce((a, b) => a + b, 0) / part.length;
    return part.reduce((a, b) => a + (b - mean) ** 2, 0);
  };
  const best = (values: number[], k: number): number => {
    if (k === 1) return cost(values);
    let least = Infinity;
    for (let i = 1; i <= values.length - k + 1; i++)
      least = Math.min(least, cost(values.slice(0, i)) + best(values.slice(i), k - 1));
    return least;
  };
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 4, maxLength: 10 }),
      fc.integer({ min: 1, max: 4 }),
      (list, k) => {
        const values = list.sort((a, b) => a - b);
        const cuts = optimalCuts(Float64Array.from(values), new Uint32Array(values.length).fill(1), k);
        const total = cuts.reduce((sum, cut, b) => sum + cost(values.slice(cut, cuts[b + 1])), 0);
        expect(total).toBeCloseTo(best(values, k), 6);
      },
    ),
  );
});

test("properties: lloyd never loses to the plain cut, optimal never to lloyd; the input stays", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, min: -100, max: 100 }), { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 4 }),
      (list, bits) => {
        const weights = Float32Array.from(list);
        const before = weights.slice();
        const [none, lloyd, optimal] = (["none", "lloyd", "optimal"] as const).map(
          (refine) => quantize(weights, sorted({ bits, refine })).error.meanSquaredError,
        );
        expect(lloyd).toBeLessThanOrEqual(none * 1.00001 + 1e-12);
        expect(optimal).toBeLessThanOrEqual(lloyd * 1.00001 + 1e-12);
        expect(weights).toEqual(before);
      },
    ),
  );
});

test("bins of distinct weights differ by one weight at most", () => {
  const { codes } = quantize(
    Float32Array.from({ length: 1003 }, (_, i) => (i * 7919) % 1003),
    sorted({ bits: 3 }),
  );
  const filled = new Array<number>(8).fill(0);
  for (const code of codes) filled[code]++;
  expect(Math.max(...filled) - Math.min(...filled)).toBeLessThanOrEqual(1);
});

test("options, labels, refusals", () => {
  expect(JSON.stringify(sorted({ bits: 4 }))).toBe(
    '{"kind":"sorted","bits":4,"per":"tensor","refine":"none","valueDtype":"F32"}',
  );
  expect(sorted({ bits: 4, refine: "lloyd" }).iterations).toBe(100);
  expect(quantizerLabel(sorted({ bits: 4, refine: "lloyd" }))).toBe("sorted 4-bit lloyd");
  expect(() => sorted({ bits: 16 })).toThrow("from 1 to 8");
  expect(() => sorted({ bits: 4, iterations: 3 })).toThrow("iterations goes with");
  expect(() => sorted({ bits: 4, refine: "loyd" } as unknown as SortedOptions)).toThrow('did you mean "lloyd"?');
  expect(() => quantize([1, Infinity], sorted({ bits: 4 }))).toThrow("weight 1 is Infinity");
  expect(() => quantize([1, 2, 3], sorted({ bits: 4 }), { shape: [2, 2] })).toThrow("shape (2, 2)");
  // Values beyond float16 are float32.
  expect(quantize([1e6, 2], sorted({ bits: 1, valueDtype: "F16" }))).toMatchObject({
    bits: 2 + 64,
    error: { sqnrDb: null },
  });
  const many = Float32Array.from({ length: 300_000 }, (_, i) => i);
  expect(() => quantize(many, sorted({ bits: 8, refine: "optimal" }), { name: "embeddings" })).toThrow(
    /embeddings.*lloyd/,
  );
});
