import { placeSymbols } from "../../kernel/encode/coder";

test.each([
  ["Int8Array", new Int8Array(5), [-128, 127]],
  ["Uint8Array", new Uint8Array(5), [0, 255]],
  ["Int16Array", new Int16Array(5), [-32_768, 32_767]],
  ["Uint16Array", new Uint16Array(5), [0, 65_535]],
  ["Int32Array", new Int32Array(5), [-(2 ** 31), 2 ** 31 - 1]],
] as const)("symbols are put into %s from a place on", (_, out, symbols) => {
  placeSymbols(symbols, Uint8Array.of(1, 0, 1, 0), 3, out, 1);
  expect(Array.from(out)).toEqual([0, symbols[1], symbols[0], symbols[1], 0]);
});

test("symbols are put into a part of a buffer", () => {
  const whole = new Int16Array(4);
  placeSymbols([-5], Uint16Array.of(0), 1, whole.subarray(2), 0);
  expect(Array.from(whole)).toEqual([0, 0, -5, 0]);
});
