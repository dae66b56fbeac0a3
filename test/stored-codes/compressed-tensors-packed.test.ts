import { compressedTensors } from "../../kernel/stored-codes/compressed-tensors";
import { packedIntegers } from "../../kernel/stored-codes/compressed-tensors-packed";
import { moduleOf } from "../../kernel/stored-codes/compressed-tensors-module";
import { fileOf, found, type Stored } from "./files";

const layer: Record<string, Stored> = {
  "a.weight_packed": ["I32", [1, 1], [0x76543210]],
  "a.weight_scale": ["F32", [1, 1], [2]],
  "a.weight_shape": ["I64", [2], [1, 8]],
};
const bits = (...widths: number[]) => ({
  quant_method: "compressed-tensors",
  config_groups: Object.fromEntries(widths.map((num_bits, i) => [i, { targets: ["Linear"], weights: { num_bits } }])),
});

test("codes are offset by half their range", async () => {
  const [tensor] = await found(compressedTensors, layer, bits(4));
  expect([...(await tensor.read())]).toEqual([-16, -14, -12, -10, -8, -6, -4, -2]);
});

test("bits that several groups leave open are refused, for shapes of eight inputs do not tell 3 from 4", async () => {
  await expect(found(compressedTensors, layer, bits(3, 4))).rejects.toThrow("which 3 or 4 bits would make");
  await expect(found(compressedTensors, layer)).rejects.toThrow("1 or 2 or 3 or 4 bits would make");
});

test("a shape that is not that of the codes is refused", async () => {
  const file = fileOf({ ...layer, "a.weight_shape": ["I64", [2], [2, 8]] }, bits(4));
  await expect(packedIntegers(moduleOf(file, "a."), file.need("a.weight_packed", "a test"))).rejects.toThrow(
    "for a weight [2, 8]",
  );
  await expect(
    found(compressedTensors, { ...layer, "a.weight_zero_point": ["I8", [3], [0, 0, 0]] }, bits(4)),
  ).rejects.toThrow("for 1 zero points");
});

test("codes that the settings call asymmetric need zero points", async () => {
  const config_groups = { a: { targets: ["Linear"], weights: { num_bits: 4, symmetric: false } } };
  const settings = { quant_method: "compressed-tensors", config_groups };
  await expect(found(compressedTensors, layer, settings)).rejects.toThrow('there is no "a.weight_zero_point"');
  await found(compressedTensors, { ...layer, "a.weight_zero_point": ["I8", [1, 1], [1]] }, settings);
});
