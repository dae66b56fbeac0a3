import { fromArrays } from "../../kernel";
import { MaskedTensor } from "../../kernel/checkpoints/masked-tensor";
import type { Tensor } from "../../kernel/tensor/tensor";

const tensorOf = (name: string, values: readonly number[]): Tensor =>
  fromArrays({ [name]: { shape: [values.length], values: Float32Array.from(values) } }).tensor(name);

it("is the product, signs of zeros and NaN included, as torch computes it", async () => {
  const masked = new MaskedTensor("w", tensorOf("w_orig", [1.5, -2, NaN, 4]), tensorOf("w_mask", [1, 0, 0, 1]));
  const values = await masked.read();
  expect([...values]).toEqual([1.5, -0, NaN, 4]);
  expect(new Float32Array((await masked.readBytes()).buffer)).toEqual(values);
  expect(masked.stored.map(({ name }) => name)).toEqual(["w_orig", "w_mask"]);
});

it("leaves the original as it is", async () => {
  const original = tensorOf("w_orig", [1, 2]);
  await new MaskedTensor("w", original, tensorOf("w_mask", [0, 1])).read();
  expect([...(await original.read())]).toEqual([1, 2]);
});

it("refuses a mask of other numbers than 0 and 1", async () => {
  const masked = new MaskedTensor("w", tensorOf("w_orig", [1, 2]), tensorOf("w_mask", [1, 0.5]));
  await expect(masked.read()).rejects.toThrow("value 1 of the mask is 0.5; expected 0 or 1");
});
