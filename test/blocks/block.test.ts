import { bitPacking, crumbPlace, layoutOf, nibblePlace } from "../../kernel/blocks/block";

test("a layout counts its bytes, and the bits of a code from those of the codes", () => {
  expect(
    layoutOf(32, [
      ["d", 2],
      ["codes, fifth bits", 4],
      ["codes", 16],
    ]),
  ).toEqual({
    weights: 32,
    bytes: 22,
    codeBits: 5,
    fields: [{ name: "d", at: 0, bytes: 2 }],
  });
  expect(
    layoutOf(256, [
      ["scales", 16],
      ["codes", 64],
      ["d", 2],
      ["dmin", 2],
    ]).fields,
  ).toEqual([
    { name: "scales", at: 0, bytes: 16 },
    { name: "d", at: 80, bytes: 2 },
    { name: "dmin", at: 82, bytes: 2 },
  ]);
});

test("a nibble's run has its first half in the low nibbles and its second in the high ones", () => {
  const place = nibblePlace(2, 16);
  expect([place(0), place(15), place(16), place(31), place(32)]).toEqual([
    [2, 0],
    [17, 0],
    [2, 4],
    [17, 4],
    [18, 0],
  ]);
});

test("two bits lie in runs of 128 codes over 32 bytes", () => {
  const place = crumbPlace(5);
  expect([place(0), place(31), place(32), place(127), place(128)]).toEqual([
    [5, 0],
    [36, 0],
    [5, 2],
    [36, 6],
    [37, 0],
  ]);
});

describe("packed codes", () => {
  test("of one place are put where they belong, and read again", () => {
    const packing = bitPacking(4, { bits: 4, place: nibblePlace(1, 2) });
    const bytes = new Uint8Array(4);
    packing.pack(Uint8Array.of(1, 2, 3, 4), bytes, 1);
    expect([packing.bytes, Array.from(bytes)]).toEqual([2, [0, 0, 0x31, 0x42]]);
    const codes = new Uint8Array(4);
    packing.unpack(bytes, 1, codes);
    expect(Array.from(codes)).toEqual([1, 2, 3, 4]);
  });

  test("of two places have their upper bits apart", () => {
    const packing = bitPacking(4, { bits: 4, place: nibblePlace(1, 2) }, { bits: 1, place: (i) => [0, i] });
    const bytes = new Uint8Array(3);
    packing.pack(Uint8Array.of(17, 2, 31, 4), bytes, 0);
    expect([packing.bytes, Array.from(bytes)]).toEqual([2.5, [0b0101, 0xf1, 0x42]]);
    const codes = new Uint8Array(4);
    packing.unpack(bytes, 0, codes);
    expect(Array.from(codes)).toEqual([17, 2, 31, 4]);
  });
});
