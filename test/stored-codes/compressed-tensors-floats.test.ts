import { compressedTensors } from "../../kernel/stored-codes/compressed-tensors";
import { fourBitFloats } from "../../kernel/stored-codes/compressed-tensors-floats";
import { moduleOf } from "../../kernel/stored-codes/compressed-tensors-module";
import { fileOf, filled, found, type Stored } from "./files";

const settings = { quant_method: "compressed-tensors" };
const nvfp4: Record<string, Stored> = {
  "a.weight_packed": ["U8", [1, 8], filled(8, 0x72)],
  "a.weight_scale": ["F8_E4M3", [1, 1], [0x38]],
  "a.weight_global_scale": ["F32", [1], [4]],
};

test("the global scale divides", async () => {
  const [tensor] = await found(compressedTensors, nvfp4, settings);
  expect(tensor).toMatchObject({ shape: [1, 16], scheme: "compressed-tensors NVFP4" });
  expect([...(await tensor.read())].slice(0, 2)).toEqual([0.25, 1.5]);
});

test("small floats with scales of neither form are refused", () => {
  const alone = Object.entries(nvfp4).filter(([name]) => name !== "a.weight_global_scale");
  const file = fileOf(Object.fromEntries(alone), settings);
  expect(() => fourBitFloats(moduleOf(file, "a."), file.need("a.weight_packed", "a test"))).toThrow(
    '"a.weight_packed" is U8 [1, 8] with scales F8_E4M3 [1, 1]',
  );
});
