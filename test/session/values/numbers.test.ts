import { elementType, firstValues, rangeText, shapeText, shortNumber } from "../../../kernel/session/values/numbers";

test("typed arrays have a type, buffers and views have none", () => {
  class Own extends Float32Array {}
  const typed: [unknown, string | undefined][] = [
    [new Float32Array(1), "float32"],
    [new Own(1), "float32"],
    [new BigInt64Array(1), "int64"],
    [new Uint8ClampedArray(1), "uint8"],
    [Buffer.alloc(1), undefined],
    [new DataView(new ArrayBuffer(1)), undefined],
    [[1], undefined],
    [{ [Symbol.toStringTag]: "Float32Array" }, undefined],
  ];
  for (const [value, type] of typed) expect(elementType(value)).toBe(type);
});

test.each([
  [[], ""],
  [[3], "3 … 3"],
  [[1, -0.123456, 2], "-0.12346 … 2"],
  [[NaN, 1], "1 … 1, 1 NaN"],
  [[NaN], "1 NaN"],
  [[Infinity, 0, -Infinity], "-Infinity … Infinity, 2 infinite"],
])("the range of %p is %p", (values, words) => {
  expect(rangeText(Float64Array.from(values))).toBe(words);
});

test("big integers have a range, and of a long array the beginning is looked at", () => {
  expect(rangeText(new BigInt64Array([5n, -7n]))).toBe("-7 … 5");
  expect(rangeText(new Uint8Array([1, 2, 9]), 2)).toBe("1 … 2, of the first 2");
});

test("first values are counted and rounded", () => {
  expect(firstValues(new Float64Array([0.123456789, -0, 3]), 2)).toBe("[0.12346, -0, … 1 more]");
  expect([shapeText([2, 3]), shapeText([]), shortNumber(2n ** 70n)]).toEqual([
    "(2, 3)",
    "()",
    "1180591620717411303424",
  ]);
});
