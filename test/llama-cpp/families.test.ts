/** Networks of the families that are written as GGUF, saved and opened by llama.cpp: it gives transformers' logits, and other ones as soon as
 *  one thing is changed in the file. families.py says what of the networks is such that they can fail. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, ggml, open, saveGguf } from "../../kernel";
import { hasModules, itWith, referencePython } from "../references";
import { sample } from "../tiers";
import { askLlama, llamaNeeds, type LlamaAnswer, type LlamaJob } from "./llama";

const folder = mkdtempSync(join(tmpdir(), "codebook-families-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const hasTransformers = hasModules("torch", "transformers");

type Change = readonly [key: string, value: unknown] | readonly [tensor: RegExp];

/** Each network of families.py, and one thing that is changed in its file: a value of the metadata, or a tensor, the first of that name, whose
 *  values are negated. */
const all: readonly (readonly [name: string, ...change: Change])[] = [
  ["gemma", /blk\.1\.attn_norm/],
  ["gemma2", "gemma2.attn_logit_softcapping", 5.5],
  ["gemma2-kinds", "gemma2.attention.sliding_window_pattern", [true, false, true, false]],
  ["gemma3", "gemma3.rope.freq_base_swa", 120.5],
  ["gemma3-untied", "gemma3.final_logit_softcapping", 20.5],
  ["phi3", "phi3.rope.dimension_count", 2],
  ["phi3-short", /rope_factors_short/],
  ["phi3-long", "phi3.rope.scaling.attn_factor", 1.2],
  ["phi3-window", /blk\.2\.ffn_norm/],
  ["smollm3", "smollm3.rope.freq_base", 599.5],
  ["granite", "granite.residual_scale", 0.71],
  ["granite-plain", "granite.attention.scale", 0.9],
  ["olmo2", /blk\.0\.post_attention_norm/],
  ["olmo2-tied", /^output\.weight/],
  ["stablelm", /blk\.0\.attn_q\.bias/],
  ["stablelm-parallel", /blk\.1\.attn_k_norm/],
  ["starcoder2", /blk\.2\.ffn_down\.bias/],
  ["starcoder2-window", /blk\.1\.attn_v\.bias/],
  ["cohere", "command-r.logit_scale", 0.91],
  ["cohere-norms", /blk\.60\.attn_q_norm/],
  ["cohere2", "cohere2.attention.sliding_window", 9],
  ["glm4", /blk\.0\.post_ffw_norm/],
  ["gpt-neox", "gptneox.use_parallel_residual", false],
  ["gpt-neox-serial", /blk\.1\.attn_qkv\.bias/],
  ["falcon", /output_norm\.bias/],
  ["falcon-grouped", /blk\.1\.attn_norm_2\.bias/],
  ["falcon-one-norm", "falcon.rope.freq_base", 9000.5],
  ["falcon-many", /blk\.0\.attn_norm\.bias/],
  ["roberta", /position_embd/],
  ["xlm-roberta", /token_types/],
  ["gpt-oss", /blk\.1\.attn_sinks/],
  ["gpt-oss-yarn", "gpt-oss.rope.scaling.factor", 7.5],
  ["t5", /dec\.output_norm/],
  ["t5-first", /enc\.blk\.0\.attn_rel_b/],
];
/** One of each model_type, and each way of making a tensor. The other variants are in the full run, also the network of 64 layers. */
const part = [
  ...["gemma", "gemma2", "gemma3", "phi3-long", "smollm3", "granite", "olmo2-tied", "stablelm-parallel", "starcoder2"],
  ...["cohere", "cohere2", "glm4", "gpt-neox", "falcon-grouped", "xlm-roberta", "gpt-oss", "t5", "t5-first"],
  ...["phi3-window", "starcoder2-window", "gpt-oss-yarn"],
];
const networks = sample(all, part, ([name]) => name);

interface Answer {
  readonly name: string;
  readonly tokens: readonly number[];
  readonly decoded: readonly number[] | null;
  readonly rows: readonly (readonly number[])[];
  readonly deviation: number;
  readonly otherwise: number;
}
const answers = new Map<string, Answer>();
const found = new Map<string, LlamaAnswer>();

/** Σ(a − b)² / Σb² and max |a − b|. */
function differenceOf(file: string, { rows }: Answer): { squares: number; largest: number } {
  const answer = found.get(at(file));
  if (!answer || answer.error !== undefined) throw new Error(`${file}: ${answer?.error ?? "no answer"}`);
  const [own, wanted] = [(answer.logits ?? answer.embeddings).flat(), rows.flat()];
  expect(own).toHaveLength(wanted.length);
  const squares = own.reduce((sum, value, i) => sum + (value - wanted[i]) ** 2, 0);
  const size = wanted.reduce((sum, value) => sum + value ** 2, 0);
  return {
    squares: squares / size,
    largest: own.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0),
  };
}

async function writeChanged(name: string, change: Change): Promise<void> {
  const model = await open(at(`${name}.gguf`));
  const [key, value] = change;
  if (typeof key === "string") {
    expect([name, key in model.metadata]).toEqual([name, true]);
    await saveGguf(model, at(`${name}-changed.gguf`), { metadata: { [key]: value } });
    return;
  }
  const index = model.tensors.findIndex((tensor) => key.test(tensor.name));
  expect([name, index >= 0]).toEqual([name, true]);
  const original = model.tensors[index];
  const values = (await original.read()).map((one) => -one);
  const negated = Object.assign(Object.create(original) as typeof original, {
    read: () => Promise.resolve(values),
    readBytes: () => Promise.resolve(new Uint8Array(values.buffer)),
  });
  const tensors = model.tensors.map((tensor, i) => (i === index ? negated : tensor));
  await saveGguf({ tensors, metadata: model.metadata }, at(`${name}-changed.gguf`));
}

