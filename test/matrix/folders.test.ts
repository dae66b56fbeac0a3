/** What is saved for transformers opens plainly and computes w′: small networks of all families of models.py, in every form of a folder. folders.py
 *  opens and judges them, all in one process. The table is printed: `CODEBOOK_TESTS=full npx jest matrix/folders` makes it whole,
 *  `CODEBOOK_MATRIX=mixtral,t5:int8,nf4` some families and forms of it. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  fp4,
  fp8,
  linear,
  magnitude,
  mxfp4,
  mxfp8,
  nf4,
  nvfp4,
  open,
  OptionError,
  saveBitsandbytes,
  type CompressedModel,
  type Recipe,
  type SaveSummary,
} from "../../kernel";
import { hasModules, itWith, referencePython } from "../references";
import { isFull } from "../tiers";

const own = resolve(__dirname, "../../../test/matrix");

interface Form {
  readonly name: string;
  readonly recipe: Recipe;
  /** Writes it otherwise than `save` does. */
  readonly write?: (small: CompressedModel, folder: string) => Promise<SaveSummary>;
  /** In what type the library decodes; "float32" unless told. */
  readonly computes?: "bfloat16" | "int8";
}

const attention = "**{attn,attention}*.**";

/** Columns of the table. */
const forms: readonly Form[] = [
  { name: "int4", recipe: linear({ bits: 4, group: 32 }) },
  { name: "int4 asym", recipe: linear({ bits: 4, group: 32, symmetric: false }) },
  { name: "int4 g64", recipe: linear({ bits: 4, group: 64 }) },
  { name: "int8", recipe: linear({ bits: 8, per: "channel" }) },
  { name: "int8 asym", recipe: linear({ bits: 8, per: "channel", symmetric: false }) },
  { name: "int8 tensor", recipe: linear({ bits: 8, per: "tensor", symmetric: false }) },
  { name: "fp8", recipe: fp8({ per: "channel" }) },
  { name: "nvfp4", recipe: nvfp4(), computes: "bfloat16" },
  { name: "mxfp4", recipe: mxfp4(), computes: "bfloat16" },
  { name: "mxfp8", recipe: mxfp8(), computes: "bfloat16" },
  {
    name: "mixed",
    recipe: [
      { match: attention, steps: linear({ bits: 8, per: "channel" }) },
      { match: "**", steps: linear({ bits: 4, group: 32 }) },
    ],
  },
  {
    name: "mixed asym",
    recipe: [
      { match: attention, steps: linear({ bits: 8, per: "channel", symmetric: false }) },
      { match: "**", steps: linear({ bits: 4, group: 32, symmetric: false }) },
    ],
  },
  { name: "nf4", recipe: nf4() },
  { name: "nf4 double", recipe: nf4({ doubleQuant: true }) },
  { name: "fp4", recipe: fp4() },
  { name: "bnb int8", recipe: linear({ bits: 8, per: "channel" }), write: saveBitsandbytes, computes: "int8" },
  { name: "pruned", recipe: magnitude({ sparsity: 0.5 }) },
];

/** Cells that are refused, by what was wrong upstream: `saveBitsandbytes` has nothing to pack. The other forms are written as plain weights then. */
const refused: Readonly<Record<string, readonly string[]>> = {
  "transformers converts no linear layer of a class of its own": ["falcon", "falcon-new"],
  "transformers turns no Conv1D that is packed already": ["gpt2"],
  "bitsandbytes packs no convolutions": ["resnet", "mobilenet-v2"],
  "the network multiplies with the weights itself, past the modules": ["mamba"],
  "LLM.int8() takes inputs of four dimensions for others": ["convnext", "convnextv2"],
};
const isRefused = (family: string, form: string) =>
  form === "bnb int8" && Object.values(refused).some((families) => families.includes(family));

interface Made {
  readonly family: string;
  readonly folder?: string;
  readonly error?: string;
}

interface Cell {
  readonly family: string;
  readonly form: string;
  readonly wrong: readonly string[];
  readonly isRefused?: boolean;
  /** Packed layers of those that were quantized; absent where the saving failed. */
  readonly packed?: string;
}

