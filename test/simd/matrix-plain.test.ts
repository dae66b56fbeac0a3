import { productPlainly, rotateRowsPlainly, type MatrixView } from "../../kernel/simd/matrix-plain";

const view = (values: number[], rows: number, columns: number): MatrixView => ({
  values: Float64Array.from(values),
  rows,
  columns,
  rowStep: columns,
  columnStep: 1,
});

test("by hand: (1, 2, 3)·(4; 5; 6), and rows by columns", () => {
  expect([...productPlainly(view([1, 2, 3], 1, 3), view([4, 5, 6], 3, 1), new Float64Array(1))]).toEqual([32]);
  expect([...productPlainly(view([4, 5], 2, 1), view([1, 2, 3], 1, 3), new Float64Array(6))]).toEqual([
    4, 8, 12, 5, 10, 15,
  ]);
});

test("entries left of the diagonal are left alone where the upper half is asked for", () => {
  const all = new Float64Array(4).fill(-1);
  productPlainly(view([1, 2], 2, 1), view([3, 4], 1, 2), all, true);
  expect([...all]).toEqual([3, 4, -1, 8]);
});

test("a sum runs from zero in order of the inner dimension", () => {
  // (1e16 + 1) + −1e16 loses the 1; −1e16 + 1e16 first would keep it.
  expect(productPlainly(view([1e16, 1, -1e16], 1, 3), view([1, 1, 1], 3, 1), new Float64Array(1))[0]).toBe(0);
  expect(productPlainly(view([1e16, -1e16, 1], 1, 3), view([1, 1, 1], 3, 1), new Float64Array(1))[0]).toBe(1);
});

test("by hand: a chain turns rows from the last to the first, and no others", () => {
  const z = Float64Array.of(1, 2, 3, 4);
  // Rows 2 and 3 by a quarter turn: 3, 4 to −4, 3; then rows 1 and 2: 2, −4 to 4, 2.
  rotateRowsPlainly(z, 1, [{ first: 1, last: 3, angles: Float64Array.of(9, 9, 1, 0, 1, 0) }]);
  expect([...z]).toEqual([1, 4, 2, 3]);
});
