import { OptionError } from "../../../kernel/errors";
import { encodePair, encodeText, GgufValue, ggufPairs, ggufValue, uint32 } from "../../../kernel/formats/gguf/values";

const typeOf = (value: unknown) => ggufPairs({}, { key: value }).get("key")?.type;
const bytesOf = (key: string, value: GgufValue) => [...Buffer.concat(encodePair(key, value))];

test("plain values have the type that llama.cpp expects of scalars, and gguf-py gives lists", () => {
  expect([5, -5, 2 ** 32, 2 ** 63, 0.5, 2 ** 53, "a", true, 2n ** 63n].map(typeOf)).toEqual([
    "uint32",
    "int32",
    "int64",
    "float32",
    "float32",
    "float32",
    "string",
    "bool",
    "uint64",
  ]);
  expect([[1, 2], [1, 0.5], [1, 2 ** 40], [1, 2n ** 63n], ["a"], [true, false]].map(typeOf)).toEqual([
    "int32",
    "float32",
    "int64",
    "uint64",
    "string",
    "bool",
  ]);
  for (const odd of [[], [1, "a"], [0.5, true], null, {}, () => 1]) expect(() => typeOf(odd)).toThrow(OptionError);
});

test("changes keep the place of a key, come last where it is new, and take it out as undefined", () => {
  const pairs = ggufPairs({ a: 1, b: 2, c: 3 }, { d: 4, b: "two", a: undefined });
  expect([...pairs].map(([key, { value }]) => [key, value])).toEqual([
    ["b", "two"],
    ["c", 3],
    ["d", 4],
  ]);
});

test("by hand: a pair is the key, the type and the value, a list its entries' type and their number too", () => {
  expect(bytesOf("k", new GgufValue("uint16", 258))).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0x6b, 2, 0, 0, 0, 2, 1]);
  expect(bytesOf("k", new GgufValue("int8", [-1, 2])).slice(9)).toEqual([
    9,
    0,
    0,
    0,
    1,
    0,
    0,
    0,
    2,
    ...Array(7).fill(0),
    255,
    2,
  ]);
  expect(bytesOf("k", new GgufValue("string", "é")).slice(9)).toEqual([8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xa9]);
  expect(bytesOf("k", new GgufValue("bool", true)).slice(9)).toEqual([7, 0, 0, 0, 1]);
  expect(bytesOf("k", new GgufValue("float32", 1)).slice(9)).toEqual([6, 0, 0, 0, 0, 0, 0x80, 0x3f]);
  expect(bytesOf("k", new GgufValue("int64", "-2")).slice(9)).toEqual([11, 0, 0, 0, 254, ...Array(7).fill(255)]);
  expect(bytesOf("k", new GgufValue("float64", 1)).slice(13)).toEqual([0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
});

test.each<[Parameters<typeof ggufValue>[0], unknown, string]>([
  ["uint8", 256, "a uint8, from 0 to 255"],
  ["int8", -129, "a int8, from -128 to 127"],
  ["uint64", -1, "a uint64, from 0"],
  ["int64", 2n ** 63n, "a int64"],
  ["uint32", 1.5, "a uint32"],
  ["float32", "1", "a float32"],
  ["bool", 1, "true or false"],
  ["string", "\ud800", "well-formed text"],
])("a value that a %s does not hold is refused: %p", (type, value, message) => {
  expect(() => encodePair("k", ggufValue(type, value))).toThrow(message);
});

test("ends of the ranges are held", () => {
  expect(bytesOf("k", new GgufValue("uint8", 255)).slice(13)).toEqual([255]);
  expect(bytesOf("k", new GgufValue("int8", -128)).slice(13)).toEqual([128]);
  expect(bytesOf("k", new GgufValue("uint64", 2n ** 64n - 1n)).slice(13)).toEqual(Array(8).fill(255));
});

test("keys that no reader takes are refused, and a type that GGUF has not", () => {
  for (const key of ["", "__proto__", "a\0b", "\ud800", "k".repeat(65_536)])
    expect(() => encodePair(key, ggufValue("bool", true))).toThrow(OptionError);
  expect(() => ggufValue("float16" as never, 1)).toThrow(OptionError);
});

test("text has its length in bytes before it", () => {
  expect([...encodeText("é")]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 0xc3, 0xa9]);
  expect([...uint32(0xfffefdfc)]).toEqual([0xfc, 0xfd, 0xfe, 0xff]);
});
