import { crc32 } from "node:zlib";
import { arrayTypes, ByteReader, ByteWriter, magic } from "../../../kernel/encode/container/container";
import { FormatError } from "../../../kernel/errors";

/** A reader of `bytes` between magic and checksum. */
const readerOf = (...bytes: number[]) => {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.from([...magic, ...bytes]));
  return ByteReader.open(writer.finish(), "x");
};

describe("the writer", () => {
  test("writes varints of seven bits, low first, up to 2⁵³ − 1", () => {
    const writer = new ByteWriter();
    [0, 127, 128, 300, 2 ** 53 - 1].forEach((value) => writer.varint(value));
    expect(Buffer.from(writer.written).toString("hex")).toBe("00" + "7f" + "8001" + "ac02" + "ffffffffffffff0f");
  });

  test("writes signed numbers as 0, −1, 1, −2, …", () => {
    const writer = new ByteWriter();
    [0, -1, 1, -2, 2, -(2 ** 31)].forEach((value) => writer.signed(value));
    expect(Array.from(writer.written.subarray(0, 5))).toEqual([0, 1, 2, 3, 4]);
  });

  test("grows, keeps what was written, and puts the CRC-32 behind it", () => {
    const writer = new ByteWriter();
    for (let i = 0; i < 100_000; i++) writer.byte(i & 255);
    writer.little(0x01020304, 4);
    expect(writer.length).toBe(100_004);
    const bytes = writer.finish();
    expect(bytes[99_999]).toBe(99_999 & 255);
    expect(Array.from(bytes.subarray(100_000, 100_004))).toEqual([4, 3, 2, 1]);
    expect(Buffer.from(bytes).readUInt32LE(100_004)).toBe(crc32(bytes.subarray(0, 100_004)));
  });
});

describe("the reader", () => {
  test("reads what was written", () => {
    const writer = new ByteWriter();
    writer.bytes(Uint8Array.from(magic));
    writer.varint(2 ** 40);
    writer.signed(-(2 ** 31));
    writer.byte(7);
    const reader = ByteReader.open(writer.finish(), "x");
    expect([reader.varint("n", 2 ** 50), reader.signed("s"), reader.byte(), reader.left]).toEqual([
      2 ** 40,
      -(2 ** 31),
      7,
      0,
    ]);
    expect(() => reader.byte()).toThrow("the data ends");
  });

  test("names byte and fault where a number is too large", () => {
    expect(() => readerOf(0xac, 0x02, 0).varint("a count", 299)).toThrow(
      new FormatError("x", 4, "a count above the limit", "at most 299"),
    );
    expect(readerOf(0xac, 0x02, 0).varint("a count", 300)).toBe(300);
    expect(() => readerOf(...new Array<number>(12).fill(0xff)).varint("a count", Infinity)).toThrow("above the limit");
  });

  test("gives a part, and goes on behind it", () => {
    const reader = readerOf(1, 2, 3);
    const part = reader.part(2, "a part");
    expect([part.byte(), part.byte(), reader.byte()]).toEqual([1, 2, 3]);
    expect(() => part.byte()).toThrow("the data ends");
    expect(() => readerOf(1, 2, 3).part(4, "a part")).toThrow(
      "a part of 4 bytes; expected at most the 3 that are left",
    );
  });

  test("refuses another beginning, a wrong checksum, and what is too short", () => {
    const writer = new ByteWriter();
    writer.bytes(Uint8Array.from([...magic, 1, 2, 3]));
    const sound = writer.finish();
    expect(() => ByteReader.open(sound.slice(0, 10), "x")).toThrow("it ends too early");
    for (const at of [0, 3]) {
      const changed = sound.slice();
      changed[at] ^= 1;
      expect(() => ByteReader.open(changed, "x")).toThrow(
        `x, byte ${at}: byte value ${changed[at]}; expected "CBE" and version 1`,
      );
    }
    const changed = sound.slice();
    changed[5] ^= 1;
    expect(() => ByteReader.open(changed, "x")).toThrow(/byte 7: checksum/);
  });
});

test("the types of arrays are those of the table, with the numbers that they hold", () => {
  expect(arrayTypes.map(({ name }) => name)).toEqual([
    "Uint8Array",
    "Int8Array",
    "Uint16Array",
    "Int16Array",
    "Int32Array",
    "string",
    "Float32Array",
    "Float64Array",
  ]);
  for (const { width, minimum, maximum, create } of arrayTypes) {
    const array = create(1);
    expect(array.BYTES_PER_ELEMENT).toBe(width);
    for (const end of [minimum, maximum]) if (end !== undefined) expect(array.fill(end)[0]).toBe(end);
  }
});
