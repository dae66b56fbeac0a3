import { createHash } from "node:crypto";
import { blockCodecs, decodeBlocks, encodeBlocks } from "../../kernel/blocks";
import { writtenBlocks, type BlockName } from "../../kernel/blocks/block";
import {
  decodeBlockBytes,
  decodeBlockCodes,
  encodeBlockBytes,
  encodeBlockCodes,
  packBlockCodes,
} from "../../kernel/simd/blocks";
import { reserve, arenaFloats } from "../../kernel/simd/layer-memory";
import { adversarialWeights, columnImportance, gaussianWeights, randomBytes, rowLength } from "../blocks/weights";
import { readFixture } from "../quantize/generator";

interface Source {
  readonly plain: string;
  readonly importance: string;
}
type Types = Record<BlockName, { readonly gaussian: Source; readonly adversarial: Source }>;

const types = readFixture<Types>("ggml", "ggml.json");
const sources = { gaussian: gaussianWeights, adversarial: adversarialWeights };
const codecOf = (name: BlockName) => {
  const codec = blockCodecs.get(name);
  if (!codec) throw new Error(`no codec ${name}`);
  return codec;
};
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const bitsOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

describe.each([...writtenBlocks])("%s by SIMD", (name) => {
  const codec = codecOf(name);

  test.each(["gaussian", "adversarial"] as const)("8,192 %s blocks have llama.cpp's bytes", (source) => {
    const weights = sources[source](8192 * codec.weights, 7);
    const before = sha256(bitsOf(weights));
    const expected = types[name][source];
    const bytes = new Uint8Array(8192 * codec.bytes);
    expect(encodeBlockBytes(codec, weights, rowLength, undefined, bytes)).toBe(true);
    expect(sha256(bytes)).toBe(expected.plain);
    expect(encodeBlockBytes(codec, weights, rowLength, columnImportance(), bytes)).toBe(true);
    expect(sha256(bytes)).toBe(expected.importance);
    expect(sha256(bitsOf(weights))).toBe(before);
  });

  test("codes and fields pack to those bytes, and give the plain codec's values", () => {
    const weights = adversarialWeights(200 * codec.weights, 5);
    const result = encodeBlockCodes(codec, weights, rowLength, undefined, new Uint8Array(weights.length));
    if (!result) throw new Error("refused");
    const expected = encodeBlocks(codec, weights, rowLength);
    const bytes = new Uint8Array(expected.length);
    packBlockCodes(codec, result, bytes);
    expect(Buffer.compare(bytes, expected)).toBe(0);
    const [plain, fast] = [new Float32Array(weights.length), new Float32Array(weights.length)];
    decodeBlocks(codec, expected, plain);
    decodeBlockCodes(codec, result, fast);
    expect(Buffer.compare(bitsOf(fast), bitsOf(plain))).toBe(0);
  });

  test("random blocks decode as plainly, NaN scales included", () => {
    const bytes = randomBytes(1030 * codec.bytes, 13);
    const [plain, fast] = [new Float32Array(1030 * codec.weights), new Float32Array(1030 * codec.weights)];
    decodeBlocks(codec, bytes, plain);
    decodeBlockBytes(codec, bytes, fast);
    for (const values of [plain, fast]) values.forEach((value, i) => (values[i] = Number.isNaN(value) ? 12345 : value));
    expect(Buffer.compare(bitsOf(fast), bitsOf(plain))).toBe(0);
  });

  test("a few blocks, in rows of one, two and seven, and in the kernels' own memory", () => {
    for (const [blocks, blocksInRow] of [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 3],
      [6, 2],
      [35, 7],
    ]) {
      const columns = blocksInRow * codec.weights;
      const weights = gaussianWeights(blocks * codec.weights, blocks + 1);
      const importance = Float32Array.from({ length: columns }, (_, i) => ((i * 29) % 17) * 10 ** ((i % 61) - 30));
      reserve(4 * weights.length);
      const inside = arenaFloats(weights.length);
      inside.set(weights);
      for (const given of [undefined, importance]) {
        const expected = encodeBlocks(codec, weights, columns, given);
        for (const array of [weights, inside]) {
          const bytes = new Uint8Array(expected.length);
          expect(encodeBlockBytes(codec, array, columns, given, bytes)).toBe(true);
          expect([blocks, Buffer.compare(bytes, expected)]).toEqual([blocks, 0]);
        }
      }
    }
  });
});
