import { memorySource } from "../../kernel/bytes/source";
import { maxJsonDepth, parseJsonObject, readJsonObject } from "../../kernel/formats/json-file";

const parse = (text: string) => parseJsonObject(Buffer.from(text), "f.json");

test.each([
  '{"a":[1,2.5,{"b":null}],"":{}}',
  '{"a": "NaN, Infinity, [[[ \\" \\\\"}',
  '{"a":1,"a":2}',
  '{"ä":"\\u00e4","n":123456789012345678901234567890}',
])("%s is what JSON.parse gives", (text) => {
  expect(parse(text)).toEqual(JSON.parse(text));
});

test("the words of Python's numbers are numbers, and texts that look alike stay texts", () => {
  expect(parse('{"a":NaN,"b":-Infinity,"c":[Infinity],"d":"NaN 0","e":"Infinity"}')).toEqual({
    ...{ a: NaN, b: -Infinity, c: [Infinity], d: "NaN 0", e: "Infinity" },
  });
});

test.each([
  ['{"a":Nan}', 5],
  ['{"a":infinity}', 5],
  ['{"ä" 1}', 6],
  ["{'a':1}", 1],
  ['{"a":1} x', 8],
  ['{"a":1,}', 7],
  ["{,}", 1],
  ['{"a":tru', 5],
  ['{"a":"b', 7],
  ['{"a":1', 6],
])("%s is refused at its byte", (text, offset) => {
  const at = (() => {
    try {
      return parse(text);
    } catch (error) {
      return (error as { offset: number }).offset;
    }
  })();
  expect(at).toBe(offset);
});

test("nesting goes as deep as the limit and no deeper; brackets in texts do not count", () => {
  const nested = (levels: number): string => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
  expect(() => parse(nested(maxJsonDepth))).not.toThrow();
  expect(() => parse(nested(maxJsonDepth + 1))).toThrow(`at most ${maxJsonDepth} levels`);
  expect(parse(`{"a":"${"[".repeat(1000)}"}`)).toEqual({ a: "[".repeat(1000) });
});

test("a file past the limit is not read", async () => {
  const source = memorySource(Buffer.from('{"a":1}'), "f.json");
  expect(await readJsonObject(source, 7, undefined)).toEqual({ a: 1 });
  const before = source.bytesRead;
  await expect(readJsonObject(source, 6, undefined)).rejects.toThrow("the file has 7 bytes; expected at most 6");
  expect(source.bytesRead).toBe(before);
});
