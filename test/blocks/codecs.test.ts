import { createHash } from "node:crypto";
import { blockCodecs, decodeBlocks, encodeBlocks } from "../../kernel/blocks/codecs";
import { writtenBlocks, type BlockName } from "../../kernel/blocks/block";
import { ggmlTypes } from "../../kernel/formats/gguf/types";
import { dtypes } from "../../kernel/tensor/dtype";
import { readFixture } from "../quantize/generator";
import { adversarialWeights, columnImportance, gaussianWeights, randomBytes, rowLength } from "./weights";

interface Source {
  readonly input: string;
  readonly plain: string;
  readonly importance: string;
  readonly first: string;
}

interface Type {
  readonly id: number;
  readonly weights: number;
  readonly bytes: number;
  readonly gaussian?: Source;
  readonly adversarial?: Source;
  readonly values: string;
}

const types = readFixture<Record<BlockName, Type>>("ggml", "ggml.json");
const codecOf = (name: BlockName) => {
  const codec = blockCodecs.get(name);
  if (!codec) throw new Error(`no codec ${name}`);
  return codec;
};
const sha256 = (array: ArrayBufferView): string =>
  createHash("sha256")
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest("hex");

const blocks = 8192;
const sources = { gaussian: gaussianWeights, adversarial: adversarialWeights };
const inputs = new Map<string, Float32Array>();

/** 8,192 blocks' weights, made once for each length. */
function weightsFor(source: keyof typeof sources, perBlock: number): Float32Array {
  const key = `${source} ${perBlock}`;
  const known = inputs.get(key) ?? sources[source](blocks * perBlock, 7);
  inputs.set(key, known);
  return known;
}

test("every type is in the fixture, with the sizes that its layout, GGUF's table and the element types give", () => {
  expect([...blockCodecs.keys()].sort()).toEqual(Object.keys(types).sort());
  for (const [name, codec] of blockCodecs) {
    const { id, weights, bytes } = types[name];
    expect([name, codec.id, codec.weights, codec.bytes]).toEqual([name, id, weights, bytes]);
    expect(ggmlTypes.get(id)).toEqual({ name, blockElements: weights, blockBytes: bytes });
    expect(dtypes[name]).toEqual({ blockElements: weights, blockBytes: bytes });
    const fieldBytes = codec.fields.reduce((sum, field) => sum + field.bytes, 0);
    expect((codec.codeBits * weights) / 8 + fieldBytes).toBe(bytes);
  }
});

describe.each([...writtenBlocks])("%s has llama.cpp's bytes", (name) => {
  const codec = codecOf(name);
  test.each(["gaussian", "adversarial"] as const)(`8,192 %s blocks, without and with importance`, (source) => {
    const weights = weightsFor(source, codec.weights);
    const expected = types[name][source];
    expect(sha256(weights)).toBe(expected?.input);
    const plain = encodeBlocks(codec, weights, rowLength);
    expect(Buffer.from(plain.subarray(0, 2 * codec.bytes)).toString("hex")).toBe(expected?.first);
    expect(sha256(plain)).toBe(expected?.plain);
    expect(sha256(encodeBlocks(codec, weights, rowLength, columnImportance()))).toBe(expected?.importance);
    expect(sha256(weights)).toBe(expected?.input); // not changed
  });
});

test.each([...blockCodecs.keys()])("%s: random blocks have gguf's values, NaN and infinite scales included", (name) => {
  const codec = codecOf(name);
  const values = new Float32Array(1024 * codec.weights);
  decodeBlocks(codec, randomBytes(1024 * codec.bytes, 11), values);
  const nan = new Float32Array(new Uint32Array([0x7fc00000]).buffer);
  values.forEach((value, i) => {
    if (Number.isNaN(value)) values.set(nan, i);
  });
  expect(sha256(values)).toBe(types[name].values);
});

test.each([...writtenBlocks])("%s: packed codes unpack to themselves", (name) => {
  const { packing, weights, bytes, codeBits } = codecOf(name);
  const levels = codeBits === 1.625 ? 3 : 2 ** Math.ceil(codeBits);
  const codes = randomBytes(weights, 3).map((byte) => byte % levels);
  const block = new Uint8Array(bytes + 2);
  packing.pack(codes, block, 2);
  const unpacked = new Uint8Array(weights);
  packing.unpack(block, 2, unpacked);
  expect(unpacked).toEqual(codes);
});
