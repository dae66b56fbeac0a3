import { NonFiniteError } from "../../../kernel/errors";
import { singularValues, spectrumOf } from "../../../kernel/prune/decomposition/svd";

const numbers = (values: Float64Array) => Array.from(values, (value) => Number(value.toFixed(9)));

describe("singularValues", () => {
  test("are those of a matrix by hand, on either side", () => {
    expect(
      numbers(
        singularValues([
          [3, 0],
          [0, -4],
          [0, 0],
        ]),
      ),
    ).toEqual([4, 3]);
    expect(
      numbers(
        singularValues([
          [3, 0, 0],
          [0, -4, 0],
        ]),
      ),
    ).toEqual([4, 3]);
    const [first, second] = singularValues([
      [1, 1],
      [1, 1],
    ]);
    expect(first).toBeCloseTo(2, 12);
    // Squared weights: under 10⁻⁷ of the largest only the size is right.
    expect(second).toBeLessThan(2e-7);
  });

  test("of a vector is its length, of zeros 0", () => {
    expect(numbers(singularValues([3, 4]))).toEqual([5]);
    expect(
      numbers(
        singularValues([
          [0, 0],
          [0, 0],
        ]),
      ),
    ).toEqual([0, 0]);
  });

  test("takes a kernel as the matrix (out, in·height·width)", () => {
    expect(numbers(singularValues(Float32Array.of(3, 0, 0, 4), { shape: [2, 1, 2] }))).toEqual([4, 3]);
  });

  test("refuses NaN by the layer's name", () => {
    expect(() => singularValues([[NaN, 1]], { name: "fc" })).toThrow(NonFiniteError);
  });
});

test("spectrumOf gives orthonormal vectors of the shorter side, which carry what the values say", () => {
  const weights = Float32Array.of(2, 1, 0, 1, 3, -1); // (2, 3)
  const { values, vectors } = spectrumOf(weights, 2, 3);
  expect(vectors.length).toBe(4);
  for (let i = 0; i < 2; i++) {
    // ‖uᵢᵀ·W‖ = σᵢ
    const projected = [0, 1, 2].map((j) => vectors[2 * i] * weights[j] + vectors[2 * i + 1] * weights[3 + j]);
    expect(Math.hypot(...projected)).toBeCloseTo(values[i], 9);
    expect(Math.hypot(vectors[2 * i], vectors[2 * i + 1])).toBeCloseTo(1, 12);
  }
  expect(values[0]).toBeGreaterThan(values[1]);
});
