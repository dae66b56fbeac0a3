import type { NodeAttributes, NodeMessage } from "../../../kernel/formats/onnx/messages";
import { packedLayout, PackedRowsTensor, type PackedParts } from "../../../kernel/formats/onnx/packed-rows";
import { fileOf, filled, type Stored } from "../../stored-codes/files";

const nodeOf = (op: string, attributes: NodeAttributes): NodeMessage => ({
  op,
  domain: "com.microsoft",
  name: "",
  inputs: [],
  outputs: [],
  attributes,
  constant: undefined,
  graphs: [],
});

/** Two rows of six columns in blocks of four: 4 bits, the last block ragged. */
const plain = {
  codes: ["U8", [2, 2, 2], [0x21, 0x43, 0x65, 0, 0xff, 0xff, 0x98, 0]],
  scale: ["F32", [2, 2], [1, 2, 4, 0.5]],
} satisfies Record<string, Stored>;
const settings = { K: 6, N: 2, bits: 4, block_size: 4 };

function partsOf(parts: Readonly<Record<string, Stored>>, attributes: NodeAttributes, op = "MatMulNBits"): PackedParts {
  const { tensors } = fileOf(parts);
  const [codes, scale] = [...tensors.values()];
  return { node: nodeOf(op, attributes), codes, scale, zero: tensors.get("zero"), order: tensors.get("order") };
}

test("codes come lowest bits first, each block by its scale and its zero point", async () => {
  const read = (more: Record<string, Stored> = {}): Promise<Float32Array> => {
    const parts = partsOf({ ...plain, ...more }, settings);
    return new PackedRowsTensor("w", parts, packedLayout(parts, "m"), undefined).read();
  };
  expect([...(await read())]).toEqual([-7, -6, -5, -4, -6, -4, 28, 28, 28, 28, 0, 0.5]);
  expect([...(await read({ zero: ["U8", [2, 1], [0x51, 0x8f]] }))]).toEqual([0, 1, 2, 3, 0, 2, 0, 0, 0, 0, 0, 0.5]);
  expect([...(await read({ zero: ["F32", [2, 2], [0.5, 5, 15, 8]] }))].slice(0, 6)).toEqual([0.5, 1.5, 2.5, 3.5, 0, 2]);
  expect([...(await read({ order: ["I32", [6], [1, 1, 0, 0, 0, 1]] }))].slice(0, 6)).toEqual([
    -14, -12, -5, -4, -3, -4,
  ]);
  await expect(read({ order: ["I32", [6], [1, 1, 0, 2, 0, 1]] })).rejects.toThrow("g_idx names the block 2");
});

test.each([
  ["has bits 3 and block_size 4", plain, { ...settings, bits: 3 }],
  ["has bits 4 and block_size undefined", plain, { ...settings, block_size: undefined }],
  ["has 8 bytes; expected 12", plain, { ...settings, N: 3 }],
  ["says K 0, N 2", plain, { ...settings, K: 0 }],
  ["has 3 scales; expected 4", { ...plain, scale: ["F32", [3], filled(3)] as Stored }, settings],
  ["has zero points [4]", { ...plain, zero: ["U8", [4], filled(4)] as Stored }, settings],
  ["has a g_idx of 2", { ...plain, order: ["I32", [2], filled(2)] as Stored }, settings],
  [
    "which ONNX Runtime itself reads in two ways",
    { ...plain, zero: ["U8", [2, 1], filled(2)] as Stored, order: ["I32", [6], filled(6)] as Stored },
    settings,
  ],
  ["is of type I8", { ...plain, codes: ["I8", [8], filled(8)] as Stored }, settings],
])("parts that do not fit are refused: %s", (says, parts, attributes) => {
  expect(() => packedLayout(partsOf(parts, attributes), "m")).toThrow(says);
});

test("a table is packed along its last axis", () => {
  const parts = { codes: ["U8", [3, 2], filled(6)], scale: ["F32", [3, 1], filled(3)] } satisfies Record<
    string,
    Stored
  >;
  const layout = (axis: number): unknown =>
    packedLayout(partsOf(parts, { bits: 4, block_size: 16, quantize_axis: axis }, "GatherBlockQuantized"), "m");
  expect(layout(-1)).toMatchObject({ shape: [3, 4], rowBytes: 2, blocks: 1 });
  expect(() => layout(0)).toThrow("along another axis than the last");
});
