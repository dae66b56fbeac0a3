import { OptionError } from "../../kernel/errors";
import { fromArrays } from "../../kernel/formats/arrays";
import { huffman } from "../../kernel/encode/huffman";
import { singularValues } from "../../kernel/prune/decomposition/svd";
import { lowRank, rankOfEnergy } from "../../kernel/prune/low-rank";
import { prune, prunerLabel } from "../../kernel/prune/prune";
import { symmetricEigen } from "../../kernel/prune/decomposition/eigen";
import { linear } from "../../kernel/quantize/linear";
import { compress } from "../../kernel/recipe/compress";
import { generateWeights, readFixture } from "../quantize/generator";

interface Case {
  readonly kind: "plain" | "graded" | "deficient" | "zero";
  readonly rows: number;
  readonly columns: number;
  readonly seed: number;
  readonly singular: readonly number[];
  readonly errors: readonly number[];
}
const cases = readFixture<readonly Case[]>("prune", "svd.json");

function weightsOf({ kind, rows, columns, seed }: Case): Float32Array {
  const weights = kind === "zero" ? new Float32Array(rows * columns) : generateWeights(rows * columns, seed);
  if (kind === "graded") return weights.map((w, i) => w * 2 ** -Math.floor((i % columns) / 4));
  if (kind === "deficient")
    return weights.map((_, i) => weights[Math.floor(i / columns) * columns + ((i % columns) % 6)]);
  return weights;
}

const squares = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
const energyOf = (weights: Float32Array) => squares(weights, new Float32Array(weights.length));

describe.each(cases)("singular values: $kind ($rows, $columns)", (one) => {
  const weights = weightsOf(one);
  const shape = [one.rows, one.columns];

  test("are numpy's within 1e-6", () => {
    const values = singularValues(weights, { shape });
    expect(values).toHaveLength(one.singular.length);
    const largest = one.singular[0];
    values.forEach((value, i) => {
      const wanted = one.singular[i];
      if (wanted > 1e-6 * largest) expect(Math.abs(value - wanted)).toBeLessThanOrEqual(1e-6 * wanted);
      else expect(value).toBeLessThanOrEqual(1e-6 * largest);
    });
  });

  test("the error of each rank is the energy of the tail, and numpy's", () => {
    one.errors.forEach((error, i) => {
      const rank = i + 1;
      const result = prune(weights, lowRank({ rank, dtype: "F32" }), { shape });
      const gains = rank * (one.rows + one.columns) < one.rows * one.columns;
      expect(result.factors?.rank).toBe(gains ? rank : undefined);
      if (!gains) return expect(result.values).toEqual(weights);
      // Factors and product are rounded to float32: 2^-22 of the energy at most.
      const slack = 2 ** -44 * energyOf(weights) * 16 + 1e-6 * error;
      expect(Math.abs(squares(weights, result.values) - error)).toBeLessThanOrEqual(slack);
      expect(result.bits).toBe(32 * rank * (one.rows + one.columns));
    });
  });
});

test("eigenvectors are orthonormal and give the matrix back; the largest entry of each is positive", () => {
  const n = 40;
  const half = generateWeights(n * n, 5);
  const matrix = Float64Array.from(half, (_, i) => half[i] + half[(i % n) * n + Math.floor(i / n)]);
  const { values, vectors = new Float64Array(0) } = symmetricEigen(matrix.slice(), n, true);
  const row = (i: number) => Array.from(vectors.subarray(i * n, (i + 1) * n));
  for (let i = 0; i < n; i++) {
    expect(row(i).reduce((best, v) => (Math.abs(v) > Math.abs(best) ? v : best), 0)).toBeGreaterThan(0);
    for (let j = 0; j < n; j++) {
      const dot = row(i).reduce((sum, v, k) => sum + v * row(j)[k], 0);
      expect(dot).toBeCloseTo(i === j ? 1 : 0, 12);
      const back = row(0).reduce((sum, _, k) => sum + values[k] * vectors[k * n + i] * vectors[k * n + j], 0);
      expect(back).toBeCloseTo(matrix[i * n + j], 12);
    }
  }
});

