/** What is saved for transformers opens plainly and computes w′: small networks of all families of models.py, in every form of a folder. folders.py
 *  opens and judges them, all of a set in one process, and reads each config.json key by key with the classes that it is for. The tables are
 *  printed: `CODEBOOK_TESTS=full npx jest matrix/folders` makes them whole, `CODEBOOK_MATRIX=mixtral,t5@even:int8,nf4` some families and forms. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  fp4,
  fp8,
  linear,
  layers,
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
  type SaveBitsandbytesOptions,
  type SaveSummary,
  type Step,
} from "../../kernel";
import { hasModules, itWith, referencePython } from "../references";
import { isFull } from "../tiers";

const own = resolve(__dirname, "../../../test/matrix");

interface Form {
  readonly name: string;
  readonly recipe: Recipe;
  /** Writes it otherwise than `save` does. */
  readonly write?: (small: CompressedModel, folder: string, options: SaveBitsandbytesOptions) => Promise<SaveSummary>;
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
  form === "bnb int8" && Object.values(refused).some((families) => families.includes(family.replace(/@.*/, "")));

/** Networks in forms, and how they are saved. */
interface MatrixSet {
  readonly name: string;
  /** What `npm test` takes of it: words of models.py, and for each the forms; "*" for all, of which `isTaken` chooses. */
  readonly part: Readonly<Record<string, readonly string[]>>;
  /** What the full run takes: words of models.py, "*@even" for all its families, "more" for all of more_models.py. */
  readonly all: readonly string[];
  readonly forms: readonly string[];
  readonly options?: SaveBitsandbytesOptions;
  /** Is taken out of the network before. */
  readonly cut?: Step;
  /** What the folder is called. */
  readonly called?: string;
}

const every = forms.map(({ name }) => name);

const sets: readonly MatrixSet[] = [
  { name: "widths that groups do not divide", part: { "*": every }, all: ["*"], forms: every },
  {
    name: "widths that groups divide, in several files",
    part: {
      "mixtral@even": ["int4", "int4 g64", "nvfp4", "mixed asym"],
      "deepseek-v2@even": ["int4 asym", "mxfp4", "fp8"],
      "llama@even": ["int4 g64", "mxfp8"],
      "bert@even": ["mixed", "nf4"],
    },
    all: ["*@even"],
    forms: every,
    options: { maxShardSize: "24kB" },
  },
  {
    name: "weights of 16 bits, in a folder with an odd name",
    part: {
      "llama@even,bf16": ["int4 g64", "nf4", "pruned"],
      "t5@even,f16": ["int8 asym", "bnb int8"],
      "qwen3-moe@even,bf16": ["mixed"],
    },
    all: ["*@even,bf16", "llama@even,f16", "t5@even,f16", "bert@even,f16", "gpt2@even,f16", "mixtral@even,f16"],
    forms: every,
    called: "sävéd [1] %20 'x' {y}",
  },
  {
    name: "further families",
    part: {
      llama4: ["int4 g64", "nf4"],
      nomic_bert: ["int4 g64"],
      siglip: ["int4 g64"],
      jamba: ["int4 g64"],
      gemma4: ["mixed"],
    },
    all: ["more"],
    forms: ["int4 g64", "int8", "mixed asym", "nf4", "bnb int8"],
  },
  {
    name: "a block taken out",
    part: { "gpt2@even": ["int8", "pruned"], "qwen2@even": ["int4 g64", "nf4"] },
    all: [
      "llama",
      "llama-tied",
      "mistral",
      "qwen2",
      "qwen3",
      "phi3",
      "gemma",
      "gpt2",
      "gpt-neox",
      "bert",
      "roberta",
    ].map((family) => `${family}@even`),
    forms: every,
    cut: layers({ drop: [0] }),
  },
];

interface MadeFolder {
  /** The word that asked for it. */
  readonly word: string;
  readonly family: string;
  readonly folder: string;
}

