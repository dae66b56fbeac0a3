import { OptionError } from "../../kernel/errors";
import { decode, encode } from "../../kernel/encode/encode";
import { horner, hornerWord } from "../../kernel/encode/horner";

test("a word is the shortest that wastes least for its radix", () => {
  // 3⁵ = 243 fits a byte: 1.6 bits a digit. Four bytes hold 3²⁰, which is 1.6 too, and no better.
  expect(hornerWord(3)).toEqual({ wordBytes: 1, digits: 5 });
  expect(hornerWord(2)).toEqual({ wordBytes: 1, digits: 8 });
  expect(hornerWord(16)).toEqual({ wordBytes: 1, digits: 2 });
  expect(hornerWord(256)).toEqual({ wordBytes: 1, digits: 1 });
  expect(hornerWord(2 ** 32)).toEqual({ wordBytes: 4, digits: 1 });
});

test.each([2, 3, 5, 6, 7, 10, 11, 17, 100, 257, 70_000])(
  "a word for radix %d holds its digits, and no longer one does better",
  (radix) => {
    const { wordBytes, digits } = hornerWord(radix);
    expect(radix ** digits).toBeLessThanOrEqual(256 ** wordBytes);
    for (let bytes = 1; bytes <= 4; bytes++) {
      let held = 0;
      while (radix ** (held + 1) <= 256 ** bytes) held++;
      if (held > 0) expect(wordBytes / digits).toBeLessThanOrEqual(bytes / held);
    }
  },
);

test.each([
  ["ternary", Int8Array.of(-1, 0, 1, 1, -1, 0, 1)],
  ["one", Uint8Array.of(9)],
  ["equal ones", Uint16Array.of(5, 5, 5, 5)],
  ["wide ones", Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0)],
  ["none", new Int16Array(0)],
])("%s come back", (_, symbols) => {
  expect(decode(encode(symbols, horner()).bytes)).toEqual(symbols);
});

test("ternary symbols take 1.6 bits", () => {
  const symbols = Int8Array.from({ length: 1000 }, (_, i) => (i % 3) - 1);
  expect(encode(symbols, horner()).payloadBits).toBe(1600);
});

test("horner() and hornerWord() take a radix from 2 to 2³²", () => {
  expect(horner({ radix: 3 })).toEqual({ kind: "horner", radix: 3 });
  expect(horner({ radix: 2 ** 32 }).radix).toBe(2 ** 32);
  for (const radix of [1, 0, -2, 2.5, NaN, 2 ** 32 + 1]) {
    expect(() => horner({ radix })).toThrow(`radix is ${radix}`);
    expect(() => hornerWord(radix)).toThrow(OptionError);
  }
});
