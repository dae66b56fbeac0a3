/** Every example runs through the kernel of this checkout to its last cell, which asserts its claims; its page keeps the figures; and the
 *  outputs that are committed are the outputs that a run gives. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { installOwnKernel, type OwnKernel } from "../own-kernel";

const root = join(__dirname, "..", "..", "..");
const python = process.env.CODEBOOK_PYTHON ?? join(root, ".venv", "bin", "python");
const out = join(root, "out", "test", "notebooks");
const view = "application/vnd.codebook.view+json";

interface Output {
  readonly output_type: string;
  readonly data?: Record<string, unknown>;
  readonly text?: string;
}
interface Cell {
  readonly cell_type: string;
  readonly source: string | readonly string[];
  readonly outputs?: readonly Output[];
}
const cellsOf = (path: string): Cell[] => (JSON.parse(readFileSync(path, "utf8")) as { cells: Cell[] }).cells;
const textOf = (cell: Cell): string => (typeof cell.source === "string" ? cell.source : cell.source.join(""));
/** The MIME bundles of all outputs; a text that the file keeps as lines is joined. */
const dataOf = (cells: readonly Cell[]): Record<string, unknown>[] =>
  cells
    .flatMap((cell) => cell.outputs ?? [])
    .flatMap((output) => (output.data ? [output.data] : []))
    .map((data) =>
      Object.fromEntries(
        Object.entries(data).map(([type, value]) => [type, Array.isArray(value) ? value.join("") : value]),
      ),
    );

const examples = readdirSync(join(root, "examples")).filter((name) => name.endsWith(".ipynb"));

test("there are examples", () => {
  expect(examples).toContain("01-what-four-bits-cost.ipynb");
});

let kernel: OwnKernel;
beforeAll(() => (kernel = installOwnKernel()));
afterAll(() => kernel?.remove());

test("the kernel that Jupyter finds is the one that was built here", () => {
  const ask = "from jupyter_client.kernelspec import get_kernel_spec as g; print(g('codebook').argv[-2])";
  const found = spawnSync(python, ["-c", ask], { encoding: "utf8", env: { ...process.env, ...kernel.environment } });
  expect(found.stdout.trim()).toBe(kernel.main);
  expect(kernel.main).toBe(join(root, "lib", "kernel", "main.js"));
});

describe.each(examples)("%s", (name) => {
  const path = join(root, "examples", name);
  const stem = join(out, name.replace(/\.ipynb$/, ""));
  let executed: Cell[];

  beforeAll(() => {
    mkdirSync(out, { recursive: true });
    const run = spawnSync(python, [join(root, "scripts", "python", "execute.py"), path, stem], {
      encoding: "utf8",
      timeout: 900_000,
      env: { ...process.env, ...kernel.environment, CODEBOOK_MODELS: join(root, "models") },
    });
    if (run.status !== 0) throw new Error(`${name} failed:\n${run.stdout}\n${run.stderr}`);
    executed = cellsOf(`${stem}.ipynb`);
  }, 920_000);

  it("asserts its claims in its last cell", () => {
    const last = executed.filter((cell) => cell.cell_type === "code").at(-1);
    expect(last && textOf(last)).toMatch(/\bassert\b/);
  });

  it("shows views with a static form and a text form each, reports with a picture", () => {
    const views = dataOf(executed).filter((data) => view in data);
    const reports = views.filter((data) => (data[view] as { kind: string }).kind === "report");
    expect(reports.length).toBeGreaterThan(0);
    for (const data of reports) expect(data["text/html"]).toContain("data:image/svg+xml;base64,");
    for (const data of views) {
      expect(data["text/html"]).toContain("<table");
      expect(String(data["text/plain"]).length).toBeGreaterThan(100);
    }
  });

  it("keeps the pictures in the one-file page", () => {
    const page = readFileSync(`${stem}.html`, "utf8");
    expect(page).toContain("data:image/svg+xml;base64,");
    expect(page).not.toMatch(/<(script|img|link)[^>]+(src|href)="https?:/);
  });

  it("gives, when it is run again, the outputs that are committed", () => {
    const committed = dataOf(cellsOf(path));
    const again = dataOf(executed);
    expect(again.length).toBe(committed.length);
    again.forEach((data, index) => {
      // What a study asked of a library that is not on this machine, it says so in place of the answer.
      const isMissing = JSON.stringify(data).includes("not installed here") && !process.env.CODEBOOK_SKIP_NOTHING;
      if (!isMissing) expect(data).toEqual(committed[index]);
    });
  });
});
