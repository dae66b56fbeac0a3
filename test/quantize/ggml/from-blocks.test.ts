import { blockCodecs, decodeBlocks, encodeBlocks } from "../../../kernel/blocks";
import { ggml, type GgmlStep } from "../../../kernel/quantize/ggml";
import { keepsBlocks, quantizedFromBlocks } from "../../../kernel/quantize/ggml/from-blocks";
import { dequantize } from "../../../kernel/quantize/quantize";
import { linear } from "../../../kernel/quantize/linear";
import { gaussianWeights } from "../../blocks/weights";

const f16 = { kind: "ggml", type: "F16" } as GgmlStep;

test("a tensor keeps its blocks where the step has its very type", () => {
  expect(keepsBlocks(ggml({ type: "Q4_K" }), "Q4_K")).toBe(true);
  expect([
    keepsBlocks(ggml({ type: "Q4_K" }), "Q4_0"),
    keepsBlocks(f16, "F16"),
    keepsBlocks(linear({ bits: 4 }), "Q4_K"),
    keepsBlocks(undefined, "Q4_K"),
  ]).toEqual([false, false, false, false]);
});

test.each(["Q4_0", "Q8_0", "Q3_K", "Q6_K", "Q4_K"] as const)(
  "blocks of %s mean the same as codes and tables",
  (type) => {
    const codec = blockCodecs.get(type);
    if (!codec) throw new Error("no codec");
    const bytes = encodeBlocks(codec, gaussianWeights(1024, 3), 512);
    const before = bytes.slice();
    const values = new Float32Array(1024);
    decodeBlocks(codec, bytes, values);
    const quantized = quantizedFromBlocks(bytes, [2, 512], ggml({ type }));
    expect(dequantize(quantized)).toEqual(values);
    expect(bytes).toEqual(before);
    expect(quantized.tables.map(({ name, shape }) => [name, shape])).toEqual(
      codec.fields.map((field) => [field.name, [1024 / codec.weights, field.bytes]]),
    );
  },
);

test("a type without blocks is refused", () => {
  expect(() => quantizedFromBlocks(new Uint8Array(2), [1], f16)).toThrow('there are no blocks of type "F16"');
});