function python(script: string, ...words: readonly string[]): unknown[] {
  const run = spawnSync(referencePython, [join(own, script), ...words], {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 1_500_000,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** Saves one model in one form; the job for folders.py. */
async function saved(family: string, model: string, folder: string, form: Form) {
  const place = join(folder, `${family}-${form.name.replace(/\W+/g, "-")}`);
  mkdirSync(place);
  const small = await compress(await open(model), form.recipe, { workers: 1, allowUnmatched: true });
  const values = join(place, "values.safetensors");
  await small.save(values);
  const summary = form.write ? await form.write(small, `${place}/saved`) : await small.save(`${place}/saved/`);
  const packed = summary.layers.filter(({ held }) => held === "packed").map(({ name }) => name);
  const quantized = summary.layers.filter(({ held, reason }) => held === "packed" || reason !== undefined);
  return {
    cell: `${packed.length}/${quantized.length}`,
    job: {
      family,
      form: form.name,
      model,
      saved: `${place}/saved`,
      values,
      packed,
      computes: packed.length > 0 ? (form.computes ?? "float32") : "float32",
    },
  };
}

function table(cells: readonly Cell[], families: readonly string[]): string {
  const wide = Math.max(...families.map(({ length }) => length));
  const mark = (family: string, { name }: Form) => {
    const found = cells.find((one) => one.family === family && one.form === name);
    const sign = found?.isRefused ? "refused" : found?.wrong.length === 0 ? "✓" : "✗";
    const text = found === undefined ? "–" : `${sign} ${found.packed ?? ""}`;
    return text.padEnd(Math.max(name.length, 7));
  };
  const rows = families.map((family) => [family.padEnd(wide), ...forms.map((form) => mark(family, form))]);
  return [["".padEnd(wide), ...forms.map(({ name }) => name.padEnd(7))], ...rows]
    .map((row) => row.join("  "))
    .join("\n");
}

/** What `npm test` takes: of each family two or three forms, so that each form meets six families and more; the full run takes all 901 pairs. */
function isTaken(family: number, form: number): boolean {
  return isFull || (family + 5 * form) % 8 === 0;
}

const folder = mkdtempSync(join(tmpdir(), "codebook-folders-"));
afterAll(() => rmSync(folder, { recursive: true }));

itWith(hasModules("torch", "transformers", "safetensors", "compressed_tensors", "bitsandbytes", "accelerate"))(
  "every folder opens plainly and computes w′",
  async () => {
    const [families = "", columns = ""] = (process.env.CODEBOOK_MATRIX ?? "").split(":");
    const wanted = families === "" ? [] : families.split(",");
    const made = python("models.py", folder, ...wanted) as Made[];
    const cells: Cell[] = [];
    const jobs: object[] = [];
    const counts = new Map<string, string>();
    for (const [at, { family, folder: model, error }] of made.entries())
      for (const [number, form] of forms.entries()) {
        if (columns === "" ? !isTaken(at, number) : !columns.split(",").includes(form.name)) continue;
        if (model === undefined) {
          cells.push({ family, form: form.name, wrong: [`the reference: ${error}`] });
          continue;
        }
        try {
          const { cell, job } = await saved(family, model, folder, form);
          jobs.push(job);
          counts.set(`${family} ${form.name}`, cell);
        } catch (failed) {
          const isKnown = failed instanceof OptionError && isRefused(family, form.name);
          cells.push({ family, form: form.name, wrong: isKnown ? [] : [String(failed)], isRefused: isKnown });
        }
      }
    const list = join(folder, "jobs.json");
    writeFileSync(list, JSON.stringify(jobs));
    const judged = python("folders.py", list) as Cell[];
    for (const cell of judged) cells.push({ ...cell, packed: counts.get(`${cell.family} ${cell.form}`) ?? "" });
    process.stdout.write(
      `${table(
        cells,
        made.map(({ family }) => family),
      )}\n`,
    );
    const wrong = cells.filter((cell) => cell.wrong.length > 0);
    const refusals = cells.filter((cell) => cell.isRefused);
    expect(refusals.map(({ family, form }) => [family, form, isRefused(family, form)])).toEqual(
      refusals.map(({ family, form }) => [family, form, true]),
    );
    if (columns === "") expect(refusals.length).toBeLessThanOrEqual(cells.length / 10);
    expect(wrong.map((cell) => `${cell.family}, ${cell.form}: ${cell.wrong.slice(0, 3).join("; ")}`)).toEqual([]);
  },
  1_600_000,
);
