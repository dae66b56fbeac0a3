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
    expect((await complete('await import("./|")')).matches.sort()).toEqual(["./data.json", "./local", "./sub/"]);
    expect((await complete('export { one } from "./lo|"')).matches).toEqual(["./local"]);
    expect((await complete('require("./lo|")')).matches).toEqual(["./local"]);
    expect((await complete('use("./lo|" as any)')).matches).toEqual([]);
    expect((await complete('import "|"')).matches).toEqual(expect.arrayContaining(["codebook", "node:fs"]));
    expect((await complete('import "nowhere-like-this|"')).matches).toEqual([]);
    expect((await complete('import "./none/|"')).matches).toEqual([]);
  });

  test("of import paths leaves out what cannot be imported, and writes TypeScript's without their ending", async () => {
    for (const file of [
      "a.ts",
      "b.tsx",
      "c.mts",
      "d.js",
      "e.json",
      "types.d.ts",
      "notes.txt",
      ".hidden.ts",
      "node_modules/p/x.js",
    ])
      notebook.write(`kinds/${file}`, "");
    expect((await complete('import "./kinds/|"')).matches.sort()).toEqual(
      ["a", "b", "c.mts", "d.js", "e.json"].map((name) => `./kinds/${name}`),
    );
    expect((await complete('import ".|"')).matches).toContain("./local");
    expect((await complete('import "..|"')).matches.every((name) => name.startsWith("../"))).toBe(true);
    const { kind } = await complete('import "./|"');
    expect([kind("./local"), kind("./sub/")]).toEqual(["module", "directory"]);
  });

  test("of packages gives those of this folder and the ones above it, by their whole names", async () => {
    for (const name of ["solo", "@scope/inner", "@types/typed", ".cache"])
      notebook.write(`node_modules/${name}/package.json`, "{}");
    const matches = async (typed: string) => (await complete(`import "${typed}|"`)).matches;
    expect(await matches("solo")).toEqual(["solo"]);
    expect(await matches("@scope/")).toEqual(["@scope/inner"]);
    expect(await matches("@types")).toEqual([]);
    expect(await matches(".cache")).toEqual([]);
    expect(await matches("node:fs")).toEqual(["node:fs"]);
    expect((await matches("node:")).some((name) => /^node:_|^node:.*\//.test(name))).toBe(false);
  });

  test("puts first what begins with the typed text, then what does in other letters, then what holds it", async () => {
    for (const name of ["xLOAD", "Loader", "load", "other"]) notebook.write(`order/${name}.ts`, "");
    expect((await complete('import "./order/load|"')).matches).toEqual(["./order/load", "./order/Loader"]);
    for (const name of ["zz-abc", "ABC-x", "abc"]) notebook.write(`node_modules/${name}/package.json`, "{}");
    expect((await complete('import "abc|"')).matches).toEqual(["abc", "ABC-x", "zz-abc"]);
  });

  test("says where each match goes, and of what kind it is", async () => {
    const { metadata } = await notebook.language.complete("1; hal", 6);
    expect(metadata).toEqual({
      _jupyter_types_experimental: [{ text: "halve", type: "function", start: 3, end: 6 }],
    });
  });

  test("behind the end of a text is no part of it", async () => {
    expect((await complete('use({ bits: 4, scheme: "symmetric"| })')).matches).not.toContain("symmetric");
    expect((await complete('import "./lo"|')).matches).not.toContain("./local");
    expect((await complete('import { x } from |"./lo"')).matches).not.toContain("./local");
    // A text that is still open goes on to the cursor.
    expect((await complete('import "./lo|')).matches).toEqual(["./local"]);
  });

  test("cuts nothing off, and gives none of the kernel's own names", async () => {
    const names = Array.from({ length: 501 }, (_, i) => `name${i}: ${i}`);
    await notebook.run(`const wide = { ${names.join(", ")} }`);
    expect((await complete("wide.|")).matches).toHaveLength(501);
    expect((await complete("|")).matches.filter((name) => name.startsWith("__tslab"))).toEqual([]);
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

  test("writes each tag of the documentation, as text and as Markdown", async () => {
    await notebook.run(`/** Doubles a number.
 *
 * Twice.
 * @param n - the number
 * @param bare
 * @returns its double
 * @example
 * twice(2)
 * @deprecated
 */
function twice(n: number, bare?: string): number { return n + n }`);
    const signature = "function twice(n: number, bare?: string): number";
    const { data } = await inspect("twi|ce(2)");
    expect(data["text/plain"]).toBe(
      `${signature}\n\nDoubles a number.\n\nTwice.\n\n` +
        "@param n - the number\n@param bare\n@returns its double\n@example twice(2)\n@deprecated",
    );
    expect(data["text/markdown"]).toBe(
      `\`\`\`ts\n${signature}\n\`\`\`\n\nDoubles a number.\n\nTwice.\n\n` +
        "- `n`: the number\n- `bare`\n**Returns** its double\n**Example**\n\n```ts\ntwice(2)\n```\n**Deprecated**",
    );
  });

  test("says of every name where it is declared: a cell, a package, the library itself", async () => {
    notebook.write("node_modules/typed-pkg/package.json", '{ "name": "typed-pkg", "types": "deep/t.d.ts" }');
    notebook.write("node_modules/typed-pkg/deep/t.d.ts", "\n\nexport declare const far: number;\n");
    notebook.write("node_modules/typed-pkg/index.js", "exports.far = 1;");
    const declared = async (code: string) =>
      /Declared in (.*)$/.exec(String((await inspect(code, 1)).data["text/plain"]))?.[1];
    expect(await declared('import { far } from "typed-pkg"; fa|r')).toBe("typed-pkg/deep/t.d.ts, line 3");
    expect(await declared('import { linear } from "codebook"; line|ar')).toMatch(
      /^codebook\/quantize\/linear\.d\.ts, line \d+$/,
    );
    expect(await declared('import { one } from "./local"; on|e')).toBe("local.ts, line 1");
    expect(await declared("const here = 1; he|re")).toBe("a cell of this notebook");
    expect(await declared("hal|ve(1)")).toBe("a cell of this notebook");
    expect((await inspect("hal|ve(1)")).data["text/plain"]).not.toContain("Declared in");
  });

  test("of nothing is nothing", async () => {
    expect(await inspect("  |  ")).toEqual({ found: false, data: {} });
    expect(await inspect("const s = 1 // com|ment")).toEqual({ found: false, data: {} });
    expect(await inspect("notThe|re")).toEqual({ found: false, data: {} });
  });

  test("among the arguments of a call says what the call takes, and which of it is written", async () => {
    const { data } = await inspect("halve(4, |)");
    expect(data["text/plain"]).toMatch("halve(whole: number): number");
    const { data: options } = await inspect("use({ |})");
    expect(options["text/plain"]).toBe("use(options: Options): void\n\n`options: Options`");
    const { data: second } = await inspect("parseInt('1', |)");
    expect(second["text/plain"]).toMatch(/^parseInt\(.*\n\n`radix\?: number`: /s);
  });

  test("keeps the line breaks of the documentation", async () => {
    const { data } = await inspect("process.nextT|ick");
    expect(String(data["text/plain"]).split("\n").length).toBeGreaterThan(5);
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
