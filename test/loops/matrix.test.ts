import { fastMatrix, matrixView, plainMatrix, transposed } from "../../kernel/loops/matrix";

const two = (...values: number[]) => matrixView(Float64Array.from(values), 2, 2);
const columns = matrixView(Float32Array.of(1, 2, 3, 4, 5, 6), 3, 2);

describe.each([
  ["plain", plainMatrix],
  ["fast", fastMatrix],
])("%s", (_, loops) => {
  test("by hand: (1, 2; 3, 4)·(5, 6; 7, 8), and its upper half alone", () => {
    const out = new Float64Array(4);
    expect(loops.product(two(1, 2, 3, 4), two(5, 6, 7, 8), out)).toBe(out);
    expect([...out]).toEqual([19, 22, 43, 50]);
    expect([...loops.product(two(1, 2, 3, 4), two(5, 6, 7, 8), new Float64Array(4).fill(-1), true)]).toEqual([
      19, 22, -1, 50,
    ]);
  });

  test("a view turned over, and results rounded to float32", () => {
    expect([...loops.product(transposed(columns), columns, new Float64Array(4))]).toEqual([35, 44, 44, 56]);
    expect([...loops.product(columns, transposed(columns), new Float64Array(9))]).toEqual([
      5, 11, 17, 11, 25, 39, 17, 39, 61,
    ]);
    const third = loops.product(two(1, 0, 0, 1), two(1 / 3, 0, 0, 1), new Float32Array(4));
    expect(third[0]).toBe(Math.fround(1 / 3));
  });

  test("a sum runs from zero in order of the inner dimension", () => {
    const ones = matrixView(Float64Array.of(1, 1, 1), 3, 1);
    const sum = (...values: number[]) =>
      loops.product(matrixView(Float64Array.from(values), 1, 3), ones, new Float64Array(1))[0];
    // (1e16 + 1) + −1e16 loses the 1; −1e16 + 1e16 first would keep it.
    expect([sum(1e16, 1, -1e16), sum(1e16, -1e16, 1)]).toEqual([0, 1]);
  });

  test("AᵀA is symmetric", () => {
    expect([...loops.gram(columns)]).toEqual([35, 44, 44, 56]);
  });

  test("rotations run from the last to the first: row i by cosine and −sine, row i + 1 by sine and cosine", () => {
    const z = Float64Array.of(1, 10, 2, 20, 3, 30);
    // Rows 1 and 2 by a quarter turn: (−row 2, row 1); then rows 0 and 1 by (0.6, 0.8).
    const angles = Float64Array.of(0.6, 0.8, 1, 0);
    loops.rotateRows(z, 3, 2, [{ first: 0, last: 2, angles }]);
    const expected = [0.8 * 1 - 0.6 * -3, 0.8 * 10 - 0.6 * -30, 0.6 * 1 + 0.8 * -3, 0.6 * 10 + 0.8 * -30, 2, 20];
    z.forEach((value, i) => expect(value).toBeCloseTo(expected[i], 12));
  });
});
