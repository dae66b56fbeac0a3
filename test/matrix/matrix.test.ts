/** Small networks of 53 families of transformers, and models that other people published, each opened as a newcomer opens it: the parameters
 *  are those that torch counts, the weights those that torch multiplies with, lying as torch's modules say; eight methods give of every weight
 *  what numpy gives; and what is saved opens to the same w′. models.py makes the networks and the truth about them, real.py reads the published
 *  files, reference.py has the expected values. The table is printed. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  edges,
  ggml,
  linear,
  lowRank,
  magnitude,
  open,
  type CompressedModel,
  type CompressOptions,
  type Model,
  type Recipe,
} from "../../kernel";
import { hasModules, itWith, realFiles, referencePython } from "../references";

const own = resolve(__dirname, "../../../test/matrix");

interface Axes {
  readonly output: readonly number[];
  readonly input: readonly number[];
  readonly stacked: readonly number[];
}

interface Truth {
  readonly parameters: number;
  readonly tensors: Readonly<Record<string, { readonly class: string; readonly axes: Axes | null }>>;
}

interface Method {
  readonly name: string;
  readonly recipe: Recipe;
  /** Of the weights those for which the method is defined, by the size of each matrix. */
  readonly takes?: (size: MatrixSize) => boolean;
}

const methods: readonly Method[] = [
  { name: "8-bit per channel", recipe: linear({ bits: 8, per: "channel" }) },
  { name: "8-bit asymmetric per channel", recipe: linear({ bits: 8, per: "channel", symmetric: false }) },
  { name: "4-bit g32", recipe: linear({ bits: 4, group: 32 }) },
  { name: "magnitude 50 % by row", recipe: magnitude({ sparsity: 0.5, scope: "row" }) },
  { name: "2:4", recipe: edges({ n: 2, m: 4 }) },
  { name: "fan-in 3", recipe: edges({ fanIn: 3 }) },
  {
    name: "rank 2",
    recipe: lowRank({ rank: 2 }),
    takes: ({ rows, columns }) => 2 * (rows + columns) < rows * columns,
  },
  // Blocks lie along the last axis of a GGUF file's tensor, which is that of the inputs in matrices alone.
  {
    name: "Q8_0",
    recipe: ggml({ type: "Q8_0" }),
    takes: ({ columns, isMatrix }) => isMatrix && columns % 32 === 0,
  },
];

interface MatrixSize {
  readonly rows: number;
  /** Inputs, and for each of them the positions of the kernel. */
  readonly columns: number;
  /** Whether it has no positions of a kernel, not even one. */
  readonly isMatrix: boolean;
}

/** One cell of the table. */
interface Cell {
  readonly family: string;
  readonly column: string;
  /** What was wrong; empty: nothing; absent: there is nothing to try. */
  readonly wrong: readonly string[] | undefined;
}

interface Job {
  readonly family: string;
  readonly method: string;
  readonly folder: string;
  readonly layers: readonly string[];
  readonly values: string;
}

