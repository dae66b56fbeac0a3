import { huffman } from "../../kernel/encode/huffman";
import { linear } from "../../kernel/quantize/linear";
import { quantize } from "../../kernel/quantize/quantize";
import { packCodes } from "../../kernel/stored/packed-codes";
import { storedBytes, storedParts } from "../../kernel/stored/stored-size";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";

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
