import { mlx, unpackBits } from "../../kernel/stored-codes/mlx";
import { decodesByRows, headers, weightsOf } from "./weights";

test.each(["mlx-3-bit-g32", "mlx-5-bit-g128", "mlx-per-layer", "mlx-experts", "mlx-nvfp4-global", "mlx-mxfp8"])(
  "%s decodes by rows as at once",
  async (name) => {
    const weights = await weightsOf(mlx, name);
    expect(weights.length).toBeGreaterThan(0);
    for (const weight of weights) expect(await decodesByRows(weight)).toBe(true);
  },
);

test("codes are a stream of bits, least significant first, without padding", () => {
  const codes = new Float32Array(8);
  unpackBits(Uint8Array.of(209, 88, 31), 3, codes); // Σ code·8^i = 209 + 88·256 + 31·65536
  expect([...codes]).toEqual([1, 2, 3, 4, 5, 6, 7, 0]);
  const bytes = new Float32Array(2);
  unpackBits(Uint8Array.of(7, 255), 8, bytes);
  expect([...bytes]).toEqual([7, 255]);
});

test("words without scales, and words that are no weights, are left alone", () => {
  expect(mlx.find(headers({ "a.weight": ["U32", 4, 8] }))).toEqual([]);
  expect(
    mlx.find(headers({ "a.weight": ["I32", 4, 8], "a.scales": ["F16", 4, 1], "a.biases": ["F16", 4, 1] })),
  ).toEqual([]);
});

test("a global scale is one, or one a matrix", () => {
  const file = (...global: number[]) =>
    headers({ "a.weight": ["U32", 2, 4, 4], "a.scales": ["U8", 2, 4, 2], "a.global_scale": ["F32", ...global] });
  expect(mlx.find(file(2))).toMatchObject([{ shape: [2, 4, 32], scheme: "MLX nvfp4" }]);
  expect(mlx.find(file())).toHaveLength(1);
  expect(() => mlx.find(file(3))).toThrow('"a.global_scale" has 3 elements');
});
