import { symmetricEigen } from "../../../kernel/prune/decomposition/eigen";

const close = (values: Float64Array, expected: number[], digits = 10) => {
  expect(values.length).toBe(expected.length);
  expected.forEach((value, i) => expect(values[i]).toBeCloseTo(value, digits));
};

describe("symmetricEigen", () => {
  test("finds two values by hand, descending, with the vectors' largest entry positive", () => {
    const { values, vectors = new Float64Array(0) } = symmetricEigen(Float64Array.of(2, -1, -1, 2), 2, true);
    close(values, [3, 1]);
    const half = Math.SQRT1_2;
    close(vectors.map(Math.abs), [half, half, half, half]);
    expect(vectors[0] * vectors[1]).toBeCloseTo(-0.5);
    expect(vectors[2] * vectors[3]).toBeCloseTo(0.5);
    for (const row of [0, 1]) expect(Math.max(vectors[2 * row], vectors[2 * row + 1])).toBeGreaterThan(0);
  });

  test("takes one value, a diagonal and a matrix of zeros", () => {
    close(symmetricEigen(Float64Array.of(-7), 1, true).values, [-7]);
    close(symmetricEigen(Float64Array.of(1, 0, 0, 0, 5, 0, 0, 0, 3), 3, false).values, [5, 3, 1]);
    close(symmetricEigen(new Float64Array(16), 4, true).values, [0, 0, 0, 0]);
    expect(symmetricEigen(new Float64Array(0), 0, true).values.length).toBe(0);
  });

  test("gives no vectors that were not asked for", () => {
    expect(symmetricEigen(Float64Array.of(1), 1, false).vectors).toBeUndefined();
  });

  test("takes a matrix apart into orthonormal vectors that make it up again", () => {
    const n = 37;
    let seed = 9;
    const random = () => (seed = (seed * 16807) % 2147483647) / 2 ** 30 - 1;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random();
    const { values, vectors = new Float64Array(0) } = symmetricEigen(matrix.slice(), n, true);
    for (let i = 1; i < n; i++) expect(values[i]).toBeLessThanOrEqual(values[i - 1]);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        let dot = 0;
        let entry = 0;
        for (let k = 0; k < n; k++) {
          dot += vectors[i * n + k] * vectors[j * n + k];
          entry += values[k] * vectors[k * n + i] * vectors[k * n + j];
        }
        expect(Math.abs(dot - (i === j ? 1 : 0))).toBeLessThan(1e-12);
        expect(Math.abs(entry - matrix[i * n + j])).toBeLessThan(1e-12);
      }
  });

  test("knows the values of a chain of springs: 2 − 2cos(kπ / (n + 1))", () => {
    const n = 12;
    const matrix = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      matrix[i * n + i] = 2;
      if (i > 0) matrix[i * n + i - 1] = matrix[(i - 1) * n + i] = -1;
    }
    const expected = Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((n - k) * Math.PI) / (n + 1)));
    close(symmetricEigen(matrix, n, false).values, expected, 12);
  });
});
