import { cellTypeScript } from "../../../kernel/session/language/tslab";
import { originalPosition, registerSource, sourceOf, type RunSource } from "../../../kernel/session/language/sources";

const ts = cellTypeScript();

/** TypeScript compiled with a source map, under the name of a script. */
function registered(
  script: string,
  text: string,
  shift: Partial<RunSource> = {},
): { source: RunSource; javascript: string[] } {
  const hidden = "\n".repeat(shift.hiddenLines ?? 0);
  const { outputText, sourceMapText = "" } = ts.transpileModule(hidden + text, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, sourceMap: true, removeComments: true },
  });
  const source: RunSource = { label: "Cell [1]", text, map: sourceMapText, linesBefore: 0, hiddenLines: 0, ...shift };
  registerSource(script, source);
  return { source, javascript: outputText.split("\n") };
}

/** Where a word stands, line and column from 1. */
const placeOf = (lines: string[], word: string) => {
  const line = lines.findIndex((text) => text.includes(word));
  return { line: line + 1, column: lines[line].indexOf(word) + 1 };
};

const text = [
  "interface A {",
  "  b: number;",
  "}",
  "const a: A = { b: 1 };",
  "",
  "function fails(): void { throw new Error(String(a.b)); }",
  "fails();",
];

test.each([
  { linesBefore: 0, hiddenLines: 0 },
  { linesBefore: 3, hiddenLines: 1 },
])("a place in the script leads to where it was written (%p)", (shift) => {
  const script = `places-${shift.linesBefore}`;
  const { source, javascript } = registered(script, text.join("\n"), shift);
  for (const word of ["function fails", "throw", "fails();", "const a"]) {
    const { line, column } = placeOf(javascript, word);
    const found = originalPosition(script, line + shift.linesBefore, column);
    expect(found?.source).toBe(source);
    expect({ line: found?.line, column: found?.column }).toEqual(placeOf(text, word));
  }
});

test("a place inside a word leads to the word", () => {
  const { javascript } = registered("inside", text.join("\n"));
  const { line, column } = placeOf(javascript, "throw");
  expect(originalPosition("inside", line, column + 2)).toMatchObject(placeOf(text, "throw"));
});

test("places before the mapped script, of hidden lines, of no map and of unknown scripts lead nowhere", () => {
  registered("before", "a", { linesBefore: 2, hiddenLines: 0 });
  expect(originalPosition("before", 1, 1)).toBeUndefined();
  registered("hidden", "a", { hiddenLines: 9 });
  registerSource("shown as hidden", {
    label: "",
    text: "",
    map: registered("x", "a").source.map,
    linesBefore: 0,
    hiddenLines: 1,
  });
  expect(originalPosition("shown as hidden", 1, 1)).toBeUndefined();
  registerSource("no map", { label: "", text: "", map: "", linesBefore: 0, hiddenLines: 0 });
  expect(originalPosition("no map", 1, 1)).toBeUndefined();
  expect(originalPosition("unknown", 1, 1)).toBeUndefined();
  expect(sourceOf("unknown")).toBeUndefined();
});

test("negative steps of a map are read: code that moved backwards", () => {
  // Two segments: column 0 → line 5, column 9; column 4 → line 2, column 1 (steps −3 and −8).
  const map = JSON.stringify({ mappings: "AAKS,IAHR" });
  registerSource("backwards", { label: "", text: "", map, linesBefore: 0, hiddenLines: 0 });
  expect(originalPosition("backwards", 1, 1)).toMatchObject({ line: 6, column: 10 });
  expect(originalPosition("backwards", 1, 5)).toMatchObject({ line: 3, column: 2 });
});
