import { mlxSettingsOf } from "../../kernel/stored-codes/mlx-settings";
import type { Settings } from "../../kernel/stored-codes/file-tensors";
import { headers } from "./weights";

function settings(words: number, groups: number, quantization?: Settings, scaleType = "F16") {
  const file = headers(
    {
      "l.weight": ["U32", 4, words],
      "l.scales": [scaleType, 4, groups],
      ...(scaleType === "U8" ? {} : { "l.biases": [scaleType, 4, groups] as const }),
    },
    quantization ? { config: { quantization } } : {},
  );
  const [codes, scales] = [file.need("l.weight", "MLX"), file.need("l.scales", "MLX")];
  return mlxSettingsOf(file, "l.", { codes, scales, biases: file.find("l.biases") });
}

test("the config says what the shapes leave open", () => {
  expect(settings(16, 2, { bits: 4, group_size: 64 })).toEqual({ mode: "affine", bits: 4, group: 64 });
  expect(settings(16, 2, { bits: 8, group_size: 32 })).toEqual({ mode: "affine", bits: 8, group: 32 });
  expect(settings(16, 2, { bits: 4, group_size: 64, l: { bits: 8, group_size: 32 } }).bits).toBe(8);
  expect(settings(16, 2, { bits: 4, group_size: 64, l: true }).bits).toBe(4);
});

test("where one way alone fits, no config is needed, unless the layer's own says otherwise", () => {
  expect(settings(10, 2)).toEqual({ mode: "affine", bits: 5, group: 32 });
  expect(settings(10, 2, { bits: 4, group_size: 64 })).toEqual({ mode: "affine", bits: 5, group: 32 });
  expect(() => settings(10, 2, { bits: 4, group_size: 64, l: { bits: 4, group_size: 64 } })).toThrow(
    'and the config\'s settings of l are {"mode":"affine","bits":4,"group_size":64}; expected affine 5-bit g32',
  );
  expect(settings(8, 2, undefined, "U8")).toEqual({ mode: "mxfp4", bits: 4, group: 32 });
  expect(settings(16, 2, undefined, "U8")).toEqual({ mode: "mxfp8", bits: 8, group: 32 });
  expect(settings(4, 2, undefined, "U8")).toEqual({ mode: "nvfp4", bits: 4, group: 16 });
});

test("several ways and no word are an error that names them; so are parts that do not fit", () => {
  expect(() => settings(16, 2)).toThrow("no config says how; expected one of affine 2-bit g128, affine 4-bit g64");
  expect(() => settings(16, 2, { bits: 3, group_size: 64 })).toThrow('{"mode":"affine","bits":3,"group_size":64}');
  expect(() => settings(7, 2)).toThrow("expected words for whole groups");
  const file = headers({ "l.weight": ["U32", 4, 8], "l.scales": ["F16", 5, 1], "l.biases": ["F16", 4, 2] });
  const [codes, scales] = [file.need("l.weight", "MLX"), file.need("l.scales", "MLX")];
  expect(() => mlxSettingsOf(file, "l.", { codes, scales, biases: undefined })).toThrow("[4, groups]");
  const bare = headers({ "l.weight": ["U32", 4, 8], "l.scales": ["F16", 4, 1] });
  expect(() =>
    mlxSettingsOf(bare, "l.", {
      codes: bare.need("l.weight", ""),
      scales: bare.need("l.scales", ""),
      biases: undefined,
    }),
  ).toThrow("no biases");
});
