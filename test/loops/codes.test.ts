import { fastCodes, plainCodes } from "../../kernel/loops/codes";

describe.each([
  ["plain", plainCodes],
  ["fast", fastCodes],
])("%s", (_, loops) => {
  test("codes are counted by ascending symbol", () => {
    expect(loops.count(Int8Array.of(3, -128, 3, 0, 127))).toEqual({ symbols: [-128, 0, 3, 127], counts: [1, 1, 2, 1] });
    expect(loops.count(Uint8Array.of(255, 0, 255, 255, 7))).toEqual({ symbols: [0, 7, 255], counts: [1, 1, 3] });
    expect(loops.count(Int32Array.of(-5, 100, -5))).toEqual({ symbols: [-5, 100], counts: [2, 1] });
    expect(loops.count(Int32Array.of(2 ** 31 - 1, -(2 ** 31), 5, 5))).toEqual({
      symbols: [-(2 ** 31), 5, 2 ** 31 - 1],
      counts: [1, 2, 1],
    });
    expect(loops.count([10, 9, 10])).toEqual({ symbols: [9, 10], counts: [1, 2] });
    // Two rounds of the four tables, and a rest.
    expect(loops.count(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 3))).toEqual({
      symbols: [1, 2, 3, 4, 5, 6, 7, 8],
      counts: [1, 1, 2, 1, 1, 1, 1, 1],
    });
    for (const none of [new Uint8Array(0), new Int32Array(0), []])
      expect(loops.count(none)).toEqual({ symbols: [], counts: [] });
  });

  test("by hand: 1, 2, 3, 4 in three bits each are 0x8d1 and half a byte, the first code lowest", () => {
    // 100 011 010 001, read from the right.
    expect([...loops.pack(Uint8Array.of(1, 2, 3, 4), 3, 0)]).toEqual([0b11010001, 0b1000]);
    // Less −4 they are 5, 6, 7, 0.
    expect([...loops.pack(Int8Array.of(1, 2, 3, -4), 3, -4)]).toEqual([0b11110101, 0b0001]);
    expect([...loops.pack(Int32Array.of(0x12345, 0xfffff), 20, 0)]).toEqual([0x45, 0x23, 0xf1, 0xff, 0xff]);
    expect([...loops.pack(Int32Array.of(-(2 ** 31), 2 ** 31 - 1), 32, -(2 ** 31))]).toEqual([
      ...[0, 0, 0, 0],
      ...[255, 255, 255, 255],
    ]);
    expect([...loops.pack(new Uint8Array(0), 5, 0)]).toEqual([]);
    // Bytes in more bits than a byte has.
    expect([...loops.pack(Uint8Array.of(1, 2), 12, 0)]).toEqual([0x01, 0x20, 0x00]);
  });

  test("unpacking gives the codes back", () => {
    const bytes = new Int8Array(4);
    loops.unpack(Uint8Array.of(0b11110101, 0b0001), 3, -4, bytes);
    expect([...bytes]).toEqual([1, 2, 3, -4]);
    const wide = new Uint8Array(2);
    loops.unpack(Uint8Array.of(0x01, 0x20, 0x00), 12, 0, wide);
    expect([...wide]).toEqual([1, 2]);
    const words = new Int32Array(2);
    loops.unpack(Uint8Array.of(0x45, 0x23, 0xf1, 0xff, 0xff), 20, 0, words);
    expect([...words]).toEqual([0x12345, 0xfffff]);
    const whole = new Int32Array(2);
    loops.unpack(Uint8Array.of(0, 0, 0, 0, 255, 255, 255, 255), 32, -(2 ** 31), whole);
    expect([...whole]).toEqual([-(2 ** 31), 2 ** 31 - 1]);
  });
});
