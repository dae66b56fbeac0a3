import { fp4 } from "../../kernel/quantize/fp4";
import { nf4, nf4Values } from "../../kernel/quantize/nf4";
import { linear } from "../../kernel/quantize/linear";
import { quantize } from "../../kernel/quantize/quantize";
import { bitsandbytesLayout, isBitsandbytes, packBitsandbytes } from "../../kernel/save/bitsandbytes-layout";
import { outlineOf } from "../../kernel/stored/outline";
import { restoreValues } from "../../kernel/stored/restored-weights";
import { packCodes, packMask } from "../../kernel/stored/packed-codes";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";
import type { Step } from "../../kernel/tensor/step";

const values = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
const stored = (step: Step, shape = [2, 64], mask?: Uint8Array): StoredTensor => {
  const { codes, codeBits, tables } = quantize(values, step, { shape }).quantized;
  return {
    name: "w",
    shape,
    ...(mask && { mask: packMask(mask) }),
    content: { kind: "codes", quantizer: step, codes: packCodes(codes, codeBits), tables },
  };
};

function layoutOf(tensor: StoredTensor) {
  const layout = bitsandbytesLayout(outlineOf(tensor));
  if (!layout) throw new Error(`${tensor.name} has no layout`);
  return layout;
}

test("a tensor has the parameters that bitsandbytes reads", () => {
  const { type, isNested, parameters } = layoutOf(stored(nf4()));
  expect([type, isNested]).toEqual(["nf4", false]);
  expect(parameters.map(({ suffix, dtype, shape }) => [suffix, dtype, shape])).toEqual([
    ["", "U8", [64, 1]],
    [".absmax", "F32", [2]],
    [".quant_map", "F32", [16]],
    [".quant_state.bitsandbytes__nf4", "U8", [expect.any(Number)]],
  ]);
});

test("the state says type, block size and shape", () => {
  const state = JSON.parse(
    Buffer.from(packBitsandbytes(stored(nf4()), ".quant_state.bitsandbytes__nf4")).toString(),
  ) as object;
  expect(state).toEqual({ quant_type: "nf4", blocksize: 64, dtype: "float32", shape: [2, 64] });
});

test("two codes lie in a byte, the even index in the high half", () => {
  const tensor = stored(nf4());
  const { codes } = quantize(values, nf4(), { shape: [2, 64] });
  expect(packBitsandbytes(tensor, "")[0]).toBe((codes[0] << 4) | codes[1]);
  expect(new Float32Array(packBitsandbytes(tensor, ".quant_map").buffer)).toEqual(new Float32Array(nf4Values));
});

test("a pruned weight has the code of zero: 7 in nf4, 0 in fp4", () => {
  const mask = new Uint8Array(128).fill(1);
  mask[0] = 0;
  expect(packBitsandbytes(stored(nf4(), [2, 64], mask), "")[0] >> 4).toBe(7);
  expect(packBitsandbytes(stored(fp4(), [2, 64], mask), "")[0] >> 4).toBe(0);
});

test("double quantization adds the scales' scales and their offset", () => {
  const { isNested, parameters } = layoutOf(stored(nf4({ doubleQuant: true })));
  expect([isNested, parameters.map(({ suffix }) => suffix).slice(1, 5)]).toEqual([
    true,
    [".absmax", ".quant_map", ".nested_absmax", ".nested_quant_map"],
  ]);
  expect(parameters[1].dtype).toBe("U8");
});

test("8 bits with a scale a row: the codes, and scales that the library's constant undoes", () => {
  const tensor = stored(linear({ bits: 8, per: "channel" }));
  const { type, parameters } = layoutOf(tensor);
  expect(type).toBe("int8");
  expect(parameters.map(({ suffix, dtype, shape }) => [suffix, dtype, shape])).toEqual([
    ["", "I8", [2, 64]],
    ["SCB", "F32", [2]],
    ["weight_format", "U8", []],
  ]);
  const codes = new Int8Array(packBitsandbytes(tensor, "").buffer);
  const scales = new Float32Array(packBitsandbytes(tensor, "SCB").buffer);
  expect([...packBitsandbytes(tensor, "weight_format")]).toEqual([0]);
  const own = restoreValues(tensor);
  const constant = Math.fround(7.874015718698502e-3);
  codes.forEach((code, i) => {
    const theirs = Math.fround(Math.fround(code * scales[Math.floor(i / 64)]) * constant);
    expect(Math.abs(theirs - own[i])).toBeLessThanOrEqual(2 ** -22 * Math.abs(own[i]));
  });
  expect(Math.max(...codes.map(Math.abs))).toBe(127);
});

test("other methods have no layout", () => {
  expect([isBitsandbytes(outlineOf(stored(nf4()))), isBitsandbytes(outlineOf(stored(linear({ bits: 4 }))))]).toEqual([
    true,
    false,
  ]);
  for (const step of [
    linear({ bits: 4 }),
    linear({ bits: 8, per: "tensor" }),
    linear({ bits: 8, per: "channel", symmetric: false }),
  ])
    expect(bitsandbytesLayout(outlineOf(stored(step)))).toBeUndefined();
  expect(() => packBitsandbytes(stored(nf4()), ".other")).toThrow("w has no .other");
});
