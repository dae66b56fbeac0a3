/** Folders that we wrote in the formats of compressed-tensors and of bitsandbytes, opened by transformers itself: it gives the logits of the
 *  network with our values w′, within the error of float32 sums (test/fixtures/recipe/load.py). */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  fp4,
  fp8,
  fromArrays,
  int,
  linear,
  magnitude,
  mxfp4,
  nf4,
  nvfp4,
  open,
  saveBitsandbytes,
  saveCompressedTensors,
  type CompressedModel,
  type Recipe,
  type Step,
} from "../../kernel";
import { hasModules, itWith, miniLm, referencePython } from "../references";
import { isFull, sampleOf } from "../tiers";

const script = resolve(__dirname, "../../../test/fixtures/recipe/load.py");
const folder = mkdtempSync(join(tmpdir(), "codebook-loaded-"));
afterAll(() => rmSync(folder, { recursive: true }));

function python(...words: string[]): string {
  const run = spawnSync(referencePython, [script, ...words], { encoding: "utf8", timeout: 280_000 });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

interface Result {
  readonly folder: string;
  readonly error?: string;
  readonly difference: number;
  readonly change: number;
  readonly rounding: number;
  readonly size: number;
  readonly classes: readonly string[];
  readonly exact: number | null;
}

function compare(jobs: readonly object[]): Result[] {
  const list = join(folder, "jobs.json");
  writeFileSync(list, JSON.stringify(jobs));
  const results = python("compare", list)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
  expect(results.filter(({ error }) => error !== undefined)).toEqual([]);
  expect(results).toHaveLength(jobs.length);
  return results;
}

const needs = hasModules("torch", "transformers", "compressed_tensors");
/** Of each layout npm test takes what differs in kind: the width of codes, scales by group, channel and tensor, one and several recipes in a
 *  folder. Other settings of the same layout, and a network of real size, are in the full run. */
const llama: Record<string, Recipe> = sampleOf<Recipe>(
  {
    "pack-quantized, W8A16": linear({ bits: 8, per: "channel" }),
    "pack-quantized, W4A16": linear({ bits: 4, group: 32 }),
    "pack-quantized, int 4 bits": int({ bits: 4, group: 128 }),
    "float-quantized, channel": fp8({ per: "channel" }),
    "float-quantized, tensor": fp8({ per: "tensor" }),
    "nvfp4-pack-quantized": nvfp4(),
    "mxfp4-pack-quantized": mxfp4(),
    "pruned, 4 bits": [magnitude({ sparsity: 0.5 }), linear({ bits: 4, group: 32 })],
    mixed: [
      { match: "**.mlp.**", steps: linear({ bits: 4, group: 32 }) },
      { match: "**.q_proj.weight", steps: fp8() },
      { match: "**.self_attn.**", steps: linear({ bits: 8, per: "channel" }) },
    ],
  },
  [
    "pack-quantized, W4A16",
    "float-quantized, channel",
    "float-quantized, tensor",
    "nvfp4-pack-quantized",
    "mxfp4-pack-quantized",
    "mixed",
  ],
);

/** Packed zero points: transformers 5.24 makes a network on the meta device, where compressed-tensors 0.20.0 packs the shapes of the weights and
 *  leaves those of the zero points. A folder says `dequantize: true` so that it opens plainly; the library itself opens it without. */
const asymmetric: Record<string, Recipe> = sampleOf<Recipe>(
  {
    "asymmetric, W4A16": linear({ bits: 4, group: 32, symmetric: false }),
    "asymmetric, W8A16": linear({ bits: 8, per: "channel", symmetric: false }),
    "asymmetric, mixed": [
      { match: "**.mlp.**", steps: linear({ bits: 4, group: 32, symmetric: false }) },
      { match: "**.self_attn.**", steps: linear({ bits: 8, per: "channel", symmetric: false }) },
    ],
  },
  ["asymmetric, W4A16", "asymmetric, mixed"],
);

const dynamic: Record<string, [recipe: Recipe, inputs: "int8" | "e4m3"]> = sampleOf<[Recipe, "int8" | "e4m3"]>(
  {
    "W8A8, int8": [linear({ bits: 8, per: "channel" }), "int8"],
    "W8A8, int8, asymmetric weights": [linear({ bits: 8, per: "channel", symmetric: false }), "int8"],
    "W8A8, fp8": [fp8({ per: "channel" }), "e4m3"],
  },
  ["W8A8, int8, asymmetric weights", "W8A8, fp8"],
);

let made: string | undefined;
function smallLlama(): string {
  if (made === undefined) python("make", (made = join(folder, "llama")));
  return made;
}

async function write(name: string, original: string, recipe: Recipe, only: string, isDynamic = false) {
  const small = await compress(await open(original), recipe, { only });
  const saved = join(folder, name.replace(/\W+/g, "-"));
  if (isDynamic) await saveCompressedTensors(small, saved, { activations: "dynamic" });
  else await small.save(`${saved}/`);
  const values = `${saved}.safetensors`;
  await small.save(values);
  return { folder: saved, original, values };
}

const fourBits: Record<string, Recipe> = sampleOf<Recipe>(
  {
    nf4: nf4(),
    "nf4, double quantization": nf4({ doubleQuant: true }),
    "nf4, blocks of 128": nf4({ group: 128 }),
    fp4: fp4(),
    "fp4, double quantization": fp4({ doubleQuant: true, group: 32 }),
    "nf4, pruned": [magnitude({ sparsity: 0.5 }), nf4()],
  },
  ["nf4", "fp4, double quantization", "nf4, pruned"],
);

itWith(needs && hasModules("bitsandbytes", "accelerate"))(
  "bitsandbytes dequantizes to our very values, and transformers gives their logits",
  async () => {
    const original = smallLlama();
    const jobs = [];
    for (const [name, recipe] of Object.entries(fourBits))
      jobs.push(await write(name, original, recipe, "model.layers.**"));
    if (isFull) jobs.push(await write("MiniLM nf4", miniLm, nf4({ doubleQuant: true }), "encoder.**"));
    const results = compare(jobs);
    for (const { folder: saved, difference, change, size, classes, exact } of results) {
      const where = saved.slice(folder.length + 1);
      expect([where, exact]).toEqual([where, saved.includes("MiniLM") ? 36 : 14]);
      expect(classes).toContain("Linear4bit");
      expect([where, difference < 1e-4 * Math.max(1, size)]).toEqual([where, true]);
      expect([where, change > 20 * difference]).toEqual([where, true]);
    }
  },
  290_000,
);

test("saveBitsandbytes() leaves plain what one config.json cannot say", async () => {
  const model = fromArrays({
    "a.weight": { shape: [4, 64], values: new Float32Array(256).fill(1) },
    "b.weight": { shape: [4, 64], values: new Float32Array(256).fill(1) },
  });
  const to = join(folder, "refused");
  const two = (a: Step, b: Step) =>
    compress(model, [
      { match: "a.weight", steps: a },
      { match: "b.weight", steps: b },
    ]);
  const reasons = async (small: CompressedModel) =>
    (await saveBitsandbytes(small, to)).layers.map(({ reason }) => reason);
  expect(await reasons(await two(nf4(), fp4()))).toEqual([
    undefined,
    expect.stringMatching(/it is fp4, and .* all nf4/),
  ]);
  expect(await reasons(await two(nf4(), nf4({ doubleQuant: true })))).toEqual([
    undefined,
    "it is nf4 with scales of 8 bits, and a folder of bitsandbytes is all nf4",
  ]);
  expect(await reasons(await two(nf4(), linear({ bits: 4 })))).toEqual([
    undefined,
    expect.stringContaining("neither by nf4() or fp4()"),
  ]);
  const words = fromArrays({ "word_embeddings.weight": { shape: [4, 64], values: new Float32Array(256).fill(1) } });
  await expect(saveBitsandbytes(await compress(words, nf4()), to)).rejects.toThrow(/it is an embedding/);
  await expect(saveBitsandbytes(model, to)).rejects.toThrow(/no tensor of this model is compressed/);
});

itWith(needs)(
  "transformers gives the logits of our values",
  async () => {
    const original = smallLlama();
    const jobs = [];
    for (const [name, recipe] of Object.entries(llama)) {
      const job = await write(name, original, recipe, "model.layers.**");
      // Their values come out of the library as bfloat16, whatever the network's type is.
      jobs.push(/^(nv|mx)fp4/.test(name) ? { ...job, dtype: "bfloat16" } : job);
    }
    for (const [name, recipe] of Object.entries(asymmetric)) {
      const job = await write(name, original, recipe, "model.layers.**");
      jobs.push(job, { ...job, route: "library" });
    }
    if (isFull) jobs.push(await write("MiniLM", miniLm, linear({ bits: 4, group: 128 }), "encoder.**"));
    const results = compare(jobs);
    for (const { folder: saved, difference, change, size, classes } of results) {
      const where = saved.slice(folder.length + 1);
      expect([where, difference < 2e-5 * Math.max(1, size)]).toEqual([where, true]);
      // The quantization is seen: an original that was opened instead would not pass.
      expect([where, change > 20 * difference]).toEqual([where, true]);
      expect(classes.length).toBeGreaterThan(2);
    }
  },
  290_000,
);

itWith(needs)(
  "transformers rounds activations to 8 bits before our values",
  async () => {
    const original = smallLlama();
    const jobs = [];
    for (const [name, [recipe, inputs]] of Object.entries(dynamic))
      jobs.push({ ...(await write(name, original, recipe, "model.layers.**", true)), inputs });
    const eightBits = linear({ bits: 8, per: "channel" });
    if (isFull) jobs.push({ ...(await write("MiniLM W8A8", miniLm, eightBits, "encoder.**", true)), inputs: "int8" });
    for (const { folder: saved, difference, change, rounding, size } of compare(jobs)) {
      const where = saved.slice(folder.length + 1);
      // No ties to allow for: the reference rounds the inputs that the library rounded, so that float32 sums alone differ.
      expect([where, difference < 2e-5 * Math.max(1, size)]).toEqual([where, true]);
      expect([where, change > 20 * difference, rounding > 20 * difference]).toEqual([where, true, true]);
    }
  },
  290_000,
);
