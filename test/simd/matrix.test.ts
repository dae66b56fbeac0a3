import { gram, matrixView, product, transposed } from "../../kernel/simd/matrix";

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
