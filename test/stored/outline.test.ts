import { linear } from "../../kernel/quantize/linear";
import { outlineOf } from "../../kernel/stored/outline";
import { packCodes } from "../../kernel/stored/packed-codes";
import { storedBytes } from "../../kernel/stored/stored-size";
import type { StoredTensor } from "../../kernel/stored/stored-tensor";

test("a form has what is known without the bytes, and at most sixteen entries of a table", () => {
  const data = Float32Array.from({ length: 20 }, (_, i) => i);
  const stored: StoredTensor = {
    name: "fc",
    shape: [20, 1],
    mask: new Uint8Array(3),
    content: {
      kind: "codes",
      quantizer: linear({ bits: 4 }),
      codes: packCodes(new Int8Array(20), 4),
      tables: [{ name: "scales", shape: [20, 1], data, bitsPerEntry: 32 }],
    },
  };
  expect(outlineOf(stored)).toEqual({
    name: "fc",
    shape: [20, 1],
    isMasked: true,
    content: {
      kind: "codes",
      quantizer: linear({ bits: 4 }),
      tables: [{ shape: [20, 1], length: 20, first: Array.from(data.subarray(0, 16)) }],
    },
    sizeBytes: storedBytes(stored),
  });
});

test("a form of values says no more than that", () => {
  const stored: StoredTensor = {
    name: "b",
    shape: [2],
    content: { kind: "values", values: new Float32Array(2), bitsPerValue: 32 },
  };
  expect(outlineOf(stored)).toMatchObject({ isMasked: false, content: { kind: "values" } });
});

test("a form says which way the tensor lies, where that is another than usual", () => {
  const stored: StoredTensor = {
    name: "conv1d",
    shape: [2, 3],
    axes: { output: [1], input: [0], stacked: [] },
    content: { kind: "values", values: new Float32Array(6), bitsPerValue: 32 },
  };
  expect(outlineOf(stored).axes).toEqual({ output: [1], input: [0], stacked: [] });
});
