import { FormatError } from "../../kernel/errors";
import { charsmapOf, replacedBy } from "../../kernel/llama-cpp/charsmap";
import { givenOf } from "./tokenizer-fixtures";

const rules = new Map([
  ["\t", " "],
  ["a", "b"],
  ["ab", "c"],
  ["abcd", "long"],
  ["é", ""],
  ["日本", "x"],
]);

test("the longest beginning that the table holds is replaced, the rest stays", () => {
  const table = charsmapOf(rules);
  expect(replacedBy(table, "a\tabé日本日a🦊", "f")).toBe("b cx日b🦊");
  expect(replacedBy(table, "abcabcd", "f")).toBe("cclong");
  expect(replacedBy(table, "", "f")).toBe("");
});

test("a table of every byte, whose units fill whole blocks, so that no byte leads past the end", () => {
  const all = new Map(Array.from({ length: 2000 }, (_, i) => [String.fromCodePoint(0x100 + i), `${i % 7}`]));
  const table = charsmapOf(all);
  expect(Buffer.from(table).readUInt32LE() % 1024).toBe(0);
  for (const [from, to] of all) expect(replacedBy(table, from, "f")).toBe(to);
  expect(replacedBy(table, "aÿ🦊", "f")).toBe("aÿ🦊");
});

test("a table that SentencePiece made is read as SentencePiece reads it", () => {
  const { precompiled_charsmap: text } = givenOf("xlm-r").tokenizer.normalizer as { precompiled_charsmap: string };
  const table = Buffer.from(text, "base64");
  expect(replacedBy(table, "４２\tÉe\u0301ab Ⅷ…", "f")).toBe("42 Ééab VIII...");
});

test("units that lead out of the table are an error", () => {
  const table = Buffer.from(charsmapOf(rules));
  for (const bad of [new Uint8Array(0), table.subarray(0, 3), table.subarray(0, 100)])
    expect(() => replacedBy(bad, "a", "f")).toThrow(FormatError);
  table.fill(0xff, 4, 8);
  expect(() => replacedBy(table, "a", "f")).toThrow("no table of characters");
});
