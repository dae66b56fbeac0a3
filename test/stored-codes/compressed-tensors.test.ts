import { compressedTensors } from "../../kernel/stored-codes/compressed-tensors";
import { filled, found, type Stored } from "./files";

const settings = { quant_method: "compressed-tensors" };
const layer: Record<string, Stored> = {
  "a.weight": ["I8", [2, 3], [1, 2, 3, 4, 5, 6]],
  "a.weight_scale": ["F32", [2, 1], [1, 10]],
  "a.input_scale": ["F32", [1], [1]],
};

test("codes that are numbers are multiplied by their scales; scales of inputs are parts", async () => {
  const [tensor] = await found(compressedTensors, layer, settings);
  expect(tensor).toMatchObject({ name: "a.weight", scheme: "compressed-tensors 8-bit per channel" });
  expect([...(await tensor.read())]).toEqual([1, 2, 3, 40, 50, 60]);
  expect(tensor.stored.map(({ name }) => name)).toEqual(["a.weight", "a.weight_scale", "a.input_scale"]);
});

test("weights that are floats beside a scale are no codes, and other methods are left to others", async () => {
  expect(await found(compressedTensors, { ...layer, "a.weight": ["F32", [2, 3], filled(6)] }, settings)).toEqual([]);
  expect(await found(compressedTensors, layer, { quant_method: "fp8" })).toEqual([]);
  expect(await found(compressedTensors, layer)).toEqual([]);
});

test("scales and zero points that do not fit are refused", async () => {
  await expect(
    found(compressedTensors, { ...layer, "a.weight_scale": ["F32", [3, 1], filled(3)] }, settings),
  ).rejects.toThrow('"a.weight_scale" has shape [3, 1] for a weight [2, 3]');
  await expect(
    found(compressedTensors, { ...layer, "a.weight_zero_point": ["I8", [3], filled(3)] }, settings),
  ).rejects.toThrow("3 numbers; expected 2");
});
