import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { kernelRoot } from "../../../kernel/session/language/packages";
import type { CellDiagnostic } from "../../../kernel/session/language/tslab";
import { registerSource } from "../../../kernel/session/language/sources";
import { diagnosticResult, errorResult, errorText, interruptResult } from "../../../kernel/session/language/traceback";

const plain = (lines: string[]) => lines.map((line) => stripVTControlCharacters(line));
/** An error with the stack that is given. */
const thrown = (stack: string, more: object = {}) =>
  Object.assign(new Error("went wrong"), { stack: `Error: went wrong\n${stack}`, ...more });

// Each line of the script is a line of the cell, column for column.
const lines = ["const a = 1;", "function f() {", "  throw a;", "}", "f();"];
const map = JSON.stringify({ mappings: lines.map((_, i) => (i ? "AACA" : "AAAA")).join(";") });
registerSource("cell-7", { label: "Cell [7]", text: lines.join("\n"), map, linesBefore: 0, hiddenLines: 0 });

describe("errorResult", () => {
  test("gives class and message, the lines around the place, and the calls", () => {
    const { status, ename, evalue, traceback } = errorResult(thrown("    at f (cell-7:3:1)\n    at cell-7:5:1"));
    expect({ status, ename, evalue }).toEqual({ status: "error", ename: "Error", evalue: "went wrong" });
    expect(plain(traceback)).toEqual([
      "Error: went wrong",
      "Cell [7], line 3",
      "  1 | const a = 1;",
      "  2 | function f() {",
      "> 3 |   throw a;",
      "    | ^",
      "  4 | }",
      "    at f (Cell [7], line 3)",
      "    at Cell [7], line 5",
    ]);
  });

  test("leaves out Node's frames and built-in frames at the outer end", () => {
    const stack = "    at f (cell-7:3:1)\n    at node:internal/process:1:2\n    at Array.map (<anonymous>)";
    expect(plain(errorResult(thrown(stack)).traceback).filter((line) => line.includes(" at "))).toEqual([
      "    at f (Cell [7], line 3)",
    ]);
  });

  test("keeps a built-in frame between two of the cell", () => {
    const stack = "    at f (cell-7:3:1)\n    at Array.map (<anonymous>)\n    at cell-7:5:1";
    expect(plain(errorResult(thrown(stack)).traceback).filter((line) => line.includes(" at "))).toEqual([
      "    at f (Cell [7], line 3)",
      "    at Array.map (<anonymous>)",
      "    at Cell [7], line 5",
    ]);
  });

  test.each([
    ["OPTION", false],
    ["FORMAT", false],
    ["SOURCE", false],
    ["NON_FINITE", false],
    ["CANCELLED", false],
    ["WORKER", true],
    [undefined, true],
  ])("shows the library's own calls of an error with the code %p: %p", (code, isShown) => {
    const own = join(kernelRoot, "lib", "kernel", "quantize", "linear.js");
    const stack = `    at linear (${own}:1:1)\n    at f (cell-7:3:1)`;
    const shown = plain(errorResult(thrown(stack, code === undefined ? {} : { code })).traceback);
    expect(shown.some((line) => line.includes("linear.js"))).toBe(isShown);
    expect(shown.filter((line) => line.startsWith("    at")).at(-1)).toBe("    at f (Cell [7], line 3)");
  });

  test("lists calls in their order, and cuts a line of the cell after 200 characters", () => {
    const text = `throw ${"x".repeat(300)}`;
    const mappings = JSON.stringify({ mappings: "AAAA" });
    registerSource("cell-8", { label: "Cell [8]", text, map: mappings, linesBefore: 0, hiddenLines: 0 });
    const stack = "    at one (/a/one.js:1:1)\n    at two (/a/two.js:2:2)\n    at cell-8:1:1";
    const shown = plain(errorResult(thrown(stack)).traceback);
    expect(shown.filter((line) => line.startsWith("    at")).map((line) => /at (\w+)/.exec(line)?.[1])).toEqual([
      "one",
      "two",
      "Cell",
    ]);
    expect(shown).toContain(`> 1 | throw ${"x".repeat(194)}`);
  });

  test("shows twenty calls and counts the rest", () => {
    const stack = Array.from({ length: 25 }, () => "    at f (cell-7:3:1)").join("\n");
    const shown = plain(errorResult(thrown(stack)).traceback);
    expect(shown.filter((line) => line.startsWith("    at")).length).toBe(20);
    expect(shown.at(-1)).toBe("    … 5 more");
  });

  test("adds the await that an error came through, once", () => {
    const awaited = { script: "cell-7", line: 5 };
    const added = plain(errorResult(thrown("    at f (elsewhere.js:1:1)"), awaited).traceback);
    expect(added).toContain("    at async Cell [7], line 5");
    expect(added).toContain("> 5 | f();");
    const known = plain(errorResult(thrown("    at cell-7:5:1"), awaited).traceback);
    expect(known.filter((line) => line.includes("at async"))).toEqual([]);
  });

  test("says what caused it, and lists the errors of several", () => {
    const cause = thrown("    at f (cell-7:3:1)");
    expect(plain(errorResult(thrown("", { cause })).traceback)).toContain("Caused by Error: went wrong");
    const several = plain(errorResult(thrown("", { errors: [thrown(""), "text"] })).traceback);
    expect(several).toEqual([
      "Error: went wrong",
      "Error 1 of 2: Error: went wrong",
      "Error 2 of 2: Thrown string: text",
    ]);
  });

  test("shows what an error carries, and not what its message says already", () => {
    const lines = plain(errorResult(thrown("", { code: "ENOENT", path: "/x", cause: 1 })).traceback);
    expect(lines).toEqual(["Error: went wrong", "{ code: 'ENOENT', path: '/x' }", "Caused by Thrown number: 1"]);
    const own = thrown("");
    expect(plain(errorResult(Object.assign(own, { self: own })).traceback)).toEqual(["Error: went wrong"]);
    expect(plain(errorResult(thrown("", { code: "OPTION", option: "bit" })).traceback)).toEqual(["Error: went wrong"]);
  });

  test("ends a circle of causes", () => {
    const [a, b] = [thrown(""), thrown("")];
    Object.assign(a, { cause: b });
    Object.assign(b, { cause: a });
    expect(errorResult(a).traceback.length).toBe(2);
    const own = thrown("");
    Object.assign(own, { cause: own });
    expect(errorResult(own).traceback.length).toBe(1);
  });

  test.each([
    ["text", "Thrown string", "text"],
    [7, "Thrown number", "7"],
    [null, "Thrown null", "null"],
    [undefined, "Thrown undefined", "undefined"],
    [{ a: 1 }, "Thrown value", "{ a: 1 }"],
  ])("a thrown %p is told by its kind", (value, ename, evalue) => {
    expect(errorResult(value)).toEqual({ status: "error", ename, evalue, traceback: [expect.any(String)] });
  });

  test("survives a value whose every property throws", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
        has: () => {
          throw new Error("no");
        },
      },
    );
    expect(errorResult(hostile).ename).toBe("Thrown value");
  });
});

