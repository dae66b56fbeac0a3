import { encode } from "../../kernel/encode/encode";
import { huffman } from "../../kernel/encode/huffman";
import { linear } from "../../kernel/quantize/linear";
import { quantize } from "../../kernel/quantize/quantize";
import { packCodes, packMask } from "../../kernel/stored/packed-codes";
import { gather, spread } from "../../kernel/stored/kept-weights";
import { restoreQuantized, restoreValues } from "../../kernel/stored/restored-weights";
import { storedBytes, storedParts, type StoredTensor } from "../../kernel/stored/stored-tensor";

const values = Float32Array.of(1, -2, 3, 4);
const plain: StoredTensor = { name: "fc", shape: [2, 2], content: { kind: "values", values, bitsPerValue: 16 } };

describe("the size of a stored tensor", () => {
  test("is content, index and the header's entry, each in whole bytes", () => {
    expect(storedParts(plain)).toEqual([
      ["values", 8],
      ["header", Buffer.byteLength('["fc",[2,2],[["values",8]]]')],
    ]);
    expect(storedBytes(plain)).toBe(8 + 27);
    const index = { scheme: "bitmask", indexBits: 9, storedWeights: 2 } as const;
    const sparse: StoredTensor = {
      ...plain,
      sparse: true,
      index,
      content: { kind: "values", values: values.subarray(0, 2), bitsPerValue: 12 },
    };
    expect(storedParts(sparse).slice(0, 2)).toEqual([
      ["values", 3],
      ["bitmask", 2],
    ]);
  });

  test("counts the zeros that fill a group of n:m", () => {
    const index = { scheme: "n:m", indexBits: 8, storedWeights: 4 } as const;
    expect(
      storedParts({
        ...plain,
        sparse: true,
        index,
        content: { kind: "values", values: values.subarray(0, 3), bitsPerValue: 16 },
      })[0],
    ).toEqual(["values", 8]);
  });

  test("counts codes and tables at the bits of their entries, coded ones at their bytes", () => {
    const step = linear({ bits: 4, per: "channel", symmetric: true });
    const { codes, codeBits, tables } = quantize(values, step, { shape: [2, 2] }).quantized;
    const stored: StoredTensor = {
      name: "fc",
      shape: [2, 2],
      content: { kind: "codes", quantizer: step, codes: packCodes(codes, codeBits), tables },
    };
    expect(storedParts(stored).slice(0, 2)).toEqual([
      ["codes", 2],
      ["scale", 8],
    ]);
    const coded = { coder: huffman(), bytes: new Uint8Array(77) };
    expect(
      storedParts({ ...stored, content: { kind: "codes", quantizer: step, codes: coded, tables: [] } })[0],
    ).toEqual(["codes", 77]);
    expect(storedParts({ ...plain, content: { kind: "bytes", dtype: "F32", bytes: coded } })[0]).toEqual(["bytes", 77]);
    expect(
      storedParts({ ...plain, content: { kind: "factors", rank: 1, bitsPerValue: 16, bytes: new Uint8Array(8) } })[0],
    ).toEqual(["factors", 8]);
  });

  test("counts a name in its bytes of UTF-8", () => {
    expect(storedBytes({ ...plain, name: "fä" }) - storedBytes(plain)).toBe(1);
  });
});

describe("what a stored tensor restores to", () => {
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

test("gather takes the places that are kept, and spread puts them back", () => {
  const keep = Uint8Array.of(0, 1, 1, 0, 1);
  const kept = gather(Float32Array.of(1, 2, 3, 4, 5), keep, new Float32Array(3));
  expect(kept).toEqual(Float32Array.of(2, 3, 5));
  expect(spread(kept, keep, new Float32Array(5))).toEqual(Float32Array.of(0, 2, 3, 0, 5));
});