/** What models.py made, or why it did not. */
type Made = MadeFolder | { readonly word: string; readonly family: string; readonly error: string };

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
async function saved({ family, folder: model }: MadeFolder, { name, recipe, write, computes }: Form, set: MatrixSet) {
  const { options = {}, cut, called = "saved" } = set;
  const place = join(folder, `${family}-${name}-${set.name}`.replace(/\W+/g, "-"));
  mkdirSync(place);
  const opened = await open(model);
  const settings = { workers: 1, allowUnmatched: true };
  // A network that is cut has a config.json of its own.
  if (cut) await (await compress(opened, cut, settings)).save(`${place}/cut/`);
  const steps = cut && !Array.isArray(recipe) ? [cut, recipe as Step] : recipe;
  const small = await compress(opened, steps, settings);
  const values = join(place, "values.safetensors");
  await small.save(values);
  const to = join(place, called);
  const summary = write ? await write(small, to, options) : await small.save(`${to}/`, options);
  const packed = summary.layers.filter(({ held }) => held === "packed").map((layer) => layer.name);
  const quantized = summary.layers.filter(({ held, reason }) => held === "packed" || reason !== undefined);
  return {
    cell: `${packed.length}/${quantized.length}`,
    job: {
      family,
      form: name,
      model,
      ...(cut && { config: `${place}/cut` }),
      saved: to,
      values,
      packed,
      computes: packed.length > 0 ? (computes ?? "float32") : "float32",
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

/** What `npm test` takes of all: of each family two or three forms, so that each form meets six families and more; the full run takes all 901 pairs. */
function isTaken(family: number, form: number): boolean {
  return isFull || (family + 5 * form) % 8 === 0;
}

const [onlyFamilies = "", onlyForms = ""] = (process.env.CODEBOOK_MATRIX ?? "").split(":");
const wordsOf = (text: string) => text.match(/[^,]+(@even,b?f16)?/g) ?? [];

/** The words of models.py, and for each family and form whether it is in this run. */
function wanted({ part, all, forms: columns }: MatrixSet): {
  readonly words: readonly string[];
  readonly takes: (family: string, at: number, form: string) => boolean;
} {
  const chosen = onlyForms === "" ? undefined : onlyForms.split(",");
  if (onlyFamilies !== "")
    return {
      words: wordsOf(onlyFamilies),
      takes: (_family, _at, form) => chosen?.includes(form) ?? columns.includes(form),
    };
  const isAll = (form: string, at: number) =>
    columns.includes(form) && (chosen?.includes(form) ?? isTaken(at, every.indexOf(form)));
  if (isFull || "*" in part) return { words: all, takes: (_, at, form) => isAll(form, at) };
  return { words: Object.keys(part), takes: (family, _, form) => part[family].includes(form) };
}

const folder = mkdtempSync(join(tmpdir(), "codebook-folders-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Every cell of the sets; their tables are printed. */
async function cellsOf(chosen: readonly MatrixSet[]): Promise<Cell[]> {
  const place = mkdtempSync(join(folder, "models-"));
  const plans = chosen.map((set) => ({ set, ...wanted(set) }));
  const made = python("models.py", place, ...new Set(plans.flatMap(({ words }) => words))) as Made[];
  const jobs: object[] = [];
  /** The cells of each set; one that folders.py judges has the number of its job. */
  const rows = [];
  for (const { set, words, takes } of plans) {
    const cells: (Cell & { readonly job?: number })[] = [];
    const own = made.filter(({ word }) => words.includes(word));
    for (const [at, one] of own.entries())
      for (const form of forms) {
        const { family } = one;
        if (!takes(family, at, form.name)) continue;
        if ("error" in one) {
          cells.push({ family, form: form.name, wrong: [`the reference: ${one.error}`] });
          continue;
        }
        try {
          const { cell, job } = await saved(one, form, set);
          cells.push({ family, form: form.name, wrong: [], packed: cell, job: jobs.push(job) - 1 });
        } catch (failed) {
          const isKnown = failed instanceof OptionError && isRefused(family, form.name);
          cells.push({ family, form: form.name, wrong: isKnown ? [] : [String(failed)], isRefused: isKnown });
        }
      }
    rows.push({ set, cells, families: own.map(({ family }) => family) });
  }
  const list = join(place, "jobs.json");
  writeFileSync(list, JSON.stringify(jobs));
  const judged = python("folders.py", list) as Pick<Cell, "wrong">[];
  expect(judged.length).toBe(jobs.length);
  return rows.flatMap(({ set, cells, families }) => {
    const known = cells.map(({ job, ...cell }) => (job === undefined ? cell : { ...cell, wrong: judged[job].wrong }));
    process.stdout.write(`${set.name}\n${table(known, families)}\n`);
    return known;
  });
}

const needed = hasModules("torch", "transformers", "safetensors", "compressed_tensors", "bitsandbytes", "accelerate");
/** A full run judges one set after the other, `npm test` all in one. */
const runs: readonly [string, readonly MatrixSet[]][] =
  isFull && onlyFamilies === ""
    ? sets.map((set) => [set.name, [set]])
    : [["all sets", onlyFamilies === "" ? sets : [sets[0]]]];

describe.each(runs)("%s", (_, chosen) => {
  itWith(needed)(
    "every folder opens plainly and computes w′",
    async () => {
      const cells = await cellsOf(chosen);
      const wrong = cells.filter((cell) => cell.wrong.length > 0);
      if (onlyFamilies === "" && onlyForms === "")
        expect(cells.filter((cell) => cell.isRefused).length).toBeLessThanOrEqual(cells.length / 10);
      expect(cells.length).toBeGreaterThan(0);
      expect(wrong.map((cell) => `${cell.family}, ${cell.form}: ${cell.wrong.slice(0, 3).join("; ")}`)).toEqual([]);
    },
    1_600_000,
  );
});
