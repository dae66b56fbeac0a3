import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CellModules } from "../../../kernel/session/language/modules";
import { kernelRoot } from "../../../kernel/session/language/packages";
import { mainGlobal } from "../../../kernel/session/language/realm";

let folder: string;
let modules: CellModules;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "modules-")));
  modules = new CellModules(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const mainTries = () => (mainGlobal as { modulesTestTries?: number }).modulesTestTries;
const write = (name: string, text: string) => {
  mkdirSync(join(folder, name, ".."), { recursive: true });
  writeFileSync(join(folder, name), text);
};

describe("where a name leads", () => {
  test("a file of one's own is found without its ending, as written, as a folder, and as the TypeScript behind .js", () => {
    for (const name of ["a.ts", "b.js", "c.json", "d/index.ts"]) write(name, "0");
    for (const [asked, file] of [
      ["./a", "a.ts"],
      ["./a.ts", "a.ts"],
      ["./a.js", "a.ts"],
      ["./b", "b.js"],
      ["./c", "c.json"],
      ["./d", "d/index.ts"],
    ])
      expect([asked, modules.resolve(asked, folder)]).toEqual([asked, join(folder, file)]);
    expect(modules.resolve("../a", join(folder, "d"))).toBe(join(folder, "a.ts"));
  });

  test("every ending of a source is tried, and the one that TypeScript writes for another", () => {
    for (const ending of [".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".cjs", ".mjs", ".json"]) {
      write(`one${ending.slice(1)}${ending}`, "0");
      write(`index-of${ending}/index${ending}`, "0");
      expect(modules.resolve(`./one${ending.slice(1)}`, folder)).toBe(join(folder, `one${ending.slice(1)}${ending}`));
      expect(modules.resolve(`./index-of${ending}`, folder)).toBe(join(folder, `index-of${ending}/index${ending}`));
    }
    for (const [asked, file] of [
      ["./x.js", "x.tsx"],
      ["./y.mjs", "y.mts"],
      ["./z.cjs", "z.cts"],
    ] as const) {
      write(file, "0");
      expect(modules.resolve(asked, folder)).toBe(join(folder, file));
    }
  });

  test("an address of a file is its path, and require.resolve says where a name leads", () => {
    write("a b.ts", "0");
    const file = join(folder, "a b.ts");
    expect(modules.resolve(pathToFileURL(file).href, "/")).toBe(file);
    expect(modules.require.resolve("./a b")).toBe(file);
    expect(modules.require.resolve.paths("x")?.[0]).toBe(join(folder, "node_modules"));
  });

  test("built-in modules are themselves, and codebook is this kernel's", () => {
    expect(modules.resolve("node:fs", folder)).toBe("node:fs");
    expect(modules.resolve("codebook", folder)).toBe(join(kernelRoot, "lib/kernel/index.js"));
    expect(modules.resolve("codebook/package.json", folder)).toBe(join(kernelRoot, "package.json"));
  });

  test("a package of the folder comes before the one that is given", () => {
    write("node_modules/codebook/package.json", '{"main":"own.js"}');
    write("node_modules/codebook/own.js", "0");
    expect(modules.resolve("codebook", folder)).toBe(join(folder, "node_modules/codebook/own.js"));
  });

  test("what is missing is said in one sentence, with the remedy where it is a package", () => {
    expect(() => modules.resolve("nothing-of-this-name", folder)).toThrow(
      `Cannot find module "nothing-of-this-name"; install it with \`npm install nothing-of-this-name\` in ${folder}`,
    );
    expect(() => modules.resolve("./nothing", folder)).toThrow(/^Cannot find module ".\/nothing"$/);
  });
});

describe("an import", () => {
  test("gives a CommonJS module's properties, and itself as default", () => {
    write("m.cjs", "module.exports = { a: 1 };");
    expect(modules.import("./m.cjs")).toMatchObject({ a: 1, default: { a: 1 } });
  });

  test.each([
    ["null", "null", { default: null }],
    ["a number", "5", { default: 5 }],
    ["a class", "class { static a = 1 }", { a: 1, default: expect.any(Function) as unknown }],
    ["a default of its own among others", "{ a: 1, default: 2 }", { a: 1, default: { a: 1, default: 2 } }],
    ["what was an ES module", "{ __esModule: true, a: 1, default: 2 }", { __esModule: true, a: 1, default: 2 }],
    ["what only looks like one", "{ __esModule: 1, a: 1 }", { a: 1, default: { __esModule: 1, a: 1 } }],
  ])("of %s", (_, exported, namespace) => {
    write("m.cjs", `module.exports = ${exported};`);
    expect({ ...(modules.import("./m.cjs") as object) }).toMatchObject(namespace);
  });

  test("of JSON gives its value, and says which file is broken", () => {
    write("a.json", '\ufeff{ "a": 1 }');
    expect(modules.import("./a.json")).toMatchObject({ a: 1, default: { a: 1 } });
    write("b.json", "{");
    expect(() => modules.import("./b.json")).toThrow(`${join(folder, "b.json")}: `);
  });

  test("reads a file again when one that it imports has changed, however far away", () => {
    write("a.ts", 'import { b } from "./b"; export const a = "a" + b;');
    write("b.ts", 'import { c } from "./c"; export const b = "b" + c;');
    write("c.ts", 'export const c = "c";');
    write("apart.ts", "export const apart = {};");
    const apart = (modules.import("./apart") as { apart: object }).apart;
    expect(modules.import("./a")).toMatchObject({ a: "abc" });
    write("c.ts", 'export const c = "changed";');
    expect(modules.import("./a")).toMatchObject({ a: "abchanged" });
    expect((modules.import("./apart") as { apart: object }).apart).toBe(apart);
  });

  test("of a file that threw runs it again, and leaves packages to Node, which reads them once", () => {
    write("broken.js", "globalThis.modulesTestTries = (globalThis.modulesTestTries ?? 0) + 1; throw new Error('own');");
    for (let i = 0; i < 2; i++) expect(() => modules.import("./broken.js")).toThrow("own");
    expect(mainTries()).toBe(2);
    write("node_modules/p/package.json", '{"main":"m.js"}');
    write("node_modules/p/m.js", "exports.n = 1;");
    expect(modules.import("p")).toMatchObject({ n: 1 });
    write("node_modules/p/m.js", "exports.n = 2; // changed");
    expect(modules.import("p")).toMatchObject({ n: 1 });
  });

  test("knows its own file and folder, and may import at any time", async () => {
    write(
      "below/own.js",
      "exports.place = [__filename, __dirname, require('./data.json').n]; exports.later = () => import('node:path');",
    );
    write("below/data.json", '{ "n": 3 }');
    const own = modules.import("./below/own.js") as { place: unknown[]; later: () => Promise<object> };
    expect(own.place).toEqual([join(folder, "below", "own.js"), join(folder, "below"), 3]);
    expect(await own.later()).toHaveProperty("join");
  });

  test("hands on what is wrong in a package that is there", () => {
    write("node_modules/wrong/package.json", '{"main":"m.js"}');
    write("node_modules/wrong/m.js", "throw Object.assign(new Error('own'), { code: 'ODD' });");
    expect(() => modules.import("wrong")).toThrow(expect.objectContaining({ code: "ODD", message: "own" }));
  });

  test("runs a file once, and again when it changed", () => {
    write(
      "count.js",
      "globalThis.modulesTestCount = (globalThis.modulesTestCount ?? 0) + 1; module.exports = globalThis.modulesTestCount;",
    );
    const read = () => (modules.import("./count.js") as { default: number }).default;
    const first = read();
    expect(read()).toBe(first);
    write(
      "count.js",
      "globalThis.modulesTestCount = globalThis.modulesTestCount + 1; module.exports = globalThis.modulesTestCount; // changed",
    );
    expect(read()).toBe(first + 1);
  });

  test("knows the notebook's folder", () => {
    expect(modules.meta).toMatchObject({ dirname: folder, filename: join(folder, "notebook.ts") });
  });
});
