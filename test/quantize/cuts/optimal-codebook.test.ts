import { execFileSync } from "node:child_process";
import * as fc from "fast-check";
import { Random } from "../../../kernel/bytes/random";
import { kMeans } from "../../../kernel/quantize/k-means";
import { quantize } from "../../../kernel/quantize/quantize";
import { placesLeft } from "../../../kernel/quantize/cuts/coarse-bounds";
import { cutWindows } from "../../../kernel/quantize/cuts/cut-windows";
import { intervalCost, intervalSums, sumsAt } from "../../../kernel/quantize/cuts/interval-cost";
import { optimalCuts } from "../../../kernel/quantize/cuts/optimal-codebook";
import { hasModules, itWith, referencePython } from "../../references";
import { generateWeights } from "../generator";
import { plainCuts } from "./plain-cuts";

/** Sorted distinct values with their numbers. */
function distinct(list: ArrayLike<number>): { values: Float64Array; multiplicity: Uint32Array } {
  const values: number[] = [];
  const multiplicity: number[] = [];
  for (const value of Float32Array.from(list).sort()) {
    if (value === values[values.length - 1]) multiplicity[values.length - 1]++;
    else {
      values.push(value);
      multiplicity.push(1);
    }
  }
  return { values: Float64Array.from(values), multiplicity: Uint32Array.from(multiplicity) };
}

const sign = (random: Random) => (random.uniform() < 0.5 ? 1 : -1);

/** Weights one by one, from the friendly to the hostile. */
const draws: Record<string, (random: Random, i: number) => number> = {
  gaussian: (random) => 0.02 * random.normal(),
  uniform: (random) => random.uniform(),
  "heavy tails": (random) => random.normal() / random.normal(),
  "heavier tails": (random) => Math.exp(4 * random.normal()) * sign(random),
  "few integers": (random) => random.below(700),
  "every integer": (_, i) => i,
  squares: (_, i) => i * i,
  "powers of two": (random) => 2 ** (random.below(250) - 125) * sign(random),
  clusters: (random) => 1000 * random.below(20) + random.normal(),
  "clusters like points": (random) => 1000 * random.below(20) + random.normal() / 1000,
  outliers: (random) => random.normal() * (random.uniform() < 0.001 ? 1e6 : 1),
  "outliers beyond float64": (random) => random.normal() * (random.uniform() < 0.001 ? 1e30 : 1),
  huge: (random) => 1e38 * Math.max(-3, Math.min(3, random.normal())),
  denormal: (random) => random.below(5000) * 2 ** -149,
  "half zero": (random) => (random.uniform() < 0.5 ? 0 : random.normal()),
  float16: (random) => Math.round(random.normal() * 1024) / 1024,
};

