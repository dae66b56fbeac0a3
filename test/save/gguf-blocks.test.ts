import { blockCodecs, encodeBlocks } from "../../kernel/blocks";
import { ggml } from "../../kernel/quantize/ggml";
import { linear } from "../../kernel/quantize/linear";
import { quantize } from "../../kernel/quantize/quantize";
import { blockForm, packBlocks } from "../../kernel/save/gguf-blocks";
import { outlineOf } from "../../kernel/stored/outline";
import { packCodes, packMask } from "../../kernel/stored/packed-codes";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";
import type { Step } from "../../kernel/tensor/step";
import { gaussianWeights } from "../blocks/weights";

const weights = gaussianWeights(512, 3);
const stored = (step: Step, mask?: Uint8Array): StoredTensor => {
  const { codes, codeBits, tables, step: own } = quantize(weights, step, { shape: [2, 256] }).quantized;
  return {
    name: "w",
    shape: [2, 256],
    ...(mask && { mask: packMask(mask) }),
    content: { kind: "codes", quantizer: own, codes: packCodes(codes, codeBits), tables },
  };
};

test.each(["Q4_0", "Q8_0", "Q3_K", "Q4_K", "Q6_K", "TQ1_0", "MXFP4"] as const)(
  "%s: the blocks are those that the weights have",
  (type) => {
    const codec = blockCodecs.get(type);
    if (!codec) throw new Error("no codec");
    const tensor = stored(ggml({ type }));
    expect(blockForm(outlineOf(tensor))).toEqual({ type, sizeBytes: (512 / codec.weights) * codec.bytes });
    expect(packBlocks(tensor)).toEqual(encodeBlocks(codec, weights, 256));
  },
);

test("a pruned weight has the code of zero", () => {
  const mask = new Uint8Array(512).fill(1);
  mask[0] = 0;
  const bytes = packBlocks(stored(ggml({ type: "Q4_0" }), mask));
  expect(bytes[2] & 15).toBe(8);
});

test("blocks without a zero do not take pruned weights, and other methods have no blocks", () => {
  expect(() => blockForm(outlineOf(stored(ggml({ type: "Q4_K" }), new Uint8Array(512).fill(1))))).toThrow(
    "w was pruned, and blocks of Q4_K hold no zeros",
  );
  expect(blockForm(outlineOf(stored(linear({ bits: 4 }))))).toBeUndefined();
});