function jobOf(file: string, name: string): LlamaJob {
  const { tokens, decoded } = answerOf(name);
  if (name.includes("roberta")) return { file, embeddings: tokens };
  if (decoded) return { file, encoded: tokens, logits: decoded };
  return { file, logits: tokens, ...(name === "phi3-short" && { context: 256 }) };
}

const answerOf = (name: string): Answer => {
  const answer = answers.get(name);
  if (!answer) throw new Error(`transformers gave no answer for ${name}`);
  return answer;
};

/** Networks with what is quantized of them, and the type; rows of 32 hold no Q4_K, and get what llama.cpp gives them. */
const quantized = [
  ["falcon-grouped", "transformer.h.**", "Q8_0", "Q8_0"],
  ["granite", "model.layers.**", "Q4_K", "Q5_0"],
] as const;

/** One process for all networks of transformers, one for all files. */
beforeAll(async () => {
  if (!hasTransformers) return;
  const script = resolve(__dirname, "../../../test/llama-cpp/families.py");
  const run = spawnSync(referencePython, [script, folder, ...networks.map(([name]) => name)], {
    ...{ encoding: "utf8", timeout: 400_000, maxBuffer: 2 ** 28 },
  });
  if (run.status !== 0) throw new Error(run.stderr);
  for (const line of run.stdout.trim().split("\n")) {
    const answer = JSON.parse(line) as Answer;
    answers.set(answer.name, answer);
  }
  const jobs: LlamaJob[] = [];
  for (const [name, ...change] of networks) {
    await saveGguf(await open(at(name)), at(`${name}.gguf`));
    await writeChanged(name, change);
    jobs.push(jobOf(at(`${name}.gguf`), name), jobOf(at(`${name}-changed.gguf`), name));
  }
  for (const [name, only, type] of quantized) {
    const small = await compress(await open(at(name)), ggml({ type }), { only });
    await small.save(at(`${name}-blocks.gguf`));
    await small.save(at(`${name}-floats.gguf`), { dtype: "F32" });
    jobs.push(jobOf(at(`${name}-blocks.gguf`), name), jobOf(at(`${name}-floats.gguf`), name));
  }
  for (const answer of askLlama(jobs)) found.set(answer.file, answer);
}, 500_000);

itWith(hasTransformers, ...llamaNeeds).each(networks.map(([name]) => name))("%s: transformers' logits", (name) => {
  const answer = answerOf(name);
  if (!name.includes("roberta")) expect(answer.deviation).toBeGreaterThan(3);
  const { squares, largest } = differenceOf(`${name}.gguf`, answer);
  // Where there is a GELU, a last bit may look up its neighbour in llama.cpp's table of float16 numbers.
  expect([name, squares < 1e-8 ? "near" : squares, largest < 1e-3 * answer.deviation ? "near" : largest]).toEqual([
    ...[name, "near", "near"],
  ]);
  const changed = differenceOf(`${name}-changed.gguf`, answer);
  expect([name, changed.squares > 1e-6 ? "far" : changed.squares]).toEqual([name, "far"]);
});

itWith(hasTransformers, ...llamaNeeds).each(quantized)(
  "%s, quantized: the blocks stand for our values, and llama.cpp computes with them",
  async (name, _, __, type) => {
    const [blocks, floats] = [await open(at(`${name}-blocks.gguf`)), await open(at(`${name}-floats.gguf`))];
    expect(blocks.tensors.filter(({ dtype }) => dtype === type).length).toBeGreaterThan(4);
    for (const tensor of blocks.tensors) {
      const values = await floats.tensor(tensor.name).read();
      expect([tensor.name, (await tensor.read()).every((value, i) => value === values[i])]).toEqual([
        tensor.name,
        true,
      ]);
    }
    const rows = found.get(at(`${name}-floats.gguf`))?.logits ?? [];
    const { squares } = differenceOf(`${name}-blocks.gguf`, { ...answerOf(name), rows });
    // llama.cpp rounds activations to 8 bits where weights are blocks.
    expect(squares).toBeLessThan(3e-3);
    // Our values are not those of the folder.
    expect(differenceOf(`${name}-floats.gguf`, answerOf(name)).squares).toBeGreaterThan(1e-6);
  },
);

itWith(hasTransformers, ...llamaNeeds)("what llama.cpp computes otherwise is told, and shows", async () => {
  const toldOf = async (name: string) => {
    const small = await compress(await open(at(name)), ggml({ type: "Q8_0" }), { only: "**.mlp.**" });
    return ((await small.save(at("told.gguf"))).notes ?? []).join("\n");
  };
  for (const name of ["phi3-window", "starcoder2-window"]) {
    const { metadata } = await open(at(`${name}.gguf`));
    expect(metadata[`${String(metadata["general.architecture"])}.context_length`]).toBe(24);
    expect(await toldOf(name)).toContain("the context that the file states is 24 positions");
  }
  expect(await toldOf("gpt-oss-yarn")).toMatch(/YaRN goes over from pair 3\.88 to pair 8\.34 .* differ by up to/);
  expect(answerOf("gpt-oss-yarn").otherwise).toBeGreaterThan(1e-6);
  expect(await toldOf("gpt-oss")).not.toContain("YaRN");
});
