import { blockCodecs, decodeBlocks, encodeBlocks } from "../../../kernel/blocks";
import { ggml, ggmlQuantizer, type GgmlStep } from "../../../kernel/quantize/ggml";
import { quantizedFromBlocks } from "../../../kernel/quantize/ggml/from-blocks";
import { dequantize } from "../../../kernel/quantize/quantize";
import { gaussianWeights } from "../../blocks/weights";

const f16 = { kind: "ggml", type: "F16" } as GgmlStep;

test("a tensor keeps its blocks where the step has its very type", () => {
  const isStoredAs = (step: GgmlStep, dtype: string) => ggmlQuantizer.blocks?.isStoredAs(step, dtype);
  expect(isStoredAs(ggml({ type: "Q4_K" }), "Q4_K")).toBe(true);
  expect([isStoredAs(ggml({ type: "Q4_K" }), "Q4_0"), isStoredAs(f16, "F16")]).toEqual([false, false]);
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
    const shape = [2, 512];
    const quantized = { step: ggml({ type }), shape, ...quantizedFromBlocks(codec, bytes, shape) };
    expect(dequantize(quantized)).toEqual(values);
    expect(bytes).toEqual(before);
    expect(quantized.tables.map(({ name, shape: own }) => [name, own])).toEqual(
      codec.fields.map((field) => [field.name, [1024 / codec.weights, field.bytes]]),
    );
  },
);

test("a type without blocks is refused", () => {
  expect(() => ggmlQuantizer.blocks?.quantizedFrom(new Uint8Array(2), [1], f16)).toThrow(
    'there are no blocks of type "F16"',
  );
});