test("errorText is the same as text, with a line end", () => {
  const error = thrown("    at f (cell-7:3:1)");
  expect(errorText(error)).toBe(`${errorResult(error).traceback.join("\n")}\n`);
});

test("an interrupt shows its name and nothing else", () => {
  const result = interruptResult(thrown("    at f (cell-7:3:1)"));
  expect(plain(result.traceback)).toEqual(["Error: went wrong"]);
});

describe("diagnosticResult", () => {
  const diagnostic = (
    line: number,
    start: number,
    end: number,
    code = 2322,
    messageText = "no",
    more = {},
  ): CellDiagnostic => ({
    start: { offset: 100 * line + start, line, character: start },
    end: { offset: 100 * line + end, line, character: end },
    messageText,
    category: 1,
    code,
    ...more,
  });
  const text = "const a: string = 1;\nlet b = c;";

  test("points at the place, from 1, for as long as it is wrong", () => {
    const { ename, evalue, traceback } = diagnosticResult("Cell [1]", text, [diagnostic(0, 6, 7)]);
    expect([ename, evalue]).toEqual(["TypeScriptError", "Cell [1], line 1:7 - no"]);
    expect(plain(traceback)).toEqual([
      "TypeScriptError",
      "Cell [1], line 1:7 - error TS2322: no",
      "> 1 | const a: string = 1;",
      "    |       ^",
      "  2 | let b = c;",
    ]);
    expect(plain(diagnosticResult("Cell [1]", text, [diagnostic(0, 6, 12)]).traceback)).toContain("    |       ^^^^^^");
  });

  test("counts errors, and gathers the steps of one", () => {
    const all = [
      diagnostic(0, 6, 7, 2322, "no"),
      diagnostic(0, 6, 7, 2322, "because"),
      diagnostic(1, 8, 9, 2304, "what is c"),
    ];
    const shown = plain(diagnosticResult("Cell [1]", text, all).traceback);
    expect(shown[0]).toBe("TypeScriptError: 2 errors");
    expect(shown[2]).toBe("  because");
  });

  test("says nothing of types where the text cannot be parsed", () => {
    const { ename, traceback } = diagnosticResult("Cell [1]", text, [
      diagnostic(0, 0, 1, 2304, "type"),
      diagnostic(1, 0, 1, 1005, "syntax"),
    ]);
    expect(ename).toBe("SyntaxError");
    expect(plain(traceback).join("\n")).not.toContain("type");
  });

  test("names the user's file, without lines of the cell", () => {
    const shown = plain(
      diagnosticResult("Cell [1]", text, [diagnostic(4, 2, 3, 2322, "no", { fileName: "util.ts" })]).traceback,
    );
    expect(shown).toEqual(["TypeScriptError", "util.ts, line 5:3 - error TS2322: no"]);
  });

  test("shows ten and counts the rest", () => {
    const many = Array.from({ length: 13 }, (_, i) => diagnostic(i, 0, 1));
    expect(plain(diagnosticResult("Cell [1]", text, many).traceback).at(-1)).toBe("… and 3 more");
  });
});
