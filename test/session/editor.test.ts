import { Notebook } from "./notebook";

let notebook: Notebook;
beforeAll(async () => {
  notebook = await Notebook.open();
  await notebook.run(`/** Half of a number.
 * @param whole the number
 * @returns its half
 */
function halve(whole: number): number { return whole / 2 }
interface Options { bits: number; scheme?: "symmetric" | "asymmetric" }
const settings: Options = { bits: 4 }; function use(options: Options) {} const emoji = "x";`);
  notebook.write("local.ts", "export const one = 1;");
  notebook.write("sub/inner.ts", "export const two = 2;");
  notebook.write("data.json", "{}");
});
afterAll(() => notebook.close());

/** Completes at the bar in `code`. */
async function complete(code: string) {
  const cursor = code.indexOf("|");
  const answer = await notebook.language.complete(code.replace("|", ""), cursor);
  const kinds = (answer.metadata as { _jupyter_types_experimental: { text: string; type: string }[] })
    ._jupyter_types_experimental;
  return { ...answer, kind: (name: string) => kinds.find(({ text }) => text === name)?.type };
}

describe("completion", () => {
  test("of the user's own names, with their kinds", async () => {
    const found = await complete("const a = hal|");
    expect(found).toMatchObject({ matches: ["halve"], cursor_start: 10, cursor_end: 13 });
    expect(found.kind("halve")).toBe("function");
  });

  test("of members, also of a name that is not finished", async () => {
    expect((await complete("settings.|")).matches).toEqual(["bits", "scheme"]);
    expect((await complete("[1].fl|")).matches).toEqual(expect.arrayContaining(["flat", "flatMap"]));
    expect((await complete("Math.max|")).matches).toEqual(["max"]);
  });

  test("of option names and option values", async () => {
    expect((await complete("use({ bits: 4, sch| })")).matches).toContain("scheme");
    expect(await complete('use({ bits: 4, scheme: "sy|" })')).toMatchObject({
      matches: ["symmetric", "asymmetric"],
      cursor_start: 24,
      cursor_end: 26,
    });
  });

  test("of the globals of cells and of names in the same cell", async () => {
    expect((await complete("displ|")).matches).toContain("display");
    expect((await complete("const inThisCell = 1; inThis|")).matches).toEqual(["inThisCell"]);
  });

  test("of import paths", async () => {
    expect((await complete('import { x } from "codeb|"')).matches[0]).toBe("codebook");
    expect((await complete('import "@tensorflow/tf|"')).matches).toContain("@tensorflow/tfjs");
    expect((await complete('import fs from "node:fs|')).matches).toContain("node:fs");
    expect((await complete('import { one } from "./lo|"')).matches).toEqual(["./local"]);
    expect((await complete('import { two } from "./sub/|"')).matches).toEqual(["./sub/inner"]);
    expect((await complete('await import("./|")')).matches).toEqual(["./data.json", "./local", "./sub/"]);
  });

  test("inside text there is nothing to complete", async () => {
    expect((await complete('const s = "hal|"')).matches).toEqual([]);
  });

  test("behind characters outside the BMP the offsets are UTF-16", async () => {
    expect(await complete('"😀"; hal|')).toMatchObject({ matches: ["halve"], cursor_start: 6, cursor_end: 9 });
  });
});

describe("hover", () => {
  const inspect = (code: string, detail: 0 | 1 = 0) => {
    const cursor = code.indexOf("|");
    return notebook.language.inspect(code.replace("|", ""), cursor, detail);
  };

  test("gives signature and documentation, as text and as Markdown", async () => {
    for (const code of ["hal|ve(4)", "halve|(4)", "|halve(4)", "halve(|"]) {
      const { found, data } = await inspect(code);
      expect(found).toBe(true);
      expect(data["text/plain"]).toMatch("function halve(whole: number): number\n\nHalf of a number.");
      expect(data["text/markdown"]).toMatch("```ts\nfunction halve(whole: number): number\n```");
      expect(data["text/markdown"]).toMatch("- `whole`: the number");
    }
  });

  test("knows the globals of cells and, with detail, where a name is declared", async () => {
    expect((await inspect("disp|lay(1)")).data["text/plain"]).toMatch("Shows a value in the cell's output");
    expect((await inspect("hal|ve(1)", 1)).data["text/plain"]).toMatch("Declared in a cell of this notebook");
    expect((await inspect("Mat|h.max(1)", 1)).data["text/plain"]).toMatch(/Declared in .*lib\.es.*\.d\.ts, line \d+/);
  });

  test("of nothing is nothing", async () => {
    expect(await inspect("  |  ")).toEqual({ found: false, data: {} });
    expect(await inspect("const s = 1 // com|ment")).toEqual({ found: false, data: {} });
  });
});

describe("isComplete", () => {
  test.each([
    ["const a = 1", "complete", undefined],
    ["", "complete", undefined],
    ["function f() {", "incomplete", "  "],
    ["function f() {\n  if (x) {", "incomplete", "    "],
    ["f(1,\n", "incomplete", "  "],
    ["const a =", "incomplete", ""],
    ["`open", "incomplete", ""],
    ["/* open", "incomplete", ""],
    ["if (a) {\n}", "complete", undefined],
    ["for await (const x of y) {\n  z(x);\n}", "complete", undefined],
    ["await f()", "complete", undefined],
    ["foo(]", "invalid", undefined],
    ["const 1a = 2;", "invalid", undefined],
    ["'open", "invalid", undefined],
    ["}", "invalid", undefined],
  ])("%j is %s", (code, status, indent) => {
    expect(notebook.language.isComplete(code)).toEqual(indent === undefined ? { status } : { status, indent });
  });
});
