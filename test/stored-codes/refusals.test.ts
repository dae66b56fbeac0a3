import { refusals, refuseCodes, refuseMethod } from "../../kernel/stored-codes/refusals";
import { schemes } from "../../kernel/stored-codes/schemes";
import { FileTensors } from "../../kernel/stored-codes/file-tensors";
import type { Tensor } from "../../kernel/tensor/tensor";

function filed(tensors: Record<string, [dtype: string, ...shape: number[]]>, method?: string): FileTensors {
  const all = Object.entries(tensors).map(([name, [dtype, ...shape]]): [string, Tensor] => [
    name,
    {
      name,
      dtype,
      shape,
      parameters: shape.reduce((a, b) => a * b, 1),
      sizeBytes: 0,
      read: () => Promise.reject(new Error("nothing is read")),
      readBytes: () => Promise.reject(new Error("nothing is read")),
    },
  ]);
  const quantization = method === undefined ? undefined : { quant_method: method };
  return new FileTensors(new Map(all), { file: "m", config: {}, quantization, metadata: {}, signal: undefined });
}

test("tensors that look like codes are refused, with what was seen", () => {
  expect(() => refuseCodes(filed({ "a.qweight": ["I32", 4, 4] }, "newest"))).toThrow(
    '"a.qweight", I32 [4, 4], looks like the codes of a weight, and quant_method is "newest"',
  );
  expect(() => refuseCodes(filed({ "a.weight": ["U8", 4, 4], "a.weight_scale": ["F32", 4] }))).toThrow("looks like");
  expect(() => refuseCodes(filed({ "a.weight": ["U8", 4, 1], "a.weight.absmax": ["F32", 4] }))).toThrow("looks like");
  for (const scales of ["a.per_channel_scale", "a.weight_qscale", "a.channel_scale", "a.kernel_scale"])
    expect(() => refuseCodes(filed({ "a.weight": ["I8", 4, 4], [scales]: ["F32", 4] }))).toThrow("looks like");
  expect(() => refuseCodes(filed({ "a.weight_indices": ["U8", 4, 4], "a.weight_lut": ["F32", 16] }))).toThrow(
    "looks like",
  );
  expect(() => refuseCodes(filed({ "a.sign_mantissa": ["U8", 16], "a.encoded_exponent": ["U8", 9] }))).toThrow(
    "DFloat11",
  );
  expect(() =>
    refuseCodes(filed({ "e.up_proj_blocks": ["U8", 1, 4, 2, 16], "e.up_proj_scales": ["U8", 1, 4, 2] })),
  ).toThrow("looks like");
  expect(() => refuseCodes(filed({ "a.w1": ["I8", 4, 4], "a.scale": ["F32", 4] }))).toThrow("looks like");
});

test("scales go by many names, and so do the codes beside them", () => {
  const pairs: [string, string][] = [
    ["a.weight", "a.weight_zero_point"],
    ["a.weight", "a.zero_points"],
    ["a.weight", "a.wscale"],
    ["a.kernel", "a.scale_factor"],
    ["weight", "weight_scale"],
    ["a.weight", "a.weights_scaling_factor"],
    ["fc1_q", "fc1_scale"],
    ["a.weight.data", "a.weight.scale"],
    ["a.embed_tokens", "a.scales"],
  ];
  for (const [codes, scale] of pairs)
    expect(() => refuseCodes(filed({ [codes]: ["I8", 4, 4], [scale]: ["F16", 4] }))).toThrow(`"${codes}", I8`);
});

test("a method that nobody here knows is an error also where nothing looks like codes; a known one is not", () => {
  expect(() => refuseCodes(filed({ "a.weight": ["F16", 4, 4] }, "newest"))).toThrow(
    'quant_method is "newest" in the settings, which is not known here',
  );
  for (const method of ["fp8", "gptq", "bitnet", "gguf"]) refuseCodes(filed({ "a.weight": ["F16", 4, 4] }, method));
});

test("a refused method speaks before the schemes do, where there are codes", () => {
  const codes = { "a.W_q": ["U8", 4, 4], "a.scale": ["F32", 4, 1] } as Record<string, [string, ...number[]]>;
  expect(() => refuseMethod(filed(codes, "sinq"))).toThrow("is stored as SINQ, which is not decoded here");
  refuseMethod(filed(codes, "hqq"));
  refuseMethod(filed({ "a.weight": ["BF16", 4, 4] }, "bitnet"));
});

test("a lone tensor of a type that only codes and scales have is refused, whatever its name", () => {
  for (const dtype of ["F4", "F6_E2M3", "F6_E3M2", "F8_E8M0"])
    expect(() => refuseCodes(filed({ x: [dtype, 4, 8] }))).toThrow(`"x", ${dtype} [4, 8], looks like the codes`);
  // Floats of 8 bits are numbers without a scale, too.
  refuseCodes(filed({ x: ["F8_E4M3", 4, 8], y: ["F8_E5M2", 4, 8], z: ["F8_E8M0", 1] }));
});

test("integers whose own name says that they are codes need no scale of a known name beside them", () => {
  const codes = { "l.w_int": ["U8", 8, 8], "l.delta": ["F32", 8, 1] } as Record<string, [string, ...number[]]>;
  expect(() => refuseCodes(filed(codes))).toThrow('"l.w_int", U8 [8, 8], looks like the codes of a weight');
  expect(() => refuseCodes(filed({ "l.weight_int8": ["I8", 8, 8] }))).toThrow('"l.weight_int8"');
});

test("no method is both decoded and refused", () => {
  const decoded = new Set(schemes.flatMap(({ methods }) => methods));
  expect(refusals.flatMap(({ methods = [] }) => methods).filter((method) => decoded.has(method))).toEqual([]);
});

test("whole numbers that are no codes are let be", () => {
  refuseCodes(filed({ "embeddings.position_ids": ["I64", 1, 512], "embeddings.LayerNorm.weight": ["F32", 8] }));
  refuseCodes(filed({ "attn.bias": ["U8", 1, 1, 8, 8], "attn.scale": ["F32", 1] }));
  refuseCodes(filed({ "attn.relative_position_index": ["I64", 8, 8], "attn.logit_scale": ["F32", 3, 1, 1] }));
  refuseCodes(filed({ "bn.num_batches_tracked": ["I64"], "bn.weight": ["F32", 3] }));
});

test("where settings say that there are codes, integers called weights are refused though their scales are missing", () => {
  const weight: Record<string, [string, ...number[]]> = { "a.weight": ["I8", 4, 8] };
  expect(() => refuseCodes(filed(weight, "bitsandbytes"))).toThrow('"a.weight", I8 [4, 8], looks like the codes');
  refuseCodes(filed(weight));
});
