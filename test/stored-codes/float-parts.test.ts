import {
  activationPartsOf,
  blockSizeOf,
  isFloatMethod,
  modelOptAlgorithm,
  scaleOf,
  scaleValues,
  secondScaleOf,
} from "../../kernel/stored-codes/float-parts";
import { fromArrays } from "../../kernel";
import { headers } from "./weights";

test("the scale of a weight goes by many names", () => {
  for (const name of ["weight_scale_inv", "weight_scale", "scale", "scale_weight", "qscale_weight"]) {
    const file = headers({ "a.weight": ["F8_E4M3", 2, 2], [`a.${name}`]: ["F32"], "b.scale": ["F32"] });
    expect(scaleOf(file, file.need("a.weight", "FP8"))?.name).toBe(`a.${name}`);
  }
  const experts = headers({ gate_up_proj: ["F8_E4M3", 2, 2, 2], gate_up_proj_scale_inv: ["F32", 2] });
  expect(scaleOf(experts, experts.need("gate_up_proj", "FP8"))?.name).toBe("gate_up_proj_scale_inv");
  const none = headers({ "a.weight": ["F8_E4M3", 2, 2], "a.bias_scale": ["F32"] });
  expect(scaleOf(none, none.need("a.weight", "FP8"))).toBeUndefined();
});

test("the second scale and what belongs to activations are found beside it", () => {
  const file = headers({
    "a.weight": ["U8", 2, 8],
    "a.weight_scale_2": ["F32"],
    "a.input_scale": ["F32"],
    "a.activation_scale": ["F32"],
    "a.k_scale": ["F32"],
    "b.input_scale": ["F32"],
  });
  const weight = file.need("a.weight", "NVFP4");
  expect(secondScaleOf(file, weight)?.name).toBe("a.weight_scale_2");
  expect(activationPartsOf(file, weight).map(({ name }) => name)).toEqual(["a.input_scale", "a.activation_scale"]);
});

test("scales of U8 are exponents", async () => {
  const scales = fromArrays({ s: { shape: [1], values: Float32Array.of(3) } }).tensor("s");
  expect([...(await scaleValues(scales, undefined))]).toEqual([3]);
  const bytes = {
    name: "s",
    dtype: "U8",
    shape: [4],
    parameters: 4,
    sizeBytes: 4,
    read: () => Promise.reject(new Error("bytes are read")),
    readBytes: () => Promise.resolve(Uint8Array.of(127, 126, 254, 255)),
  };
  expect([...(await scaleValues(bytes, undefined))]).toEqual([1, 0.5, 2 ** 127, NaN]);
});

test("the size of a block is two whole numbers, or an error", () => {
  const file = (weight_block_size: unknown) =>
    headers({ s: ["F32", 1] }, { quantization: { quant_method: "fp8", weight_block_size } });
  const size = (value: unknown) => blockSizeOf(file(value), file(value).need("s", "FP8"));
  expect(size([128, 64])).toEqual([128, 64]);
  expect(size(null)).toBeUndefined();
  expect(size(undefined)).toBeUndefined();
  for (const wrong of [128, [128], [128, 0], [128, "64"], [1.5, 2]])
    expect(() => size(wrong)).toThrow("weight_block_size is");
});

test("ModelOpt's algorithm stands in either file; other libraries' names are left to them", () => {
  expect(modelOptAlgorithm(headers({}, { quantization: { quant_algo: "NVFP4" } }))).toBe("NVFP4");
  expect(modelOptAlgorithm(headers({}, { quantization: { quantization: { quant_algo: "fp8" } } }))).toBe("FP8");
  expect(modelOptAlgorithm(headers({}))).toBeUndefined();
  const ours = ["fp8", "modelopt", "modelopt_fp4", "mxfp4", undefined];
  for (const quant_method of ours) expect(isFloatMethod(headers({}, { quantization: { quant_method } }))).toBe(true);
  expect(isFloatMethod(headers({}, { quantization: { quant_method: "quark" } }))).toBe(false);
});