describe("optimal cuts", () => {
  test.each(Object.entries(draws))("%s: the cuts of the plain form", (_, draw) => {
    const random = new Random(Number(process.env.CODEBOOK_FUZZ_SEED ?? 5));
    for (let round = 0; round < 10; round++) {
      const count = Math.ceil(4 * 800 ** random.uniform());
      const { values, multiplicity } = distinct(Float32Array.from({ length: count }, (__, i) => draw(random, i)));
      if (round % 3 === 2) for (let i = 0; i < values.length; i++) multiplicity[i] += 1000 * random.uniform() ** 8;
      const k = Math.min(values.length, round % 2 === 0 ? 2 ** (1 + random.below(8)) : 2 + random.below(255));
      expect([count, k, optimalCuts(values, multiplicity, k)]).toEqual([count, k, plainCuts(values, multiplicity, k)]);
    }
  });

  test("20,000 weights: the cuts of the plain form, from a few places", () => {
    const { values, multiplicity } = distinct(generateWeights(20_000, 7));
    for (const k of [2, 16, 100]) {
      expect(optimalCuts(values, multiplicity, k)).toEqual(plainCuts(values, multiplicity, k));
      expect(cutWindows(intervalSums(values, multiplicity), k)?.places.length).toBeLessThan(20 * k);
    }
  });

  test.each(Object.keys(draws).filter((name) => !name.includes("float64")))(
    "%s: cells of any grid that are left out hold no optimal cut",
    (name) => {
      const random = new Random(Number(process.env.CODEBOOK_FUZZ_SEED ?? 6));
      let left = 0;
      for (let round = 0; round < 40; round++) {
        const list = Float32Array.from({ length: 40 + random.below(300) }, (_, i) => draws[name](random, i));
        const { values, multiplicity } = distinct(list);
        const n = values.length;
        const sums = intervalSums(values, multiplicity);
        const k = 2 + random.below(Math.min(24, n - 3));
        const cutsOf = (count: number) => plainCuts(values, multiplicity, count);
        const errorOf = (cuts: number[]) =>
          cuts.reduce((sum, cut, b) => sum + intervalCost(sums, cut, cuts[b + 1] ?? n), 0);
        const cuts = cutsOf(k);
        const some = new Set(Array.from({ length: 2 + random.below(150) }, () => 1 + random.below(n)));
        if (round % 2 === 0) for (const cut of cuts) if (random.uniform() < 0.7) some.add(cut);
        const grid = Int32Array.from(new Set([0, ...some, n])).sort();
        const fewer = cutsOf(1 + random.below(k - 1));
        const search = {
          grid,
          sums: sumsAt(sums, grid),
          penalty: ((errorOf(cutsOf(k - 1)) - errorOf(cutsOf(k + 1))) / 2) * (0.6 + 0.8 * random.uniform()),
          error: errorOf(cuts),
          fewer: { ends: Int32Array.from([...fewer, n]), error: errorOf(fewer) },
        };
        const places = placesLeft(sums, k, search, sums.second[n] * sums.weight[n] * 2 ** -50);
        const isThere = new Set(places ?? [...cuts, n]);
        expect([k, ...[...cuts, n].filter((cut) => !isThere.has(cut))]).toEqual([k]);
        left += (places?.length ?? n + 1) / (n + 1);
      }
      if (name === "gaussian") expect(left).toBeLessThan(39);
    },
  );

  test("against every possible cut, with multiplicities", () => {
    const cost = (values: number[], numbers: number[]) => {
      const weight = numbers.reduce((a, b) => a + b, 0);
      const mean = values.reduce((sum, value, i) => sum + numbers[i] * value, 0) / weight;
      return values.reduce((sum, value, i) => sum + numbers[i] * (value - mean) ** 2, 0);
    };
    const best = (values: number[], numbers: number[], k: number): number => {
      if (k === 1) return cost(values, numbers);
      let least = Infinity;
      for (let i = 1; i <= values.length - k + 1; i++)
        least = Math.min(
          least,
          cost(values.slice(0, i), numbers.slice(0, i)) + best(values.slice(i), numbers.slice(i), k - 1),
        );
      return least;
    };
    const pair = fc.tuple(fc.integer({ min: -40, max: 40 }), fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(
        fc.uniqueArray(pair, { minLength: 6, maxLength: 11, selector: ([value]) => value }),
        fc.integer({ min: 2, max: 5 }),
        (pairs, k) => {
          pairs.sort(([a], [b]) => a - b);
          const [values, numbers] = [pairs.map(([value]) => value), pairs.map(([, number]) => number)];
          const cuts = optimalCuts(Float64Array.from(values), Uint32Array.from(numbers), k);
          expect(cuts.length).toBe(k);
          const total = cuts.reduce((sum, cut, b) => {
            const end = cuts[b + 1] ?? values.length;
            return sum + cost(values.slice(cut, end), numbers.slice(cut, end));
          }, 0);
          expect(total).toBeCloseTo(best(values, numbers, k), 6);
        },
      ),
    );
  });

  test("constants, two values, signed zeros, one cluster, as many as values", () => {
    const cuts = (list: number[], k: number) => {
      const { values, multiplicity } = distinct(list);
      return optimalCuts(values, multiplicity, k);
    };
    expect(cuts([3, 3, 3], 1)).toEqual([0]);
    expect(cuts([5, -1, 5, 5], 2)).toEqual([0, 1]);
    expect(cuts([1, 2, 3, 4, 5], 5)).toEqual([0, 1, 2, 3, 4]);
    expect(cuts([1, 2, 3], 2)).toEqual([0, 1]); // 1 | 2 3 and 1 2 | 3 cost the same
    for (const weights of [[7, 7, 7, 7], [1, -1, 1, 1], [-0, 0, 0, -0, 2 ** -149], []])
      for (const bits of [1, 4, 8]) expect(quantize(weights, kMeans({ bits, exact: true })).error.maxAbsError).toBe(0);
  });
});

itWith(hasModules("kmeans1d"))("the squared error is that of kmeans1d", () => {
  const script = `
import json, sys, kmeans1d
print(json.dumps([[kmeans1d.cluster(w, k).centroids for k in ks] for w, ks in json.load(sys.stdin)]))`;
  const ks = [2, 5, 16, 64, 256];
  const random = new Random(11);
  const inputs = ["gaussian", "heavy tails", "few integers", "half zero"].map((name) =>
    Float32Array.from({ length: 3000 }, (_, i) => draws[name](random, i)),
  );
  const input = JSON.stringify(inputs.map((weights) => [[...weights], ks]));
  const books = JSON.parse(execFileSync(referencePython, ["-c", script], { input, encoding: "utf8" })) as number[][][];
  const errorOf = (weights: Float32Array, book: readonly number[]) =>
    weights.reduce((sum, w) => sum + Math.min(...book.map((value) => (w - value) ** 2)), 0);
  inputs.forEach((weights, i) => {
    const { values, multiplicity } = distinct(weights);
    const sorted = weights.slice().sort();
    ks.forEach((k, which) => {
      const starts = optimalCuts(values, multiplicity, k).map((cut) => sorted.indexOf(values[cut]));
      const book = starts.map((start, b) => {
        const part = sorted.subarray(start, starts[b + 1]);
        return part.reduce((sum, w) => sum + w, 0) / part.length;
      });
      expect(errorOf(weights, book) / errorOf(weights, books[i][which])).toBeCloseTo(1, 9);
    });
  });
});
