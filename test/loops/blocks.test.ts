import { blockCodecs, type BlockCodec, type BlockName } from "../../kernel/blocks";
import { fastBlocks, plainBlocks } from "../../kernel/loops/blocks";

function codecOf(name: BlockName): BlockCodec {
  const codec = blockCodecs.get(name);
  if (!codec) throw new Error(`no codec ${name}`);
  return codec;
}

const q8 = codecOf("Q8_0");
/** A block whose scale is 1: its largest is 127. */
const weights = Float32Array.from({ length: 32 }, (_, i) => (i === 5 ? -127 : i - 16));
const codes = Uint8Array.from(weights, (w) => w & 255);
/** The scale, 1 in float16, and the codes behind it. */
const bytes = Uint8Array.of(0, 0x3c, ...codes);

describe.each([
  ["plain", plainBlocks],
  ["fast", fastBlocks],
])("%s", (_, loops) => {
  test("by hand: a block of Q8_0 has its scale and the weights over it", () => {
    const { codes: found, fields } = loops.encode(q8, weights, 32, undefined);
    expect(loops.encodeBytes(q8, weights, 32, undefined)).toEqual(bytes);
    expect(fields.map((field) => [...field])).toEqual([[0, 0x3c]]);
    expect(loops.pack(q8, { codes: found, fields })).toEqual(bytes);
  });

  test("two blocks: fields stand block after block, values are code times scale", () => {
    const own = loops.unpack(q8, Uint8Array.of(...bytes, 0, 0x40, ...codes));
    expect(own.fields.map((field) => [...field])).toEqual([[0, 0x3c, 0, 0x40]]);
    const values = loops.decode(q8, own);
    expect([...values]).toEqual([...weights, ...weights.map((w) => 2 * w)]);
    expect(loops.pack(q8, own)).toEqual(Uint8Array.of(...bytes, 0, 0x40, ...codes));
    expect(own.codes).toEqual(Uint8Array.of(...codes, ...codes));
  });

  test("importance of the columns begins anew with every row", () => {
    const q4 = codecOf("Q4_0");
    const rows = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i * i));
    const importance = Float32Array.from({ length: 64 }, (_, i) => (i < 32 ? 100 ** (i % 3) : 1 + i));
    const both = loops.encodeBytes(q4, rows, 64, importance);
    expect(both.subarray(36)).toEqual(loops.encodeBytes(q4, rows.subarray(64), 64, importance));
    expect(both).toEqual(loops.pack(q4, loops.encode(q4, rows, 64, importance)));
    expect(both).not.toEqual(loops.encodeBytes(q4, rows, 64, undefined));
  });
});
