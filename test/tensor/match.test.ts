import fc from "fast-check";
import { layerMatcher, spelledNames } from "../../kernel/tensor/match";
import type { LayerPattern } from "../../kernel/tensor/match";

const layer = (name: string): { name: string; shape: number[]; dtype: string; parameters: number } => ({
  name,
  shape: [2, 3],
  dtype: "F32",
  parameters: 6,
});
const matches = (pattern: LayerPattern | LayerPattern[], name: string): boolean => layerMatcher(pattern)(layer(name));

describe("layer patterns", () => {
  it.each<[string, string, boolean]>([
    ["encoder.**.weight", "encoder.layer.0.query.weight", true],
    ["encoder.**.weight", "encoder.weight", true],
    ["encoder.**.weight", "encoder.layer.0.query.bias", false],
    ["encoder.**.weight", "encoder.layerweight", false],
    ["encoder.**.weight", "my.encoder.x.weight", false],
    ["encoder.*.weight", "encoder.0.weight", true],
    ["encoder.*.weight", "encoder.0.1.weight", false],
    ["encoder.*.weight", "encoder.weight", false],
    ["**", "anything.at.all", true],
    ["**", "", true],
    ["*", "a.b", false],
    ["**.weight", "weight", true],
    ["**.weight", "a.b.weight", true],
    ["**.weight", "a.bweight", false],
    ["**.*.weight", "weight", false],
    ["**.*.weight", "a.weight", true],
    ["**.a.**.b", "a.b", true],
    ["**.a.**.b", "x.a.y.z.b", true],
    ["**.a.**.b", "x.b.a", false],
    ["encoder.**", "encoder.a.b", true],
    ["encoder.**", "encoder", false],
    ["**query**", "a.query.weight", true],
    ["blk.?.attn_{q,k}.weight", "blk.3.attn_k.weight", true],
    ["blk.?.attn_{q,k}.weight", "blk.3.attn_v.weight", false],
    ["blk.?.x", "blk.13.x", false],
    ["{a,b{c,d}}.w", "bd.w", true],
    ["a\\*b", "a*b", true],
    ["a\\*b", "axb", false],
    ["[0].w", "[0].w", true],
    ["😀?", "😀é", true],
    ["(a|b)+", "a", false],
    ["a.weight", "a_weight", false],
  ])("%s on %s: %p", (pattern, name, expected) => expect(matches(pattern, name)).toBe(expected));

  it("takes regular expressions without their memory, functions and lists", () => {
    const sticky = layerMatcher(/weight/g);
    expect([sticky(layer("a.weight")), sticky(layer("a.weight"))]).toEqual([true, true]);
    expect(matches((l) => l.shape.length === 2 && l.parameters > 5, "any")).toBe(true);
    expect(matches(["*.bias", /norm/i], "LayerNorm.weight")).toBe(true);
    expect(matches([], "a")).toBe(false);
  });

  it("agrees with a regular expression of the same meaning", () => {
    const part = fc.constantFrom("a", "b", "ab", "*", "**", "?", "a*", "**b");
    const name = fc.array(fc.constantFrom("a", "b", ".", "ab"), { maxLength: 8 }).map((list) => list.join(""));
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), name, (parts, text) => {
        const glob = parts.join(".");
        const source = glob
          .replace(/(^|\.)\*\*\./g, "$1P")
          .replace(/(^|P)\*\*\./g, "$1P")
          .replace(/\*\*/g, "D")
          .replace(/\./g, "\\.")
          .replace(/\*/g, "[^.]*")
          .replace(/\?/g, "[^.]")
          .replace(/P/g, "(?:[^.]*\\.)*")
          .replace(/D/g, "[^]*");
        expect([glob, text, matches(glob, text)]).toEqual([glob, text, new RegExp(`^${source}$`).test(text)]);
      }),
      { numRuns: 3000, seed: 11 },
    );
  });

  it("takes time in proportion, whatever the pattern", () => {
    expect(matches(`${"**a".repeat(30)}**c`, "a".repeat(5000))).toBe(false);
    expect(matches("**.".repeat(30) + "c", "a.".repeat(2000))).toBe(false);
  });

  it("refuses patterns that make no sense", () => {
    expect(() => layerMatcher("")).toThrow(/matches nothing/);
    expect(() => layerMatcher("a{b")).toThrow(/opens a brace/);
    expect(() => layerMatcher("a\\")).toThrow(/single \\/);
    expect(() => layerMatcher("{a,b}".repeat(11))).toThrow(/more than 1024/);
    expect(() => layerMatcher(7 as unknown as string)).toThrow(/takes a glob/);
    expect(() => matches(() => Promise.resolve(false) as unknown as boolean, "a")).toThrow(/gives a promise/);
  });
});

test("names that a pattern spells out are those of braces and letters alone", () => {
  expect(spelledNames("a.b")).toEqual(["a.b", "a.b"]);
  expect(spelledNames(["a.{0,1}", "b.*", /c/, "d\\*"])).toEqual(["a.{0,1}", "a.0", "a.1", "b.*", "d\\*", "d*"]);
  expect(spelledNames(() => true)).toEqual([]);
  expect(spelledNames("")).toEqual([]);
});
