/** The wheel as a user has it: installed into an empty environment, run from a folder outside the checkout. */
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { keep, openNotebook, root, startSite, visit } from "../browser/site";
import { makeEnvironment, type Environment } from "./environment";

jest.setTimeout(400_000);

let environment: Environment;
beforeAll(() => {
  environment = makeEnvironment();
});
afterAll(() => environment?.remove());

interface Output {
  readonly output_type: string;
  readonly text?: string | string[];
  readonly data?: Readonly<Record<string, string | string[]>>;
  readonly evalue?: string;
}

interface Notebook {
  readonly cells: { readonly source: string | string[]; readonly outputs?: Output[] }[];
}

/** A notebook of these cells; the first is tagged as holding parameters. */
function notebook(...sources: string[]) {
  const cell = (source: string, i: number) => ({
    cell_type: "code",
    id: `cell-${i}`,
    execution_count: null,
    metadata: i === 0 ? { tags: ["parameters"] } : {},
    outputs: [],
    source,
  });
  const kernelspec = { name: "codebook", display_name: "TypeScript (Codebook)", language: "typescript" };
  return { nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells: sources.map(cell) };
}

/** Runs a notebook by nbclient in the environment; gives the text of each cell's outputs. */
async function execute(name: string, ...sources: string[]): Promise<string[]> {
  const path = join(environment.folder, name);
  writeFileSync(path, JSON.stringify(notebook(...sources)));
  const { code, said } = await environment.run("jupyter", ["execute", "--inplace", "--timeout=100", path]);
  if (code !== 0) throw new Error(said);
  return textsOf(path);
}

/** papermill notes parameters in the notebook as Python's JSON has them, with NaN and infinities, which JSON has not. */
function notebookAt(path: string): Notebook {
  const text = readFileSync(path, "utf8").replace(/^(\s+)(?:NaN|-?Infinity)(?=,?$)/gm, "$1null");
  return JSON.parse(text) as Notebook;
}

function textsOf(path: string): string[] {
  const { cells } = notebookAt(path);
  const text = (value: string | string[] = "") => (typeof value === "string" ? value : value.join(""));
  return cells.map(({ outputs = [] }) =>
    outputs
      .map((one) => text(one.text) + text(one.data?.["text/plain"]) + (one.evalue ?? ""))
      .join("\n")
      .trim(),
  );
}

/** Names in the wheel. */
const names = (): string[] =>
  execFileSync(
    environment.program("python"),
    ["-c", "import sys, zipfile; print('\\n'.join(zipfile.ZipFile(sys.argv[1]).namelist()))", environment.wheel],
    {
      encoding: "utf8",
      maxBuffer: 1e8,
    },
  )
    .trim()
    .split("\n");

test("the wheel holds kernel, extension, kernelspec and licences; no map, no test, no source", () => {
  const held = names();
  const data = `${environment.wheel.split("/").at(-1)?.split("-py3")[0] ?? ""}.data/data/share/jupyter`;
  for (const file of [
    "jupyterlab_codebook/launch.py",
    "jupyterlab_codebook/node/lib/kernel/main.js",
    "jupyterlab_codebook/node/lib/kernel/index.d.ts",
    "jupyterlab_codebook/node/THIRD-PARTY-LICENSES.txt",
    `${data}/kernels/codebook/kernel.json`,
    `${data}/kernels/codebook/logo-svg.svg`,
    `${data}/labextensions/jupyterlab-codebook/package.json`,
    `${data}/labextensions/jupyterlab-codebook/install.json`,
  ])
    expect(held).toContain(file);
  expect(held.filter((name) => /\.map$|\.tsbuildinfo$|\.test\.|(^|\/)test\//.test(name))).toEqual([]);
  expect(held.filter((name) => name.endsWith(".ts") && !/\.d\.[cm]?ts$/.test(name))).toEqual([]);
  expect(statSync(environment.wheel).size).toBeLessThan(14e6);
});

test("nothing of the wheel knows where it was built", () => {
  const found = execFileSync(
    environment.program("python"),
    [
      "-c",
      "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nprint([n for n in z.namelist() if sys.argv[2].encode() in z.read(n)])",
      environment.wheel,
      root,
    ],
    { encoding: "utf8" },
  );
  expect(found.trim()).toBe("[]");
});

test("what npm installs is held by hashes, and nothing of it runs at its install", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Readonly<Record<string, { integrity?: string }>>;
  };
  const others = Object.entries(packages).filter(([name]) => name !== "");
  expect(others.filter(([, { integrity }]) => !integrity?.startsWith("sha512-")).map(([name]) => name)).toEqual([]);
  expect(readFileSync(join(root, ".npmrc"), "utf8")).toMatch(/^ignore-scripts=true$/m);
});

test("every carried package has its licence in one file", () => {
  const text = readFileSync(join(root, "out", "package", "THIRD-PARTY-LICENSES.txt"), "utf8");
  const { bundleDependencies } = JSON.parse(readFileSync(join(root, "out/package/package.json"), "utf8")) as {
    bundleDependencies: string[];
  };
  expect(bundleDependencies).toContain("zeromq");
  const titles = [...text.matchAll(/^(\S+) \d+\.\d+\.\d+\S* \(.+\)$/gm)].map(([, name]) => name);
  const real = bundleDependencies.map((name) => (name.startsWith("node-types-") ? "@types/node" : name));
  expect(real.filter((name) => !titles.includes(name))).toEqual([]);
});

