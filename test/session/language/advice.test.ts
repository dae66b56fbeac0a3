/** What a user is told to do, beside what the type checker says. */
import ts from "typescript";
import { adviceOn, LostNames } from "../../../kernel/session/language/advice";
import type { CellDiagnostic } from "../../../kernel/session/language/tslab";
import { Notebook } from "../notebook";

const lost = new LostNames();
lost.note(
  ts,
  'import { open, linear as l } from "codebook"; import * as all from "x"; import d from "y";',
  "Cell [1]",
  "did not pass the check",
);
lost.note(
  ts,
  "const { a, b: [c] } = f(); function g() {} class K {} enum E { A }",
  "Cell [2]",
  "stopped with an error",
);
lost.note(ts, "let slow = await forever();", "Cell [3]", "was interrupted");

/** A diagnostic on the `part` of `source`. */
const on = (source: string, part: string, code: number, messageText: string): string | undefined => {
  const start = source.lastIndexOf(part);
  const place = (offset: number) => ({ offset, line: 0, character: offset });
  const item: CellDiagnostic = { start: place(start), end: place(start + part.length), messageText, category: 1, code };
  return adviceOn(item, source, lost);
};
const missing = (name: string) => on(name, name, 2304, `Cannot find name '${name}'.`);

test.each(["open", "l", "all", "d"])("%s was to be imported by a cell that did not pass", (name) => {
  expect(missing(name)).toMatch(
    /^Cell \[1\] imports it from "\w+", but did not pass the check, so the import did not run: mend it and run it again\.$/,
  );
});

test.each(["a", "c", "g", "K", "E"])("%s was to be declared by a cell that failed", (name) => {
  expect(missing(name)).toBe("Cell [2] declares it, but stopped with an error before that: run it again.");
});

test("a name of an interrupted cell, of codebook, of Node, of tfjs, and of no cell", () => {
  expect(missing("slow")).toBe("Cell [3] declares it, but was interrupted: run it again.");
  expect(missing("compress")).toBe('It comes from "codebook": import { compress } from "codebook"');
  expect(missing("fs")).toBe('It is a module of Node\'s: import fs from "node:fs"');
  expect(missing("tf")).toMatch('import * as tf from "@tensorflow/tfjs"');
  expect(missing("nowhere")).toBe("No cell that has run declares it.");
});

test("a name that a cell declares after all is forgotten", () => {
  const names = new LostNames();
  names.note(ts, "const again = 1;", "Cell [1]", "was interrupted");
  names.found(["again"]);
  expect(names.adviceFor("again")).toBeUndefined();
});

test.each([
  [
    "p.tensor(1)",
    "tensor",
    2339,
    "Property 'tensor' does not exist on type 'Promise<Model>'.",
    "p is a promise: await it first, as in (await p).tensor",
  ],
  [
    'open("m").tensors',
    "tensors",
    2339,
    "Property 'tensors' does not exist on type 'Promise<Model>'.",
    'open("m") is a promise: await it first, as in (await open("m")).tensors',
  ],
  [
    "(x ? p : q).tensor",
    "tensor",
    2339,
    "Property 'tensor' does not exist on type 'Promise<Model>'.",
    "It is a promise: await it first.",
  ],
  [
    "f(p)",
    "p",
    2345,
    "Argument of type 'Promise<Model>' is not assignable to parameter of type 'Model'.",
    "It is a promise: await it first, as in await p",
  ],
  [
    "const n: number = x + y",
    "x + y",
    2322,
    "Type 'Promise<number>' is not assignable to type 'number'.",
    "It is a promise: await it first.",
  ],
  [
    "for (const x of p) {}",
    "p",
    2488,
    "Type 'Promise<number[]>' must have a '[Symbol.iterator]()' method that returns an iterator.",
    "It is a promise: await it first, as in await p",
  ],
  [
    "f(p)",
    "p",
    2345,
    "Argument of type 'Promise<number>' is not assignable to parameter of type 'Promise<string>'.",
    undefined,
  ],
  [
    'compress("m", r)',
    '"m"',
    2345,
    "Argument of type 'string' is not assignable to parameter of type 'Model'.",
    'Open the model first: await open("m")',
  ],
  ['count("m")', '"m"', 2345, "Argument of type 'string' is not assignable to parameter of type 'number'.", undefined],
  [
    "name.tensor",
    "tensor",
    2339,
    "Property 'tensor' does not exist on type 'string'.",
    "That is a name; open the model first: await open(…)",
  ],
  ["name.length2", "length2", 2339, "Property 'length2' does not exist on type 'string'.", undefined],
])("%s: %s", (source, part, code, message, advice) => {
  expect(on(source, part, code, message)).toBe(advice);
});

test("an error in a file of the user's is left alone", () => {
  const place = { offset: 0, line: 0, character: 0 };
  const item = {
    start: place,
    end: place,
    messageText: "Cannot find name 'open'.",
    category: 1,
    code: 2304,
    fileName: "a.ts",
  };
  expect(adviceOn(item, "", lost)).toBeUndefined();
});

describe("in cells", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await Notebook.open();
  });
  afterAll(() => notebook.close());

  test("a failed import is named by all that miss it, until it runs", async () => {
    await notebook.run('import { join } from "node:path"; import nothing from "./not-there";');
    const ran = await notebook.run('join("a", "b")');
    expect(ran.error).toBe(
      `TypeScriptError: Cell [2], line 1:1 - Cannot find name 'join'. Cell [1] imports it from "node:path", but did not pass the check, so the import did not run: mend it and run it again.`,
    );
    expect(ran.traceback).toMatch("so the import did not run");
    expect(await notebook.value('import { join } from "node:path"; join("a", "b")')).toBe("'a/b'");
    expect((await notebook.run("missing2")).traceback).toMatch("No cell that has run declares it.");
  });

  test("names of a cell that failed, or was interrupted, say so", async () => {
    await notebook.run('const early = 1;\nconst broken = JSON.parse("{");');
    const failed = notebook.last;
    expect((await notebook.run("early + broken")).error).toBe(
      `ReferenceError: 'broken' has no value: Cell [${failed}], which declares it, stopped before that. Run it again.`,
    );
    await notebook.runInterrupted("const endless = await new Promise<number>(() => undefined);");
    expect((await notebook.run("endless")).error).toMatch("declares it, but was interrupted: run it again.");
  });
});
