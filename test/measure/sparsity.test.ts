import { countZeros, sparsity } from "../../kernel/measure/sparsity";

const f32 = (...values: number[]) => Float32Array.from(values);

describe("sparsity", () => {
  test("−0 is zero, the smallest denormal is not", () => {
    expect(countZeros(f32(0, -0, 2 ** -149, 1))).toBe(2);
    expect(sparsity(f32(0, -0, 2 ** -149, 1))).toBe(0.5);
    expect(sparsity([])).toBe(0);
  });
});
