import { blockCodecs } from "../../../kernel/blocks";
import {
  blockBytesOf,
  layoutCodeFrom,
  layoutCodeOf,
  layoutOf,
  numbersOf,
  plainBytes,
  type LayoutCode,
} from "../../../kernel/encode/byte-planes/block-layout";

describe("the layout of a type", () => {
  test.each([
    ["F32", 8, { width: 4, isFloat: true }],
    ["BF16", 8, { width: 2, isFloat: true }],
    ["F64", 8, { width: 8, isFloat: true }],
    ["F8_E4M3", 8, { width: 1, isFloat: true }],
    ["I64", 8, { width: 8, isFloat: false }],
    ["U16", 8, { width: 2, isFloat: false }],
    ["BOOL", 8, plainBytes],
    ["toString", 8, plainBytes],
    ["F32", 7, plainBytes],
    ["Q4_0", 36, { block: "Q4_0" }],
    ["Q4_0", 35, plainBytes],
  ] as const)("%s of %d bytes is %p", (dtype, bytes, layout) => {
    expect(layoutCodeOf(dtype, bytes)).toEqual(layout);
  });

  test("covers every byte of a record once", () => {
    const codes: LayoutCode[] = [
      plainBytes,
      { width: 4, isFloat: true },
      ...[...blockCodecs.keys()].map((block) => ({ block })),
    ];
    for (const code of codes) {
      const { recordBytes, parts } = layoutOf(code);
      const seen = new Uint8Array(recordBytes);
      for (const part of parts) if (!("codes" in part)) for (let i = 0; i < part.bytes; i++) seen[part.offset + i]++;
      const scattered = parts.some((part) => "codes" in part);
      expect(Math.max(...seen)).toBe(1);
      // Codes of 3, 5 and 6 bits are taken out of the bytes that are left.
      expect([JSON.stringify(code), seen.includes(0)]).toEqual([JSON.stringify(code), scattered]);
    }
  });

  test("keeps scales of two bytes as floats, apart from codes", () => {
    expect(layoutOf({ block: "Q4_0" }).parts).toEqual([
      { offset: 0, bytes: 2, width: 2, isFloat: true },
      { offset: 2, bytes: 16, width: 1, isFloat: false },
    ]);
  });
});

test("a block is 512 KiB, or the whole records in it", () => {
  expect(blockBytesOf(layoutOf({ width: 8, isFloat: true }))).toBe(524_288);
  expect(blockBytesOf(layoutOf({ block: "Q4_0" }))).toBe(29_127 * 18);
});

describe("the numbers of a layout", () => {
  const read = (numbers: readonly number[]) => {
    const left = [...numbers];
    return layoutCodeFrom(() => left.shift() ?? NaN);
  };

  test("lead back to it", () => {
    const codes: LayoutCode[] = [1, 2, 4, 8].flatMap((width) =>
      [true, false].map((isFloat) => ({ width: width as 1 | 2 | 4 | 8, isFloat })),
    );
    for (const code of [...codes, ...[...blockCodecs.keys()].map((block) => ({ block }))])
      expect(read(numbersOf(code))).toEqual(code);
  });

  test.each([[[0]], [[3]], [[16]], [[32 + 4]], [[65]], [[64, 9999]]])("%p stand for nothing", (numbers) => {
    expect(read(numbers)).toBeUndefined();
  });
});