function python(script: string, ...words: readonly string[]): unknown[] {
  const run = spawnSync(referencePython, [join(own, script), ...words], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 400_000,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** The size of each matrix of a weight. */
function matrixSize(shape: readonly number[], { output, input, stacked }: Axes): MatrixSize {
  const product = (axes: readonly number[]) => axes.reduce((size, axis) => size * shape[axis], 1);
  const rows = product(output);
  return {
    rows,
    columns: product(shape.map((_, axis) => axis)) / rows / product(stacked),
    isMatrix: shape.length === output.length + input.length + stacked.length,
  };
}

/** w′ of the layers, one after the other, into a file. */
async function writeValues(small: CompressedModel, layers: readonly string[], path: string): Promise<void> {
  const parts: Buffer[] = [];
  for (const name of layers) {
    const { buffer, byteOffset, byteLength } = await small.tensor(name).read();
    parts.push(Buffer.from(buffer, byteOffset, byteLength));
  }
  writeFileSync(path, Buffer.concat(parts));
}

/** Roles and axes against the truth: what is touched by default, and which way it lies. Routers stay, in torch too they are told apart. */
function judgeRoles(model: Model, touched: ReadonlySet<string>, { tensors }: Truth): string[] {
  const sorted = (axes: Axes) => JSON.stringify([axes.output, axes.input, axes.stacked]);
  const matrixOf = (shape: readonly number[], axes: Axes) => {
    // A depthwise kernel (channels, 1, …) has one input a channel, or none: the same matrix.
    const inputs = axes.input.filter((axis) => shape[axis] !== 1);
    return sorted({ ...axes, input: inputs });
  };
  return model.tensors.flatMap(({ name, shape, role, axes }) => {
    const truth = tensors[name];
    if (!truth) return [`${name} is not in the file`];
    const isWeight = truth.axes !== null && truth.axes !== undefined;
    if (isWeight !== touched.has(name))
      return [
        `${name}, ${truth.class}, is ${role ?? "of no role"} and ${touched.has(name) ? "touched" : "left alone"}`,
      ];
    if (!truth.axes) return [];
    if (!axes) return [`${name} has no axes`];
    return matrixOf(shape, axes) === matrixOf(shape, truth.axes)
      ? []
      : [`${name}, ${truth.class}, lies ${sorted(axes)}, not ${sorted(truth.axes)}`];
  });
}

async function equalModels(saved: Model, small: CompressedModel): Promise<string[]> {
  const wrong: string[] = [];
  if (saved.tensors.length !== small.tensors.length)
    wrong.push(`${saved.tensors.length} tensors of ${small.tensors.length}`);
  for (const { name } of small.tensors) {
    const [a, b] = await Promise.all([saved.tensor(name).read(), small.tensor(name).read()]);
    if (
      Buffer.compare(
        Buffer.from(a.buffer, a.byteOffset, a.byteLength),
        Buffer.from(b.buffer, b.byteOffset, b.byteLength),
      ) !== 0
    )
      wrong.push(`${name} differs`);
  }
  return wrong;
}

/** One model of the table. */
interface Made {
  readonly family: string;
  /** Where its values and the truth about them are. */
  readonly folder?: string;
  /** What is opened, where that is not the folder. */
  readonly source?: string;
  readonly error?: string;
}

/** Everything about one model but what numpy says. */
async function judge(family: string, folder: string, source: string, jobs: Job[]): Promise<Cell[]> {
  const truth = JSON.parse(readFileSync(join(folder, "truth.json"), "utf8")) as Truth;
  const cells: Cell[] = [];
  const cell = async (column: string, work: () => Promise<readonly string[] | undefined>) => {
    const wrong = await work().catch((error: Error) => [`${error.name}: ${error.message}`]);
    cells.push({ family, column, wrong });
  };
  let model: Model | undefined;
  await cell("opens", async () => {
    model = await open(source);
    return [];
  });
  if (!model) return cells;
  const opened = model;
  await cell("parameters", async () =>
    opened.parameters === truth.parameters ? [] : [`${opened.parameters}, torch counts ${truth.parameters}`],
  );
  let default8: CompressedModel | undefined;
  for (const { name: method, recipe, takes } of methods)
    await cell(method, async () => {
      const sizes = new Map(
        opened.tensors.flatMap(({ name, shape }) => {
          const axes = truth.tensors[name]?.axes;
          return axes ? [[name, matrixSize(shape, axes)] as const] : [];
        }),
      );
      const taken = takes && new Set([...sizes].flatMap(([name, size]) => (takes(size) ? [name] : [])));
      if (taken?.size === 0) return undefined;
      const options: CompressOptions = taken ? { only: ({ name }) => taken.has(name) } : {};
      const small = await compress(opened, recipe, options);
      default8 ??= small;
      const layers = small.report.layers.map(({ name }) => name);
      const values = join(folder, `${method.replace(/\W+/g, "-")}.f32`);
      await writeValues(small, layers, values);
      jobs.push({ family, method, folder, layers, values });
      return [];
    });
  await cell("roles and axes", async () =>
    judgeRoles(opened, new Set(default8?.report.layers.map(({ name }) => name)), truth),
  );
  await cell("reopens", async () => {
    if (!default8) return ["nothing was compressed"];
    const saved = source === folder ? `${folder}-saved/` : `${folder}-saved.safetensors`;
    await default8.save(saved);
    return equalModels(await open(saved), default8);
  });
  return cells;
}

const columns = ["opens", "parameters", "roles and axes", ...methods.map(({ name }) => name), "reopens"];

function table(cells: readonly Cell[], families: readonly string[]): string {
  const wide = Math.max(...families.map(({ length }) => length));
  const mark = (family: string, column: string) => {
    const found = cells.find((one) => one.family === family && one.column === column);
    return (found?.wrong === undefined ? "–" : found.wrong.length === 0 ? "✓" : "✗").padEnd(column.length);
  };
  const rows = families.map((family) => [family.padEnd(wide), ...columns.map((column) => mark(family, column))]);
  return [["".padEnd(wide), ...columns], ...rows].map((row) => row.join("  ")).join("\n");
}

async function judgeAll(made: readonly Made[], folder: string): Promise<string[]> {
  const cells: Cell[] = [];
  const jobs: Job[] = [];
  for (const { family, folder: place, source, error } of made) {
    if (place === undefined) cells.push({ family, column: "opens", wrong: [`the reference: ${error}`] });
    else cells.push(...(await judge(family, place, source ?? place, jobs)));
  }
  const list = join(folder, "jobs.json");
  writeFileSync(list, JSON.stringify(jobs));
  const results = python("reference.py", list) as { family: string; method: string; wrong: [string, string][] }[];
  const judged = cells.map((cell) => {
    const result = results.find(({ family, method }) => family === cell.family && method === cell.column);
    return result ? { ...cell, wrong: [...(cell.wrong ?? []), ...result.wrong.map((one) => one.join(": "))] } : cell;
  });
  process.stdout.write(
    `${table(
      judged,
      made.map(({ family }) => family),
    )}\n`,
  );
  expect(judged.length).toBe(made.length * columns.length);
  return judged.flatMap(({ family, column, wrong }) =>
    wrong === undefined || wrong.length === 0 ? [] : [`${family}, ${column}: ${wrong.slice(0, 3).join("; ")}`],
  );
}

const folder = mkdtempSync(join(tmpdir(), "codebook-matrix-"));
afterAll(() => rmSync(folder, { recursive: true }));

itWith(hasModules("torch", "transformers", "safetensors", "numpy", "gguf"))(
  "every family of transformers opens as torch means it, and every method gives what numpy gives",
  async () => {
    const made = python("models.py", folder) as Made[];
    expect(made.length).toBe(53);
    expect(await judgeAll(made, folder)).toEqual([]);
  },
  600_000,
);

itWith(hasModules("torch", "safetensors", "numpy", "gguf", "onnx"), realFiles)(
  "so does every published file",
  async () => {
    const made = python("real.py", realFiles, folder) as Made[];
    expect(made.length).toBe(9);
    expect(await judgeAll(made, folder)).toEqual([]);
  },
  300_000,
);
