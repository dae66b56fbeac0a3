import { decodeUtf8, firstInvalidUtf8, isWellFormed } from "../../kernel/bytes/utf8";

describe("firstInvalidUtf8", () => {
  test.each(["", "ascii", "ä", "€", "𝒳", "\u0000\ud7ff\ue000\uffff", "\u{10ffff}", "\ufeffmark"])(
    "finds nothing in %j",
    (text) => {
      expect(firstInvalidUtf8(Buffer.from(text))).toBe(-1);
    },
  );

  test.each([
    ["a lone continuation", [0x61, 0x80], 1],
    ["an overlong slash of two", [0xc0, 0xaf], 0],
    ["an overlong of two, the largest", [0xc1, 0xbf], 0],
    ["an overlong of three", [0x61, 0x62, 0xe0, 0x9f, 0xbf], 2],
    ["an overlong of four", [0xf0, 0x8f, 0xbf, 0xbf], 0],
    ["a surrogate", [0x61, 0xed, 0xa0, 0x80], 1],
    ["past U+10FFFF", [0xf4, 0x90, 0x80, 0x80], 0],
    ["a first byte that there is not", [0xc3, 0xa4, 0xf5, 0x80, 0x80, 0x80], 2],
    ["a sequence cut short", [0x61, 0xe2, 0x82], 1],
    ["a sequence broken in its third byte", [0xe2, 0x82, 0x41], 0],
    ["a sequence broken in its fourth byte", [0xf0, 0x9d, 0x92, 0x41], 0],
  ])("finds %s", (_, bytes, at) => {
    expect(firstInvalidUtf8(Uint8Array.from(bytes))).toBe(at);
  });

  test("looks at its part only, and takes a sequence that the part cuts for cut", () => {
    const bytes = Uint8Array.from([0xff, 0x61, 0xc3, 0xa4, 0xff]);
    expect(firstInvalidUtf8(bytes, 1, 4)).toBe(-1);
    expect(firstInvalidUtf8(bytes, 1, 3)).toBe(2);
    expect(firstInvalidUtf8(bytes, 1)).toBe(4);
  });
});

test("decodeUtf8 keeps a byte order mark, and reads its part", () => {
  expect(decodeUtf8(Buffer.from("\ufeffä"))).toBe("\ufeffä");
  expect(decodeUtf8(Buffer.from("abcd"), 1, 3)).toBe("bc");
});

test("isWellFormed refuses half a surrogate pair, at either end and alone", () => {
  for (const text of ["", "a", "𝒳", "a𝒳b"]) expect(isWellFormed(text)).toBe(true);
  for (const text of ["\ud835", "\udcb3", "a\ud835", "\udcb3a", "\udcb3\ud835", "\ud835\ud835\udcb3"])
    expect(isWellFormed(text)).toBe(false);
});
