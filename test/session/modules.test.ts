import { mkdirSync, utimesSync } from "node:fs";
import path from "node:path";
import { Notebook } from "./notebook";

let notebook: Notebook;
beforeEach(async () => {
  notebook = await Notebook.open();
});
afterEach(() => notebook.close());
const value = (code: string) => notebook.value(code);

describe("the user's own files", () => {
  test("are typed, run, and read again when they changed", async () => {
    notebook.write("util.ts", "export const half = (n: number) => n / 2; export type Unit = 'a';");
    expect(await value('import { half, type Unit } from "./util"; const unit: Unit = "a"; half(6)')).toBe("3");
    notebook.write("util.ts", "export const half = (n: number) => `half of ${n}`;");
    expect(await value('import { half } from "./util"; half(6).toUpperCase()')).toBe("'HALF OF 6'");
  });

  test("are read again when a file that they import changed, and circles close", async () => {
    notebook.write(
      "deep/a.ts",
      'import { b } from "./b"; export const a = () => "a" + b(); export const last = () => "z";',
    );
    notebook.write(
      "deep/b.ts",
      'import { last } from "./a"; import { c } from "./c.js"; export const b = () => "b" + c + last();',
    );
    notebook.write("deep/c.ts", 'export const c = "c";');
    expect(await value('import { a } from "./deep/a"; a()')).toBe("'abcz'");
    notebook.write("deep/c.ts", 'export const c = "changed";');
    expect(await value('import { a } from "./deep/a"; a()')).toBe("'abchangedz'");
  });

  test("JSON, JavaScript of both kinds, and files above the folder", async () => {
    notebook.write("inner/data.json", '{ "n": 1 }');
    notebook.write("inner/plain.js", "module.exports = { f: () => 'cjs' };");
    notebook.write("inner/module.js", "export const f = () => 'esm'; export default 5;");
    notebook.write("above.ts", "export const above = 'above';");
    const folder = path.join(notebook.folder, "inner");
    const code = `import data from "./inner/data.json"; import plain from "./inner/plain.js"; import five, { f } from "./inner/module.js"; [data.n, plain.f(), f(), five]`;
    expect(await value(code)).toBe("[ 1, 'cjs', 'esm', 5 ]");
    notebook.write("inner/data.json", '{ "n": "text" }');
    expect(await value('import data from "./inner/data.json"; data.n.length')).toBe("4");
    mkdirSync(folder, { recursive: true });
    expect(await value("(require('./inner/data.json') as any).n")).toBe("'text'");
  });

  test("a file that comes later is found, and one that throws is traced", async () => {
    expect((await notebook.run('import { x } from "./later"')).error).toMatch(/TypeScriptError.*Cannot find module/);
    notebook.write(
      "later.ts",
      "export const x = 1;\nexport function fail(): never {\n  throw new Error('in a file');\n}",
    );
    expect(await value('import { x, fail } from "./later"; x')).toBe("1");
    const ran = await notebook.run("fail()");
    expect(ran.traceback).toMatch("at fail (later.ts, line 3)");
    expect(ran.traceback).toMatch("> 3 |   throw new Error('in a file');");
  });

  test("a type error in a file names the file", async () => {
    notebook.write("wrong.ts", "\nexport const n: number = 'x';");
    expect((await notebook.run('import { n } from "./wrong"; n')).error).toMatch("wrong.ts, line 2:14");
    notebook.write("wrong.ts", "\nexport const n: number = 2;");
    expect(await value('import { n } from "./wrong"; n')).toBe("2");
  });

  test("an unchanged file is not run again", async () => {
    notebook.write("once.ts", "(globalThis as any).runs = ((globalThis as any).runs ?? 0) + 1; export const id = {};");
    await value('import { id } from "./once"; const first = id;');
    await value('import { id } from "./once"; const second = id;');
    expect(await value("[first === second, (globalThis as any).runs]")).toBe("[ true, 1 ]");
    utimesSync(path.join(notebook.folder, "once.ts"), new Date(), new Date(Date.now() + 5000));
    expect(await value('import { id } from "./once"; id === first')).toBe("false");
  });
});

