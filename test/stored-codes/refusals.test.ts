import { refuseCodes } from "../../kernel/stored-codes/refusals";
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
  expect(() =>
    refuseCodes(filed({ "e.up_proj_blocks": ["U8", 1, 4, 2, 16], "e.up_proj_scales": ["U8", 1, 4, 2] })),
  ).toThrow("looks like");
  expect(() => refuseCodes(filed({ "a.w1": ["I8", 4, 4], "a.scale": ["F32", 4] }))).toThrow("looks like");
});

test("whole numbers that are no codes are let be", () => {
  refuseCodes(filed({ "embeddings.position_ids": ["I64", 1, 512], "embeddings.LayerNorm.weight": ["F32", 8] }));
  refuseCodes(filed({ "attn.bias": ["U8", 1, 1, 8, 8], "attn.scale": ["F32", 1] }));
  refuseCodes(filed({ "attn.relative_position_index": ["I64", 8, 8], "attn.logit_scale": ["F32", 3, 1, 1] }));
  refuseCodes(filed({ "bn.num_batches_tracked": ["I64"], "bn.weight": ["F32", 3] }));
});
