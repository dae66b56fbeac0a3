import { FormatError } from "../../kernel/errors";
import { JsonReader } from "../../kernel/formats/json-reader";

const reader = (text: string | Uint8Array) =>
  new JsonReader(new Uint8Array(Buffer.from(text as string)), "f.json", 100);
const value = (text: string | Uint8Array, depth = 9) => reader(text).value("the value", depth);

test.each([
  '{"a":[1,2.5,-3e2,true,false,null,"x\\n\\u00e4\\ud835\\udcb3"],"":{}}',
  "[]",
  '"\\"\\\\\\/\\b\\f"',
  "-0",
  " 12 ",
])("%s is what JSON.parse gives", (text) => {
  expect(JSON.stringify(value(text))).toBe(JSON.stringify(JSON.parse(text)));
});

test.each([
  ['{"a":1,"a":2}', /byte 107: the key "a" comes twice/],
  ['{"__proto__":1}', /the key "__proto__"/],
  ["9007199254740993", /whole numbers of at most/],
  ["1e999", /a number that a double can hold/],
  ['"\\ud835"', /byte 10/],
  ['"a\nb"', /control character 10/],
  ['"open', /has no end/],
  ["[1,]", /byte 10/],
  ["[1 2]", /byte 10/],
  ["01", /the value is/],
  ["tru", /the value is/],
  ["", /./],
])("%j is refused", (text, message) => {
  expect(() => value(text)).toThrow(FormatError);
  expect(() => value(text)).toThrow(message);
});

test("bytes that are no UTF-8 are refused", () => {
  expect(() => value(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(FormatError);
});

test("nesting is as deep as was said, and no deeper", () => {
  expect(value("[[1]]", 2)).toEqual([[1]]);
  expect(() => value("[[1]]", 1)).toThrow("nested too deep");
});

test("objects have no prototype", () => {
  expect(Object.getPrototypeOf(value('{"a":1}'))).toBeNull();
});

test("whole numbers are digits alone, up to 2⁵³ − 1", () => {
  expect([reader("0").integer("n"), reader("9007199254740991").integer("n")]).toEqual([0, 2 ** 53 - 1]);
  for (const text of ["-1", "1.0", "1e3", "01", "9007199254740992", "", "x"])
    expect(() => reader(text).integer("n")).toThrow(FormatError);
});

test("offsets count from where the bytes begin in the file", () => {
  const own = reader('{"abc":7}');
  const seen: [string, number][] = [];
  own.object("the header", (key, offset) => {
    seen.push([key, offset]);
    own.integer("n");
  });
  expect([seen, own.offset]).toEqual([[["abc", 101]], 109]);
});

test("behind the end there is padding and nothing else", () => {
  const padded = reader("1   ");
  padded.integer("n");
  expect(() => padded.end(" ", "spaces")).not.toThrow();
  const more = reader("1  x");
  more.integer("n");
  expect(() => more.end(" ", "spaces")).toThrow(/after the end of the JSON; expected spaces/);
});
