/** The npm package as a user has it: installed from its packed file into an empty folder, without a network. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import ts from "typescript";
import * as library from "../../kernel/index";
import * as methods from "../../kernel/methods";
import { root } from "../browser/site";

jest.setTimeout(300_000);

let folder: string;
beforeAll(() => {
  execFileSync(process.execPath, [join(root, "scripts", "npm-package.mjs"), "--built"], { cwd: root, stdio: "pipe" });
  folder = mkdtempSync(join(os.tmpdir(), "codebook-npm-"));
  writeFileSync(join(folder, "package.json"), '{ "name": "user", "version": "1.0.0" }');
  const built = join(root, "out", "npm");
  const packed = join(built, readdirSync(built).find((name) => name.endsWith(".tgz")) ?? "no package");
  execFileSync("npm", ["install", "--offline", "--no-audit", "--no-fund", packed], { cwd: folder, stdio: "pipe" });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script in the user's folder; gives what it printed. */
function run(name: string, script: string): string {
  writeFileSync(join(folder, name), script);
  const env = { ...process.env, NODE_PATH: "", NODE_OPTIONS: "" };
  return execFileSync(process.execPath, [name], { cwd: folder, encoding: "utf8", env });
}

const names = Object.keys(library).sort();

test("names that were missing once are there", () => {
  expect(names).toEqual(expect.arrayContaining(["open", "QuantizedLinear", "PrunedLinear"]));
});

test("one package is installed, and nothing ran", () => {
  const { packages } = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as {
    packages: Record<string, { inBundle?: boolean; hasInstallScript?: boolean }>;
  };
  const apart = Object.entries(packages).filter(([name, { inBundle }]) => name !== "" && inBundle !== true);
  expect(apart.map(([name]) => name)).toEqual(["node_modules/jupyterlab-codebook"]);
  expect(Object.values(packages).filter(({ hasInstallScript }) => hasInstallScript)).toEqual([]);
});

test.each([
  ["jupyterlab-codebook", library as Readonly<Record<string, unknown>>],
  ["jupyterlab-codebook/methods", methods as Readonly<Record<string, unknown>>],
])("every public name of %s is imported by an ES module, by its name", (module, own) => {
  const all = Object.keys(own).sort();
  const said = run(
    "names.mjs",
    `import { ${all.join(", ")} } from "${module}";
     console.log(JSON.stringify({ ${all.join(", ")} }, (key, value) => (key === "" ? value : typeof value)));`,
  );
  const kinds = all.map((name) => [name, typeof own[name]]);
  expect(JSON.parse(said)).toEqual(Object.fromEntries(kinds));
});

test("every public name is required by CommonJS, and the library works", () => {
  const said = run(
    "work.cjs",
    `const { compress, fromArrays, linear, open, ...rest } = require("jupyterlab-codebook");
     const methods = Object.keys(require("jupyterlab-codebook/methods"));
     const values = Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i));
     (async () => {
       const small = await compress(fromArrays({ "a.weight": { values, shape: [64, 64] } }), linear({ bits: 4, group: 64 }));
       await small.save("small.safetensors");
       const back = await open("small.safetensors");
       const equal = Buffer.compare(Buffer.from((await back.tensor("a.weight").read()).buffer), Buffer.from((await small.tensor("a.weight").read()).buffer));
       console.log(JSON.stringify([Object.keys(rest).length + 4, methods.length, equal, small.report.variants[0].bitsPerWeight]));
     })();`,
  );
  // 64 groups of 64 weights: 4 bits each, a float16 scale and a 4-bit zero point a group, and the header of the layer.
  expect(JSON.parse(said)).toEqual([names.length, Object.keys(methods).length, 0, 4.349609375]);
});

test.each(["mts", "cts"])(
  "its types are those of a strict program, in every way in which a .%s file resolves them",
  (ending) => {
    writeFileSync(
      join(folder, `typed.${ending}`),
      `import { compress, linear, open, type Model, QuantizedLinear } from "jupyterlab-codebook";
     import { linearQuantizer } from "jupyterlab-codebook/methods";
     export async function bits(path: string): Promise<number> {
       const model: Model = await open(path);
       const small = await compress(model, linear({ bits: 4 }));
       return small.report.variants[0].bitsPerWeight;
     }
     export const layer = new QuantizedLinear(4, 2, 3);
     export const name: string = linearQuantizer.kind;
     // @ts-expect-error a misspelled option is no option
     linear({ bitz: 4 });`,
    );
    const ways = [
      { module: "node16", moduleResolution: "node16" },
      { module: "nodenext", moduleResolution: "nodenext" },
      { module: "esnext", moduleResolution: "bundler" },
      ...(ending === "cts" ? [{ module: "commonjs", moduleResolution: "node10" }] : []),
    ];
    const host = ts.createCompilerHost({});
    const read = host.getSourceFile.bind(host);
    const files = new Map<string, ts.SourceFile | undefined>();
    for (const way of ways) {
      const given = { ...way, strict: true, noEmit: true, target: "es2022", skipLibCheck: true, types: [] };
      const { options, errors } = ts.convertCompilerOptionsFromJson(given, folder);
      expect(errors).toEqual([]);
      // Files are parsed once for all ways that take a file for the same kind of module.
      host.getSourceFile = (file, how, ...rest) => {
        const key = `${file} ${JSON.stringify(how)}`;
        if (!files.has(key)) files.set(key, read(file, how, ...rest));
        return files.get(key);
      };
      const program = ts.createProgram([join(folder, `typed.${ending}`)], options, host);
      const said = ts
        .getPreEmitDiagnostics(program)
        .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
      expect({ way, said }).toEqual({ way, said: [] });
    }
  },
);

test("npx jupyterlab-codebook puts kernel and views into a Jupyter, and takes them out again", () => {
  const prefix = join(folder, "environment");
  const npx = (...args: string[]) =>
    execFileSync("npx", ["--offline", "jupyterlab-codebook", ...args, "--prefix", prefix], {
      cwd: folder,
      encoding: "utf8",
    });
  expect(npx("install")).toContain("Installed the kernel");
  const data = join(prefix, "share", "jupyter");
  expect(readdirSync(join(data, "kernels", "codebook"))).toContain("kernel.json");
  expect(readdirSync(join(data, "labextensions", "jupyterlab-codebook"))).toContain("package.json");
  npx("uninstall");
  expect(existsSync(data)).toBe(false);
});
