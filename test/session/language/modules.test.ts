import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CellModules } from "../../../kernel/session/language/modules";
import { kernelRoot } from "../../../kernel/session/language/packages";

let folder: string;
let modules: CellModules;
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "modules-")));
  modules = new CellModules(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
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
