import { Random } from "../../kernel/bytes/random";
import { gram, matrixView, product, rotateRows, transposed, type RotationChain } from "../../kernel/simd/matrix";
import { productPlainly, rotateRowsPlainly } from "../../kernel/simd/matrix-plain";

const random = new Random(20261125);
const filled = <T extends Float32Array | Float64Array>(values: T, scale = 1): T => {
  for (let i = 0; i < values.length; i++) values[i] = scale * random.normal();
  return values;
};
const bytes = (values: Float32Array | Float64Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength);

// m, inner, n: of nothing, of one, not of four, of blocks and a little more.
const sizes: [number, number, number][] = [
  [0, 3, 2],
  [2, 0, 3],
  [1, 1, 1],
  [3, 7, 5],
  [4, 4, 4],
  [13, 259, 17],
  [131, 30, 9],
  [5, 12, 517],
  [129, 257, 513],
];

test.each(sizes)(
  "a product (%i, %i)·(%i): equal bits to the plain loops, turned or not, float32 or float64",
  (m, k, n) => {
    const a = filled(new Float32Array(m * k));
    const b = filled(new Float64Array(k * n), 1e-3);
    const views = [
      [matrixView(a, m, k), matrixView(b, k, n)],
      [transposed(matrixView(a, k, m)), matrixView(b, k, n)],
      [matrixView(a, m, k), transposed(matrixView(b, n, k))],
    ];
    for (const [left, right] of views) {
      const wide = product(left, right, new Float64Array(m * n));
      expect(bytes(wide).equals(bytes(productPlainly(left, right, new Float64Array(m * n))))).toBe(true);
      const narrow = product(left, right, new Float32Array(m * n));
      expect(bytes(narrow).equals(bytes(productPlainly(left, right, new Float32Array(m * n))))).toBe(true);
    }
  },
);

test("by hand: (1, 2; 3, 4)·(5, 6; 7, 8)", () => {
  const view = (...values: number[]) => matrixView(Float64Array.from(values), 2, 2);
  expect([...product(view(1, 2, 3, 4), view(5, 6, 7, 8), new Float64Array(4))]).toEqual([19, 22, 43, 50]);
});

test("what a block held before does not show: NaN in one product, none in the next", () => {
  const odd = new Float32Array(128 * 256).fill(NaN);
  product(matrixView(odd, 128, 256), transposed(matrixView(odd, 128, 256)), new Float64Array(128 * 128));
  const one = matrixView(Float32Array.of(1, 2, 3), 3, 1);
  expect([...gram(one)]).toEqual([14]);
  expect([...gram(transposed(one))]).toEqual([1, 2, 3, 2, 4, 6, 3, 6, 9]);
});

test.each([
  [1, 1],
  [7, 3],
  [300, 130],
  [40, 521],
])("gram of (%i, %i): the upper half by plain loops, the lower its mirror", (rows, columns) => {
  const matrix = matrixView(filled(new Float32Array(rows * columns)), rows, columns);
  const plain = productPlainly(transposed(matrix), matrix, new Float64Array(columns * columns), true);
  for (let i = 0; i < columns; i++) for (let j = 0; j < i; j++) plain[i * columns + j] = plain[j * columns + i];
  expect(bytes(gram(matrix)).equals(bytes(plain))).toBe(true);
});

test.each([
  [2, 1],
  [5, 8],
  [50, 37],
])("chains of rotations on %i rows of %i: equal bits to the plain loops", (rows, columns) => {
  const chains = Array.from({ length: 9 }, (): RotationChain => {
    const first = Math.floor(random.uniform() * (rows - 1));
    const last = first + Math.floor(random.uniform() * (rows - first));
    const angles = new Float64Array(2 * last);
    for (let i = first; i < last; i++) [angles[2 * i], angles[2 * i + 1]] = [Math.sin(i + 1), Math.cos(i + 1)];
    return { first, last, angles };
  });
  const z = filled(new Float64Array(rows * columns));
  const plain = z.slice();
  rotateRows(z, rows, columns, chains);
  rotateRowsPlainly(plain, columns, chains);
  expect(bytes(z).equals(bytes(plain))).toBe(true);
});