describe("files as ES modules", () => {
  test("await at their top level, know their place, and export live values", async () => {
    notebook.write(
      "counter.ts",
      `import { setTimeout as wait } from "node:timers/promises";
await wait(1);
for await (const x of [1]) void x;
export let count = 0;
export function more(): number { return ++count; }
export const place: string = import.meta.url;
export default class Named {}`,
    );
    notebook.write(
      "user.ts",
      'import { count, more } from "./counter"; export const grown = () => { more(); return count; };',
    );
    expect(await value('import { grown } from "./user"; [grown(), grown()]')).toBe("[ 1, 2 ]");
    expect(await value('import Named, { place, count } from "./counter.ts"; [Named.name, place, count]')).toBe(
      `[ 'Named', 'file://${notebook.folder}/counter.ts', 2 ]`,
    );
  });

  test("close circles, also where both await", async () => {
    notebook.write(
      "a.ts",
      'import { b } from "./b"; await null; export const name = "a"; export function a() { return "a" + b(); }',
    );
    notebook.write(
      "b.ts",
      'import { a, name } from "./a"; await null; export const kind = typeof a; export function b() { return "b" + name; }',
    );
    expect(await value('import { a } from "./a"; import { kind } from "./b"; [a(), kind]')).toBe(
      "[ 'aba', 'function' ]",
    );
  });

  test("of every ending are fresh, with their importers, in cells and in functions", async () => {
    notebook.write("deep.mjs", "export const n = 1;");
    notebook.write(
      "top.mts",
      'import { n } from "./deep.mjs"; export const twice = n * 2; export const later = async () => (await import("./deep.mjs")).n as number;',
    );
    expect(await value('const top = await import("./top.mts"); [top.twice, await top.later()]')).toBe("[ 2, 1 ]");
    notebook.write("deep.mjs", "export const n = 10; // changed");
    expect(await value("[top.twice, await top.later()]")).toBe("[ 2, 10 ]");
    expect(await value('(await import("./top.mts")).twice')).toBe("20");
  });

  test("hand on names of others, and are neighbours of CommonJS", async () => {
    notebook.write(
      "plain.cjs",
      "const { here } = require('./es'); module.exports = { here, isMain: require.main === module };",
    );
    notebook.write("es.ts", 'export const here = "es"; export default 1;');
    notebook.write(
      "all.ts",
      'import one, { here } from "./es"; import plain from "./plain.cjs"; export { here as there, plain }; export * as es from "./es"; export { one as default };',
    );
    expect(await value('import one, { there, plain, es } from "./all"; [one, there, plain, es.here]')).toBe(
      "[ 1, 'es', { here: 'es', isMain: false }, 'es' ]",
    );
  });

  test("errors name their file and line, and speak the names of imports", async () => {
    notebook.write(
      "wrong.ts",
      'import { here } from "./es2";\nexport function wrong() {\n  (here as any)();\n}\nexport const rejects = async () => {\n  await null;\n  throw new Error("late");\n};',
    );
    notebook.write("es2.ts", "export const here = 1;");
    const ran = await notebook.run('import { wrong, rejects } from "./wrong";\nwrong()');
    expect(ran.error).toBe("TypeError: here is not a function");
    expect(ran.traceback).toMatch(`at wrong (wrong.ts, line 3)\n    at Cell [${notebook.last}], line 2`);
    expect((await notebook.run("await rejects()")).traceback).toMatch("at rejects (wrong.ts, line 7)");
    notebook.write("throws.ts", 'export const x = 1;\nawait null;\nthrow new Error("at load");');
    expect((await notebook.run('import { x } from "./throws"')).traceback).toMatch(
      `at throws.ts, line 3\n    at async Cell [${notebook.last}], line 1`,
    );
    notebook.write("throws.ts", "export const x = 2;");
    expect(await value('import { x } from "./throws"; x')).toBe("2");
  });

  test("that await cannot be required, which is said", async () => {
    notebook.write("awaits.ts", "export const x = await 1;");
    expect((await notebook.run('require("./awaits")')).error).toBe(
      'Error: "./awaits" awaits at its top level, so it cannot be required; import it: await import("./awaits")',
    );
  });
});

test("a cell is the main module, as a program's first file is", async () => {
  expect(
    await value(
      "module.exports = { a: 1 }; exports.b = 2; [require.main === module, module.filename === __filename, __dirname === import.meta.dirname]",
    ),
  ).toBe("[ true, true, true ]");
  expect(await value('import.meta.resolve("node:fs") + import.meta.resolve("fs")')).toBe("'node:fsnode:fs'");
});

test("a comma's value is its last", async () => {
  expect(await value("const a = 1, b = 2;\na, b")).toBe("2");
});