test("the kernel runs without a Node on the PATH: cells, types of its own Node, threads, a layer of tfjs", async () => {
  const [version, types, small, layer] = await execute(
    "cells.ipynb",
    "process.version",
    'import { readFile } from "node:fs/promises";\nconst answer: Response = new Response("typed"); await answer.text()',
    `import { compress, fromArrays, linear } from "codebook";
     const weights = fromArrays({ "a.weight": { values: Float32Array.from({ length: 4096 }, (_, i) => Math.sin(i)), shape: [64, 64] } });
     const small = await compress(weights, linear({ bits: 4, group: 64 }));
     small.report.variants[0].bitsPerWeight`,
    `import * as tf from "@tensorflow/tfjs";
     import { QuantizedLinear } from "codebook";
     const net = tf.sequential({ layers: [new QuantizedLinear(4, 2, 3)] });
     (net.predict(tf.ones([1, 4])) as tf.Tensor).shape`,
  );
  expect(Number.parseInt(version.replace(/\D*/, ""), 10)).toBeGreaterThanOrEqual(22);
  expect(types).toBe("'typed'");
  expect(small).toBe("4.349609375");
  expect(layer).toBe("[ 1, 2 ]");
});

test("papermill sets parameters as they were given: texts with quotes, other scripts and markup, lists, dicts, null, NaN", async () => {
  const path = join(environment.folder, "parameters.ipynb");
  const declared =
    "let bits = 4; // a weight\nlet title: string = 'none'\nlet more: unknown = 0;\nlet at = 'http://x';\nlet odd: number[] = [];";
  const asked = ["bits + 1", "title", "JSON.stringify(more)", "Object.is(odd[0], NaN) && odd[1] === -Infinity", "at"];
  writeFileSync(path, JSON.stringify(notebook(declared, `console.log([${asked.join(", ")}].join("|"))`)));
  const title = `"it's" 重み </script> \\ \${bits} ${"long ".repeat(400)}`;
  const more = 'more: { none: null, "__proto__": [-0.5, 1.0e-7], sure: true, "a\\nb": -3, list: [] }';
  const out = join(environment.folder, "set.ipynb");
  const set = ["-p", "bits", "3", "-p", "title", title, "-y", `{ ${more}, odd: [.nan, -.inf] }`];
  const { code, said } = await environment.run("papermill", [path, out, ...set]);
  expect({ code, said: code === 0 ? "" : said }).toEqual({ code: 0, said: "" });
  const seen = '{"none":null,"__proto__":[-0.5,1e-7],"sure":true,"a\\nb":-3,"list":[]}';
  const { source } = notebookAt(out).cells[1];
  expect(typeof source === "string" ? source : source.join("")).toContain("let bits = 3;\n");
  expect(textsOf(out).at(-1)).toBe(["4", title, seen, "true", "http://x"].join("|"));
});

test("papermill says which parameters there are, and refuses a number that TypeScript would round", async () => {
  const path = join(environment.folder, "parameters.ipynb");
  const help = await environment.run("papermill", ["--help-notebook", path]);
  expect(help.said).toMatch(/bits: Unknown type \(default 4\)\s+a weight/);
  expect(help.said).toMatch(/title: string \(default 'none'\)/);
  expect(help.said).toMatch(/at: Unknown type \(default 'http:\/\/x'\)/);
  const out = join(environment.folder, "none.ipynb");
  const { code, said } = await environment.run("papermill", [path, out, "-p", "bits", "9007199254740993"]);
  expect(code).toBe(1);
  expect(said).toContain("parameter bits: 9007199254740993 has more than the 53 bits of a number in TypeScript");
});

test("the command answers, and its doctor finds nothing broken", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect((await environment.run("codebook", ["--version"])).said.trim()).toBe(version);
  const { code, said } = await environment.run("codebook", ["doctor"]);
  expect(said).toMatch(/^ok {3}Node: /m);
  expect(said).toMatch(/^ok {3}Kernel: .*share\/jupyter\/kernels\/codebook$/m);
  expect(said).toMatch(/^ok {3}JupyterLab: 4/m);
  expect(said).toMatch(/^ok {3}Views: .*version/m);
  expect(code).toBe(0);
});

test("without a Node, one sentence says what is missing", async () => {
  const { code, said } = await environment.run("codebook", ["--version"], { CODEBOOK_NODE: "/nowhere/node" });
  expect({ code, said: said.trim() }).toEqual({
    code: 1,
    said: "codebook: CODEBOOK_NODE names /nowhere/node, which is no program",
  });
});

test("JupyterLab on it runs the first study's opening cells and draws the figure", async () => {
  const study = JSON.parse(readFileSync(join(root, "examples", "01-what-four-bits-cost.ipynb"), "utf8")) as {
    cells: { cell_type: string; outputs?: unknown[] }[];
  };
  const cells = study.cells.slice(0, 4).map((cell) => (cell.cell_type === "code" ? { ...cell, outputs: [] } : cell));
  const models = join(environment.folder, "models");
  cpSync(join(root, "models"), models, { recursive: true, dereference: true });
  const env = { ...environment.env, CODEBOOK_MODELS: models };
  const installed = { python: environment.program("python"), env };
  const site = await startSite("lab", { "study.ipynb": { ...study, cells } }, 300, "codebook", installed);
  const visitor = await visit(1400, 1800);
  try {
    const { page } = visitor;
    await openNotebook(page, site, "lab", "study.ipynb");
    // Cells that are run before the kernel is there are not run at all.
    await page.waitForSelector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', { timeout: 90_000 });
    await page.evaluate(async () => {
      const app = (window as unknown as { jupyterapp: { commands: { execute(id: string): Promise<unknown> } } })
        .jupyterapp;
      await app.commands.execute("notebook:run-all-cells");
    });
    await page.waitForSelector(".cb-View .cb-Panel .main-svg", { timeout: 180_000 });
    await keep(page, "wheel-study");
    expect(visitor.witness.outside).toEqual([]);
  } finally {
    await visitor.leave();
    await site.stop();
  }
});
