/** Folders of networks that were made smaller, opened by transformers itself: small networks of eleven families and all-MiniLM-L6-v2 answer
 *  as the original does with the same parts at zero, which test/fixtures/network/surgery.py chooses and zeroes by itself. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, heads, layers, linear, nodes, open, OptionError, type Step } from "../../kernel";
import { parseJsonObject } from "../../kernel/formats/json-file";
import { editJsonText } from "../../kernel/formats/json-text";
import { hasModules, itWith, miniLm, referencePython } from "../references";
import { sample } from "../tiers";

const script = resolve(__dirname, "../../../test/fixtures/network/compare.py");
const families = [
  "bert",
  "roberta",
  "distilbert",
  "gpt2",
  "gpt_neox",
  "llama",
  "mistral",
  "qwen2",
  "qwen3",
  "phi3",
  "gemma",
];
/** npm test takes one of each kind: weights as (out, in) and as (in, out), keys that heads share, and a single key for all heads. The others
 *  have the shapes of these under other names, which test/network holds. */
const taken = sample(families, ["bert", "gpt2", "llama", "gemma"], (family) => family);
/** Families whose heads have no size of their own: fewer of them can be written as zeros only. */
const padded = ["bert", "roberta", "distilbert", "gpt2", "gpt_neox"];
/** Heads that share a key, of 4. */
const shared: Record<string, number> = { llama: 2, mistral: 2, qwen2: 2, qwen3: 2, phi3: 2, gemma: 1 };

interface Result {
  readonly saved: string;
  readonly error?: string;
  readonly difference: number;
  /** What the zeros changed. */
  readonly change: number;
  readonly parameters: number;
  /** Tensors that were missing, unexpected, or of another shape. */
  readonly odd: number;
}

function python(...words: string[]): string {
  const run = spawnSync(referencePython, [script, ...words], { encoding: "utf8", timeout: 240_000 });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}

const folder = mkdtempSync(join(tmpdir(), "codebook-network-"));
afterAll(() => rmSync(folder, { recursive: true }));
const hasTransformers = hasModules("torch", "transformers", "numpy");

interface Case {
  readonly name: string;
  readonly original: string;
  readonly recipe: readonly (readonly [string, unknown])[];
  readonly steps: readonly Step[];
  readonly padHeads?: boolean;
}

async function compareAll(cases: readonly Case[]): Promise<Map<string, Result & { readonly own: number }>> {
  const own = new Map<string, number>();
  const jobs = [];
  for (const { name, original, recipe, steps, padHeads } of cases) {
    const small = await compress(await open(original), steps);
    const saved = join(folder, `${name.replace(/\W+/g, "-")}-small`);
    await small.save(`${saved}/`, padHeads ? { padHeads } : {});
    own.set(saved, small.parameters);
    jobs.push({ original, saved, recipe });
  }
  const list = join(folder, "jobs.json");
  writeFileSync(list, JSON.stringify(jobs));
  const results = python("compare", list)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Result);
  return new Map(results.map((result, at) => [cases[at].name, { ...result, own: own.get(result.saved) ?? 0 }]));
}

itWith(hasTransformers)(
  `${taken.length} families: neurons, heads, a layer, and all of them`,
  async () => {
    python("make", folder);
    expect(readdirSync(folder).sort()).toEqual([...families, "opt"].sort());
    const cases = taken.flatMap((family): Case[] => {
      const original = join(folder, family);
      const groups = shared[family] ?? 4;
      // One key of a single one cannot go.
      const part = groups === 1 ? [] : [heads({ sparsity: 1 / groups })];
      const [half] = [nodes({ sparsity: 0.5 })];
      const padHeads = padded.includes(family);
      return [
        { name: `${family} nodes`, original, recipe: [["nodes", 0.25]], steps: [nodes({ sparsity: 0.25 })] },
        { name: `${family} layers`, original, recipe: [["layers", [1]]], steps: [layers({ drop: [1] })] },
        ...(part.length > 0
          ? [{ name: `${family} heads`, original, recipe: [["heads", 1]] as const, steps: part, padHeads }]
          : []),
        {
          name: `${family} all`,
          original,
          recipe: [["layers", [0, 2]], ["nodes", 0.5], ...(part.length > 0 ? [["heads", 1] as const] : [])],
          steps: [layers({ drop: [0, 2] }), half, ...part],
          padHeads,
        },
      ];
    });
    const results = await compareAll(cases);
    for (const [name, { error, difference, change, odd, parameters, own }] of results) {
      expect([name, error]).toEqual([name, undefined]);
      expect([name, difference < 5e-5, odd]).toEqual([name, true, 0]);
      expect([name, change > 0.01]).toEqual([name, true]);
      // What transformers has is what we have, but for heads of zeros.
      const isPadded = cases.find((one) => one.name === name)?.padHeads === true;
      expect([name, isPadded ? parameters > own : parameters === own]).toEqual([name, true]);
    }
  },
  300_000,
);

