/** `error.stack` of cells, as everything that reads it shows it. */
import {
  framesOf,
  inUsersWords,
  installStacks,
  isDeliberate,
  readFrames,
} from "../../../kernel/session/language/stack";
import { mainGlobal } from "../../../kernel/session/language/realm";
import { Notebook } from "../notebook";

describe("in cells", () => {
  let notebook: Notebook;
  beforeAll(async () => {
    notebook = await Notebook.open();
    await notebook.value(
      "function fail(): never {\n  throw Object.assign(new TypeError('boom', { cause: new Error('why') }), { code: 'E' });\n}\n0",
    );
  });
  afterAll(() => notebook.close());
  const cell = () => `Cell [${notebook.last}]`;

  test("a stack holds the lines of the cells, and no frame of the kernel or of Node", async () => {
    const ran = await notebook.run(
      "let e: any;\ntry {\n  fail();\n} catch (thrown) { e = thrown }\nconsole.log(e.stack);",
    );
    expect(ran.stdout).toBe(`TypeError: boom\n    at fail (Cell [1], line 2)\n    at ${cell()}, line 3\n`);
  });

  test.each([
    ["console.log(e)", "stdout"],
    ["console.error({ deep: [e] })", "stderr"],
    ["console.log('%o', e)", "stdout"],
    ["e", "text"],
    ["[e]", "text"],
    ["await Promise.allSettled([Promise.reject(e)])", "text"],
  ] as const)("%s shows code, cause and lines", async (code, where) => {
    const shown = (await notebook.run(code))[where];
    for (const part of ["TypeError: boom", "at fail (Cell [1], line 2)", "code: 'E'", "[cause]: Error: why"])
      expect(shown).toContain(part);
    expect(shown).not.toMatch(/node:|kernel|\$prev|\$cell/);
  });

  test("console.trace, and an event that nobody hears", async () => {
    expect((await notebook.run("console.trace('here')")).stderr).toBe(`Trace: here\n    at ${cell()}, line 1\n`);
    const ran = await notebook.run('import { EventEmitter } from "node:events";\nnew EventEmitter().emit("error", e)');
    expect(ran.traceback).toMatch("at fail (Cell [1], line 2)");
    expect(ran.traceback).not.toMatch(/node:|kernel/);
  });

  test("eval and Function name the cell that called them", async () => {
    const ran = await notebook.run("\neval('nothingThere()')");
    expect(ran.traceback).toMatch(`at eval (${cell()}, line 2)`);
  });

  test("a preparation of the user's own comes first, and ours again when it is taken away", async () => {
    const ran = await notebook.run(`
Error.prepareStackTrace = (error, sites) => error.message + " " + String(sites[0].getFileName());
console.log(new Error("own").stack);
Error.prepareStackTrace = undefined;
console.log(new Error("ours").stack);`);
    expect(ran.stdout).toBe(`own ${cell()}\nError: ours\n    at ${cell()}, line 5\n`);
  });

  test("what has no stack of its own gets one, and frozen errors have theirs", async () => {
    expect(await notebook.value("const o: any = {}; Error.captureStackTrace(o); o.stack")).toBe(
      `'Error\\n    at ${cell()}, line 1'`,
    );
    expect((await notebook.run("throw Object.freeze(new Error('frozen'))")).traceback).toMatch(`${cell()}, line 1`);
  });

  test("the cell stands at the end of many calls of others", async () => {
    notebook.write(
      "deep.ts",
      "export function deep(n: number): number {\n  if (n === 0) throw new Error('down');\n  return deep(n - 1);\n}",
    );
    const ran = await notebook.run('import { deep } from "./deep";\ndeep(15)');
    expect(ran.traceback).toMatch(`at ${cell()}, line 2`);
  });
});

test("what was before is there again after the session", () => {
  const errors = mainGlobal.Error as unknown as Record<string, unknown>;
  const before = [errors.prepareStackTrace, errors.stackTraceLimit];
  const restore = installStacks();
  expect(errors.stackTraceLimit).toBe(50);
  restore();
  expect([errors.prepareStackTrace, errors.stackTraceLimit]).toEqual(before);
});

test("an error that no cell has a part in is told as Node tells it", () => {
  const restore = installStacks();
  const prepare = (mainGlobal.Error as unknown as { prepareStackTrace(e: object, s: unknown[]): string })
    .prepareStackTrace;
  restore();
  expect(prepare(new Error("own"), ["run (node:internal/x:1:2)"])).toBe("Error: own\n    at run (node:internal/x:1:2)");
  expect(prepare(new Error("bare"), [])).toBe("Error: bare");
  const hostile = new Proxy(
    {},
    {
      get: () => {
        throw new Error("no");
      },
    },
  );
  expect(prepare(hostile, [])).toBe("Error");
  const error = new Error("x");
  const stack = prepare(error, ["f (/a/b.js:1:2)"]);
  expect(framesOf(error, stack)).toEqual([{ text: "at f (/a/b.js:1:2)" }]);
  expect(framesOf(error, "Error: x\n    at g (/c.js:3:4)")).toEqual([{ text: "at g (/c.js:3:4)" }]);
});

test("names that only the emitted JavaScript has are worded again", () => {
  expect(inUsersWords("(0 , $prev_f.value) of $prev_a$1.value, $cell.meta.x")).toBe("f of a$1, import.meta.x");
});

test("an error is deliberate by its code", () => {
  expect([isDeliberate({ code: "OPTION" }), isDeliberate({ code: "ENOENT" }), isDeliberate(null)]).toEqual([
    true,
    false,
    false,
  ]);
});

test("frames of the kernel and of Node are left out, those of packages are kept", () => {
  expect(readFrames("    at a (node:fs:1:2)\n    at async b (/p/node_modules/q/r.js:3:4)\n  text", true)).toEqual([
    { text: "at async b (/p/node_modules/q/r.js:3:4)" },
  ]);
});