describe("packages", () => {
  test("of the user win, CommonJS and ES modules alike, installed at any time", async () => {
    expect((await notebook.run('import x from "cjs-pkg"')).error).toMatch("Cannot find module 'cjs-pkg'");
    notebook.write("node_modules/cjs-pkg/package.json", '{ "name": "cjs-pkg", "main": "m.js", "types": "m.d.ts" }');
    notebook.write("node_modules/cjs-pkg/m.js", "exports.word = 'common'; exports.n = 1;");
    notebook.write("node_modules/cjs-pkg/m.d.ts", "export const word: string; export const n: number;");
    expect(await value('import * as all from "cjs-pkg"; import { word } from "cjs-pkg"; [word, all.n]')).toBe(
      "[ 'common', 1 ]",
    );
    notebook.write(
      "node_modules/esm-pkg/package.json",
      '{ "name": "esm-pkg", "type": "module", "exports": { "import": "./m.js" }, "types": "m.d.ts" }',
    );
    notebook.write(
      "node_modules/esm-pkg/m.js",
      "export const word = await Promise.resolve('module'); export default () => 'default';",
    );
    notebook.write("node_modules/esm-pkg/m.d.ts", "export const word: string; export default function f(): string;");
    expect(await value('import f, { word } from "esm-pkg"; [word, f()]')).toBe("[ 'module', 'default' ]");
    expect(await value('(await import("esm-pkg")).word')).toBe("'module'");
  });

  test("built-in modules, with types from an empty folder", async () => {
    expect(
      await value(
        'import fs from "fs"; import { join } from "node:path"; import * as os from "node:os"; [typeof fs.readFileSync, join("a", "b"), typeof os.cpus]',
      ),
    ).toBe("[ 'function', 'a/b', 'function' ]");
    expect(
      await value(
        "[typeof fetch, typeof setTimeout, typeof Buffer, typeof URL, typeof structuredClone, typeof performance.now, typeof AbortController, typeof TextDecoder].join()",
      ),
    ).toBe("'function,function,function,function,function,function,function,function'");
  });

  test("codebook/methods is there too, typed, completed and of the same objects, though no file bears its name", async () => {
    const code = `
      import { linear, quantize } from "codebook";
      import { linearQuantizer, storedBits, type Quantized } from "codebook/methods";
      const { quantized } = quantize(new Float32Array([1, 2, 3, 4]), linear({ bits: 4, per: "channel" }), { shape: [2, 2] });
      const again: Quantized = linearQuantizer.quantize(new Float32Array([1, 2, 3, 4]), [2, 2], linear({ bits: 4, per: "channel" }));
      [storedBits(quantized), storedBits(again), require("codebook").quantize === quantize]`;
    // Four codes of 4 bits and two scales of 32.
    expect(await value(code)).toBe("[ 80, 80, true ]");
    const { matches } = await notebook.language.complete('import { stored } from "codebook/methods"', 15);
    expect(matches).toEqual(["storedBits"]);
    expect((await notebook.language.inspect("storedBits", 3, 0)).data["text/plain"]).toMatch(
      "Bits of everything stored",
    );
    expect((await notebook.run("storedBits(1)")).error).toMatch("not assignable to parameter of type 'Quantized'");
    expect((await notebook.run('import { open } from "codebook/methods"')).error).toMatch("no exported member 'open'");
    expect((await notebook.run("require('codebook/no-such-file')")).error).toMatch("Cannot find module");
  });

  test("what is missing is said in one sentence", async () => {
    const ran = await notebook.run("require('no-such-package')");
    expect(ran.error).toBe(
      `Error: Cannot find module "no-such-package"; install it with \`npm install no-such-package\` in ${notebook.folder}`,
    );
  });

  test("codebook and tfjs are there from any folder, typed, and one and the same", async () => {
    expect(await value('import * as codebook from "codebook"; typeof codebook')).toBe("'object'");
    const code =
      'import * as tf from "@tensorflow/tfjs"; const t: tf.Tensor2D = tf.tensor2d([[1, 2], [3, 4]]); t.shape.map((n: number) => n * 2)';
    expect(await value(code)).toBe("[ 4, 4 ]");
    expect(await value("t")).toBe("Tensor float32 [2, 2], range 1 … 4\n    [[1, 2],\n     [3, 4]]");
    expect(await value("t.dispose(); t")).toBe("Tensor float32 [2, 2] (disposed)");
    expect((await notebook.run('import { noSuchExport } from "codebook"')).error).toMatch(
      "no exported member 'noSuchExport'",
    );
  }, 60_000);
});