itWith(hasTransformers)(
  "blocks that are what they are by their number keep it when others go",
  async () => {
    const home = join(folder, "numbered");
    mkdirSync(home);
    python("numbered", home);
    const cases = readdirSync(home).map((family): Case => {
      const drop = [1, 4];
      return { name: family, original: join(home, family), recipe: [["layers", drop]], steps: [layers({ drop })] };
    });
    const results = await compareAll(cases);
    expect(results.size).toBe(7);
    for (const [name, { error, difference, change, odd }] of results) {
      expect([name, error, odd]).toEqual([name, undefined, 0]);
      expect([name, difference < 5e-5, change > 0.01]).toEqual([name, true, true]);
    }
    // Without the list that takes the rule's place the answers are others.
    const jobs = cases.map(({ name, original, recipe }) => {
      const [saved, ruled] = ["small", "ruled"].map((end) => join(folder, `${name.replace(/\W+/g, "-")}-${end}`));
      cpSync(saved, ruled, { recursive: true });
      const text = readFileSync(join(ruled, "config.json"), "utf8");
      const config = parseJsonObject(Buffer.from(text), "config.json");
      const [byRule, kind] = [["layer_types", "no_rope_layers"], { attention_types: [[["global"], 4]] }];
      const kept = Object.entries(config).filter(([key]) => !byRule.includes(key));
      const wanted = { ...Object.fromEntries(kept), ...(name === "gpt_neo" && kind) };
      writeFileSync(join(ruled, "config.json"), editJsonText(text, config, wanted));
      return { original, saved: ruled, recipe };
    });
    writeFileSync(join(folder, "ruled.json"), JSON.stringify(jobs));
    const ruled = python("compare", join(folder, "ruled.json")).trim().split("\n");
    for (const line of ruled)
      expect(JSON.parse(line)).toEqual(expect.not.objectContaining({ error: expect.anything() }));
    expect(ruled.map((line) => (JSON.parse(line) as Result).difference > 1e-3)).toEqual(cases.map(() => true));
  },
  300_000,
);

itWith(hasTransformers, miniLm)(
  "all-MiniLM-L6-v2: neurons, layers, and heads of zeros",
  async () => {
    const original = miniLm;
    const cases: Case[] = [
      { name: "nodes", original, recipe: [["nodes", 0.25]], steps: [nodes({ sparsity: 0.25 })] },
      { name: "layers", original, recipe: [["layers", [1, 4]]], steps: [layers({ drop: [1, 4] })] },
      { name: "heads", original, recipe: [["heads", 3]], steps: [heads({ sparsity: 0.25 })], padHeads: true },
      {
        name: "all",
        original,
        recipe: [
          ["layers", [2]],
          ["nodes", 0.5],
          ["heads", 6],
        ],
        steps: [layers({ drop: [2] }), nodes({ sparsity: 0.5 }), heads({ keep: 6 })],
        padHeads: true,
      },
    ];
    // Of one part alone npm test takes neurons; the last case has all three.
    const results = await compareAll(sample(cases, ["nodes", "all"], ({ name }) => name));
    for (const [name, { error, difference, change, odd }] of results) {
      expect([name, error, odd]).toEqual([name, undefined, 0]);
      expect([name, difference < 2e-5, change > 0.01]).toEqual([name, true, true]);
    }
    // position_ids, 512 numbers, are no parameters to transformers.
    expect(results.get("nodes")?.parameters).toBe((results.get("nodes")?.own ?? 0) - 512);
  },
  300_000,
);

itWith(miniLm)("what transformers could not open is not written", async () => {
  const model = await open(miniLm);
  const fewer = await compress(model, heads({ sparsity: 0.25 }));
  const to = join(folder, "refused/");
  await expect(fewer.save(to)).rejects.toThrow(/384 \/ 9, where they have 32; \{ padHeads: true \}/);
  const uneven = await compress(model, nodes({ sparsity: 0.25, scope: "global" }));
  await expect(uneven.save(to)).rejects.toThrow(/intermediate_size is \[.*builds all blocks alike/);
  const packed = await compress(model, [heads({ sparsity: 0.25 }), linear({ bits: 4, group: 32 })], {
    skip: ["embeddings.**"],
  });
  await expect(packed.save(to)).rejects.toThrow(OptionError);
  expect(readdirSync(folder)).not.toContain("refused");
});
