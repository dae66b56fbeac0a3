import { encode } from "../../kernel/encode/encode";
import { huffman } from "../../kernel/encode/huffman";
import { FormatError } from "../../kernel/errors";
import { linear } from "../../kernel/quantize/linear";
import { quantize } from "../../kernel/quantize/quantize";
import { factorBytes } from "../../kernel/stored/factors";
import { packCodes, packMask } from "../../kernel/stored/packed-codes";
import { restoreQuantized, restoreValues } from "../../kernel/stored/restored-weights";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";

const step = linear({ bits: 4, per: "tensor" });
const { codes, codeBits, tables } = quantize([7, -7, 3], step).quantized;
const mask = packMask(Uint8Array.of(1, 0, 1, 1));
const base = { name: "fc", shape: [2, 2] };
const coded = (data: Parameters<typeof encode>[0]) => ({ coder: huffman(), bytes: encode(data, huffman()).bytes });
const sparse: StoredTensor = {
  ...base,
  mask,
  sparse: true,
  content: { kind: "codes", quantizer: step, codes: packCodes(codes, codeBits), tables },
};

test("a tensor's own bytes, which a coder took", () => {
  const bytes = new Uint8Array(Float32Array.of(1, -0, NaN, 4).buffer);
  const stored: StoredTensor = { ...base, content: { kind: "bytes", dtype: "F32", bytes: coded(bytes) } };
  expect(restoreValues(stored)).toEqual(Float32Array.of(1, -0, NaN, 4));
});

test("values that were kept go to their places; all of them are a copy", () => {
  const kept = Float32Array.of(1, 2, 3);
  const values = { kind: "values", values: kept, bitsPerValue: 32 } as const;
  expect([...restoreValues({ ...base, mask, sparse: true, content: values })]).toEqual([1, 0, 2, 3]);
  const all = { ...values, values: Float32Array.of(5, 6, 7, 8) };
  const restored = restoreValues({ ...base, content: all });
  restored[0] = 9;
  expect([...all.values]).toEqual([5, 6, 7, 8]);
  const packed = coded(new Uint8Array(kept.buffer));
  expect([...restoreValues({ ...base, mask, sparse: true, content: { ...values, values: packed } })]).toEqual([
    1, 0, 2, 3,
  ]);
});

test("codes are dequantized, and what was pruned away is zero", () => {
  expect([...restoreValues(sparse)]).toEqual([7, 0, -7, 3]);
  const content = { kind: "codes", quantizer: step, codes: coded(codes), tables } as const;
  expect([...restoreValues({ ...sparse, content })]).toEqual([7, 0, -7, 3]);
  const full = { ...content, codes: packCodes(Int8Array.of(7, 7, -7, 3), 4) };
  expect([...restoreValues({ ...base, mask, content: full })]).toEqual([7, 0, -7, 3]);
});

test("factors are multiplied", () => {
  const factors = { left: Float32Array.of(1, 2), right: Float32Array.of(3, 4), rows: 2, columns: 2, rank: 1 };
  const bytes = factorBytes([{ ...factors, bitsPerValue: 32 }]);
  expect([...restoreValues({ ...base, content: { kind: "factors", bytes, rank: 1, bitsPerValue: 32 } })]).toEqual([
    3, 4, 6, 8,
  ]);
});

test("codes of all weights, with the code that stands for zero where one was pruned away", () => {
  const asked: number[] = [];
  const restored = restoreQuantized(sparse, (own, index) => {
    expect(own).toBe(tables);
    asked.push(index);
    return -3;
  });
  expect([...(restored?.codes ?? [])]).toEqual([7, -3, -7, 3]);
  expect(asked).toEqual([1]);
  expect(restored?.shape).toEqual([2, 2]);
  const values = { kind: "values", values: new Float32Array(4), bitsPerValue: 32 } as const;
  expect(restoreQuantized({ ...base, content: values }, () => 0)).toBeUndefined();
});

test("text where numbers should be is told by the layer's name", () => {
  const text = { kind: "codes", quantizer: step, codes: coded("text"), tables } as const;
  expect(() => restoreValues({ ...base, content: text })).toThrow(FormatError);
  expect(() => restoreValues({ ...base, content: text })).toThrow(/^fc, byte 0: the codes are text/);
});

describe("what a stored tensor restores to", () => {
  const values = Float32Array.of(1, -2, 3, 4);
  const plain: StoredTensor = { ...base, content: { kind: "values", values, bitsPerValue: 16 } };

  test("is a copy of its values", () => {
    const restored = restoreValues(plain);
    expect(restored).toEqual(values);
    expect(restored).not.toBe(values);
  });

  test("has zeros where a sparse one left weights out", () => {
    const mask = packMask(Uint8Array.of(0, 1, 0, 1));
    expect(
      restoreValues({
        ...plain,
        mask,
        sparse: true,
        content: { kind: "values", values: Float32Array.of(-2, 4), bitsPerValue: 32 },
      }),
    ).toEqual(Float32Array.of(0, -2, 0, 4));
  });

  test("is what the codes stand for, zero under the mask, coded or not", () => {
    const step = linear({ bits: 8, per: "tensor", symmetric: true });
    const { quantized, values: after } = quantize(values, step, { shape: [2, 2] });
    const { codes, codeBits, tables } = quantized;
    const content = { kind: "codes", quantizer: step, codes: packCodes(codes, codeBits), tables } as const;
    expect(restoreValues({ ...plain, content })).toEqual(after);
    const mask = packMask(Uint8Array.of(1, 0, 1, 1));
    expect(restoreValues({ ...plain, content, mask })).toEqual(after.map((value, i) => (i === 1 ? 0 : value)));
    const coder = huffman();
    const coded = { coder, bytes: encode(codes, coder).bytes };
    expect(restoreValues({ ...plain, content: { ...content, codes: coded } })).toEqual(after);
    const kept = packCodes(codes.filter((_, i) => i !== 1) as Int8Array, codeBits);
    expect(restoreValues({ ...plain, mask, sparse: true, content: { ...content, codes: kept } })).toEqual(
      after.map((value, i) => (i === 1 ? 0 : value)),
    );
    const whole = restoreQuantized({ ...plain, mask, sparse: true, content: { ...content, codes: kept } }, () => 99);
    expect(Array.from(whole?.codes ?? [])).toEqual(Array.from(codes, (code, i) => (i === 1 ? 99 : code)));
  });

  test("are no codes where there are none", () => {
    expect(restoreQuantized(plain, () => 0)).toBeUndefined();
  });
});