describe("lowRank", () => {
  test("worked by hand: diag(3, 2, 1, 0) by rank, energy and bytes", () => {
    const weights = new Float32Array(16);
    [3, 2, 1].forEach((value, i) => (weights[5 * i] = value));
    const options = { shape: [4, 4] };
    const one = prune(weights, lowRank({ rank: 1, dtype: "F32" }), options);
    expect(one.values[0]).toBeCloseTo(3, 6);
    expect(one.values[5]).toBe(0);
    expect(one.bits).toBe(32 * 8);
    // Energies 9, 4, 1 of 14: 9/14 = 0.643, 13/14 = 0.929.
    expect(rankOfEnergy(Float64Array.of(3, 2, 1, 0), 0.64)).toBe(1);
    expect(rankOfEnergy(Float64Array.of(3, 2, 1, 0), 0.65)).toBe(2);
    expect(rankOfEnergy(Float64Array.of(3, 2, 1, 0), 1)).toBe(3);
    expect(prune(weights, lowRank({ energy: 0.64 }), options).factors?.rank).toBe(1);
    expect(prune(weights, lowRank({ bytes: 31 }), options).factors?.rank).toBe(1);
    expect(prune(weights, lowRank({ energy: 1 }), options).factors).toBeUndefined();
    expect(() => prune(weights, lowRank({ bytes: 15 }), options)).toThrow("one takes 16 bytes at (4, 4)");
    expect(prune(new Float32Array(16), lowRank({ energy: 0.9 }), options).factors?.rank).toBe(0);
  });

  test("float16 factors hold float16 numbers, and cost little", () => {
    const weights = generateWeights(64 * 48, 9);
    const half = prune(weights, lowRank({ rank: 10 }), { shape: [64, 48] });
    const full = prune(weights, lowRank({ rank: 10, dtype: "F32" }), { shape: [64, 48] });
    const kept = energyOf(full.values);
    expect(half.bits).toBe(full.bits / 2);
    expect(squares(weights, half.values) - squares(weights, full.values)).toBeLessThan(2 ** -20 * kept);
  });

  test.each([1e12, 1e-12])("factors of %p, which float16 does not hold, are float32 and count as such", (size) => {
    const weights = [
      [size, 0, 0],
      [0, size / 1e6, 0],
      [0, 0, size / 1e6],
    ];
    const half = prune(weights, lowRank({ rank: 1 }));
    expect(half.bits).toBe(prune(weights, lowRank({ rank: 1, dtype: "F32" })).bits);
    expect(half.values[0]).toBeCloseTo(Math.fround(size), -6);
    expect(half.values[0] / size).toBeCloseTo(1, 6);
  });

  test("compress() keeps the factors, counts their bytes and gives the same values; a coder codes them", async () => {
    const weights = generateWeights(80 * 60, 10);
    const model = fromArrays({ "fc.weight": { shape: [80, 60], values: weights } });
    const step = lowRank({ rank: 8 });
    const alone = prune(weights, step, { shape: [80, 60] });
    for (const recipe of [[step], [step, huffman()]]) {
      const small = await compress(model, recipe, { workers: 1 });
      expect(await small.tensor("fc.weight").read()).toEqual(alone.values);
      if (recipe.length === 1) {
        // Two bytes a value, and a short header.
        expect(small.tensor("fc.weight").sizeBytes).toBeGreaterThanOrEqual(2 * 8 * 140);
        expect(small.tensor("fc.weight").sizeBytes).toBeLessThan(2 * 8 * 140 + 60);
      }
      expect(small.report.layers[0].variants[0]?.meanSquaredError).toBeCloseTo(alone.error.meanSquaredError, 14);
    }
    const chained = await compress(model, [step, linear({ bits: 8 })], { workers: 1 });
    expect(chained.report.layers[0].variants[0]?.steps).toHaveLength(2);
    expect(chained.tensor("fc.weight").sizeBytes).toBeGreaterThan(80 * 60);
  });

  test("refusals and labels", () => {
    expect(() => lowRank({})).toThrow("one of rank");
    expect(() => lowRank({ rank: 1, energy: 0.5 })).toThrow("one of rank");
    expect(() => lowRank({ rank: 0 })).toThrow("rank is 0");
    expect(() => lowRank({ energy: 1.1 })).toThrow("energy is 1.1");
    expect(() => lowRank({ ranks: 1 } as object)).toThrow('did you mean "rank"');
    expect(() => prune([1, 2], lowRank({ rank: 1 }))).toThrow("it takes a matrix");
    expect(() => prune([], lowRank({ rank: 1 }))).toThrow(OptionError);
    for (const shape of [
      [0, 0],
      [0, 3],
      [3, 0],
    ])
      expect(prune([], lowRank({ bytes: 99 }), { shape })).toMatchObject({ bits: 0, kept: 0, shape });
    expect(() =>
      prune(
        [
          [1, NaN],
          [1, 2],
        ],
        lowRank({ rank: 1 }),
        { name: "fc" },
      ),
    ).toThrow("fc: weight 1 is NaN");
    expect(prunerLabel(lowRank({ rank: 64 }))).toBe("low rank 64");
    expect(prunerLabel(lowRank({ energy: 0.9, dtype: "F32" }))).toBe("low rank energy 90 % F32");
    expect(Object.isFrozen(lowRank({ rank: 1 }))).toBe(true);
    expect(singularValues(new Float32Array(0), { shape: [0, 3] })).toHaveLength(0);
  });
});
