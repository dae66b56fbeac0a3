import fc from "fast-check";
import { BitReader, BitWriter, packBits, packedSize, unpackBits } from "../../kernel/bytes/bit-stream";

const fields = fc.array(
  fc
    .integer({ min: 0, max: 32 })
    .chain((bits) => fc.tuple(fc.integer({ min: 0, max: 2 ** bits - 1 }), fc.constant(bits))),
  { maxLength: 200 },
);

describe("bit streams", () => {
  it("give back every field, of 0 to 32 bits", () => {
    fc.assert(
      fc.property(fields, (list) => {
        const writer = new BitWriter(0);
        for (const [value, bits] of list) writer.write(value, bits);
        const total = list.reduce((sum, [, bits]) => sum + bits, 0);
        expect(writer.bitLength).toBe(total);
        const bytes = writer.finish();
        expect(bytes.length).toBe(Math.ceil(total / 8));
        const reader = new BitReader(bytes);
        for (const [value, bits] of list) expect(reader.read(bits)).toBe(value);
        expect(reader.position).toBe(total);
        reader.end();
      }),
    );
  });

  it("put the first field into the low bits", () => {
    const writer = new BitWriter();
    writer.write(1, 1);
    writer.write(0b10, 2);
    writer.write(0b11111, 5);
    writer.write(0x123, 12);
    expect([...writer.finish()]).toEqual([0b11111101, 0x23, 0x01]);
    expect([...packBits([1, 2, 3, 4], 4)]).toEqual([0x21, 0x43]);
    expect([...packBits([0xffffffff, 0], 32)]).toEqual([255, 255, 255, 255, 0, 0, 0, 0]);
  });

  it("pack and unpack codes of every width", () => {
    for (let bits = 1; bits <= 32; bits++)
      for (const count of [0, 1, 3, 7, 8, 9, 33]) {
        const codes = Array.from({ length: count }, (_, i) =>
          Math.floor(((i * 2654435761) % 2 ** 32) / 2 ** (32 - bits)),
        );
        const bytes = packBits(codes, bits);
        expect(bytes.length).toBe(packedSize(count, bits));
        expect([...unpackBits(bytes, bits, count)]).toEqual(codes);
      }
  });

  it("refuse values that do not fit, reads past the end, and bytes or bits left over", () => {
    const writer = new BitWriter();
    for (const [value, bits] of [
      [4, 2],
      [-1, 8],
      [0.5, 8],
      [1, 0],
      [0, 33],
      [NaN, 8],
    ])
      expect(() => writer.write(value, bits)).toThrow(/does not fit/);
    expect(() => new BitReader(new Uint8Array(2), "codes").read(17)).toThrow(
      "codes, byte 0: 16 bits are left; expected a field of 17 bits",
    );
    const left = new BitReader(new Uint8Array(2), "codes");
    left.read(3);
    expect(() => left.end()).toThrow("codes, byte 1: 1 bytes are left over");
    const dirty = new BitReader(Uint8Array.of(0x80), "codes");
    dirty.read(3);
    expect(() => dirty.end()).toThrow("filling bits are not zero");
    expect(() => unpackBits(new Uint8Array(3), 4, 4)).toThrow(/there are 3 bytes; expected 2/);
  });
});
