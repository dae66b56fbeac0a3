import fc from "fast-check";
import { packCodes, packMask, unpackCodes, unpackMask } from "../../kernel/stored/packed-codes";

describe("packed codes", () => {
  test("lie least significant bit first, from the least code on", () => {
    // −1, 0, 1, 2 at two bits: 0, 1, 2, 3.
    expect(packCodes(Int8Array.of(-1, 0, 1, 2), 2)).toMatchObject({
      bytes: Uint8Array.of(0b11100100),
      first: -1,
      length: 4,
      bits: 2,
      type: "Int8Array",
    });
    // 0, 1, 2 at three bits, over the end of the first byte.
    expect(packCodes(Uint8Array.of(5, 6, 7), 3).bytes).toEqual(Uint8Array.of(0b10001000, 0));
  });

  test("with gaps have a list of symbols", () => {
    for (const codes of [Int8Array.of(-1, 1, 1, -1), Int8Array.of(1, -1, -1, 1)]) {
      const packed = packCodes(codes, 1);
      const bytes = Uint8Array.of(codes[0] < 0 ? 0b0110 : 0b1001);
      expect(packed).toMatchObject({ symbols: [-1, 1], first: 0, bytes });
      expect(unpackCodes(packed)).toEqual(codes);
    }
  });

  test("that are too many different ones are refused", () => {
    expect(() => packCodes(Int8Array.of(-100, 0, 100), 1)).toThrow("3 different codes do not fit in 1 bits");
  });

  test("of a part of a bit take the next whole one", () => {
    const codes = Uint8Array.of(0, 1, 2, 2, 1);
    const packed = packCodes(codes, 1.625);
    expect([packed.bits, packed.bytes.length]).toEqual([1.625, 2]);
    expect(unpackCodes(packed)).toEqual(codes);
  });

  test.each(["Uint8Array", "Int8Array", "Uint16Array", "Int16Array", "Int32Array"] as const)(
    "of %s unpack to what was packed, at every width",
    (name) => {
      const type = { Uint8Array, Int8Array, Uint16Array, Int16Array, Int32Array }[name];
      const widest = 8 * type.BYTES_PER_ELEMENT;
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: widest }),
          fc.array(fc.nat(), { maxLength: 70 }),
          fc.integer({ min: -300, max: 300 }),
          (bits, numbers, shift) => {
            const low = name.startsWith("U") ? 0 : -(2 ** (widest - 1));
            const high = low + 2 ** widest - 1;
            const first = Math.max(low, Math.min(high - 2 ** bits + 1, shift));
            const codes = new type(numbers.map((number) => first + (number % 2 ** bits)));
            expect(unpackCodes(packCodes(codes, bits))).toEqual(codes);
          },
        ),
      );
    },
  );
});

test("a mask is one bit for each element, the lowest first", () => {
  const keep = Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 7);
  expect(packMask(keep)).toEqual(Uint8Array.of(0b1001, 1));
  expect(unpackMask(packMask(keep), 9)).toEqual(Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 1));
  expect(packMask(new Uint8Array(0)).length).toBe(0);
});
