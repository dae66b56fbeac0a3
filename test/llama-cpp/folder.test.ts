/** Models of Hugging Face folders saved as GGUF: llama.cpp cuts text into the tokens that transformers cuts it into, and gives its logits or
 *  hidden states within the error of float32 sums. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import {
  compress,
  ggml,
  linear,
  nodes,
  open,
  saveGguf,
  UnsupportedError,
  type CompressedModel,
  type Model,
} from "../../kernel";
import { hasModules, itWith, miniLm, referencePython } from "../references";
import { askLlama, farthest, llamaNeeds, quantizeByLlama } from "./llama";

const folder = mkdtempSync(join(tmpdir(), "codebook-folders-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const scaled = ["llama3", "llama-linear", "llama-yarn", "qwen2-yarn", "qwen3-yarn"];
const ofExperts = ["mixtral", "qwen2_moe", "qwen3_moe"];
const kinds = ["llama", "qwen2", "qwen3", "gpt2", "bert", ...scaled, ...ofExperts];
const hasTransformers = hasModules("torch", "transformers", "tokenizers");

interface Answer {
  readonly folder: string;
  readonly texts: readonly string[];
  readonly tokens: readonly (readonly number[])[];
  readonly rows: readonly (readonly number[])[];
}

const script = resolve(__dirname, "../../../test/fixtures/network/folders.py");
function python(...words: string[]): string {
  const run = spawnSync(referencePython, [script, ...words], {
    encoding: "utf8",
    timeout: 240_000,
    maxBuffer: 2 ** 28,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  return run.stdout;
}
const asked = (...folders: string[]): Answer[] =>
  python("ask", ...folders)
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength);
const sizeOf = (rows: readonly (readonly number[])[]) => Math.max(...rows.map((row) => Math.max(...row.map(Math.abs))));

/** The file gives the same tokens, and the same rows to `tolerance` of their size. */
function expectSame(file: string, { texts, tokens, rows }: Answer, isEncoder: boolean, tolerance: number): void {
  const [{ error, ...got }] = askLlama([
    { file, tokenize: texts, ...(isEncoder ? { embeddings: tokens[0] } : { logits: tokens[0] }) },
  ]);
  expect([file, error]).toEqual([file, undefined]);
  expect([file, got.tokens]).toEqual([file, tokens]);
  const own = isEncoder ? got.embeddings : got.logits;
  expect(own).toHaveLength(rows.length);
  const difference = Math.max(...own.map((row, i) => farthest(row, rows[i]))) / sizeOf(rows);
  expect([file, difference < tolerance ? "near" : difference]).toEqual([file, "near"]);
}

/** Float32 sums in another order. Of BERT and GPT-2 transformers is asked with llama.cpp's GELU, which looks it up by float16 numbers: there
 *  another last bit may give a neighbour. */
const toleranceOf = (kind: string) => (kind === "bert" || kind === "gpt2" ? 3e-4 : 2e-5);

const quantized = ["llama", "qwen2", "qwen3", "bert", "qwen3_moe"];
const answers = new Map<string, Answer>();
const answerOf = (name: string): Answer => {
  const answer = answers.get(at(name));
  if (!answer) throw new Error(`transformers gave no answer for ${name}`);
  return answer;
};

/** A copy of a folder with the values w′ in place of its weights. */
async function withValues(small: CompressedModel, kind: string, name: string): Promise<void> {
  cpSync(at(kind), at(name), { recursive: true });
  await small.save(join(at(name), "model.safetensors"));
}

/** Everything that transformers is asked about, in one go: to load it takes longer than to answer. */
beforeAll(async () => {
  if (!hasTransformers) return;
  python("make", folder);
  for (const kind of quantized) {
    const small = await compress(await open(at(kind)), ggml({ type: "Q8_0" }));
    await small.save(at(`${kind}-q8.gguf`));
    await small.save(at(`${kind}-floats.gguf`), { dtype: "F32" });
    await withValues(small, kind, `${kind}-values`);
  }
  const linear8 = await compress(await open(at("gpt2")), linear({ bits: 8, group: 32 }), { only: "**.h.**" });
  await linear8.save(at("gpt2-values.gguf"));
  await withValues(linear8, "gpt2", "gpt2-values");
  const cut = await compress(await open(miniLm), nodes({ sparsity: 0.25 }));
  await cut.save(at("minilm-small.gguf"));
  await cut.save(at("minilm-small/"));
  const folders = [...kinds, ...quantized.map((kind) => `${kind}-values`), "gpt2-values", "minilm-small"].map(at);
  for (const answer of asked(...folders, miniLm)) answers.set(answer.folder, answer);
}, 280_000);

describe("small networks", () => {
  itWith(hasTransformers, ...llamaNeeds).each(kinds)("%s: its tokens and its logits", async (kind) => {
    const file = at(`${kind}.gguf`);
    await saveGguf(await open(at(kind)), file);
    expectSame(file, answerOf(kind), kind === "bert", toleranceOf(kind));
    const { metadata } = await open(file);
    expect(metadata["general.architecture"]).toBe(kind.replace(/^(llama3|mixtral)$/, "llama").replace(/-.*|_/, ""));
    expect(metadata["general.file_type"]).toBe(0);
  });

  itWith(hasTransformers, ...llamaNeeds).each(quantized)(
    "%s, quantized: blocks whose rows moved give the logits of our values",
    async (kind) => {
      const answer = answerOf(`${kind}-values`);
      // llama.cpp rounds activations to 8 bits where weights are blocks: some percent in a network of random weights.
      expectSame(at(`${kind}-q8.gguf`), answer, kind === "bert", 0.1);
      expectSame(at(`${kind}-floats.gguf`), answer, kind === "bert", toleranceOf(kind));
      const saved = await open(at(`${kind}-q8.gguf`));
      expect(saved.tensors.filter(({ dtype }) => dtype === "Q8_0").length).toBeGreaterThan(10);
      expect(saved.metadata["general.file_type"]).toBe(7);
      // The blocks stand for the same numbers as those floats.
      const exact = await open(at(`${kind}-floats.gguf`));
      for (const tensor of saved.tensors) {
        const [own, other] = [bytesOf(await tensor.read()), bytesOf(await exact.tensor(tensor.name).read())];
        expect([tensor.name, Buffer.compare(own, other)]).toEqual([tensor.name, 0]);
      }
    },
  );

  itWith(hasTransformers, ...llamaNeeds).each(ofExperts)(
    "%s, quantized by a mixture: experts get the types and bytes that llama.cpp's quantizer gives them",
    async (kind) => {
      const model = await open(at(kind));
      await saveGguf(model, at("experts.gguf"));
      for (const [mix, fileType] of [
        ["Q4_K_M", 15],
        ["Q2_K", 10],
        ["MXFP4_MOE", 38],
      ] as const) {
        quantizeByLlama(at("experts.gguf"), at("theirs.gguf"), fileType);
        const small = await compress(model, ggml({ mix }));
        await small.save(at("ours.gguf"));
        const [theirs, ours] = [await open(at("theirs.gguf")), await open(at("ours.gguf"))];
        expect(ours.tensors.map(({ name }) => name)).toEqual(theirs.tensors.map(({ name }) => name));
        for (const tensor of theirs.tensors) {
          const own = ours.tensor(tensor.name);
          const isSame = Buffer.compare(await tensor.readBytes(), await own.readBytes()) === 0;
          expect([mix, tensor.name, own.dtype, own.shape, isSame]).toEqual([
            ...[mix, tensor.name, tensor.dtype, tensor.shape],
            true,
          ]);
        }
        expect(ours.metadata["general.file_type"]).toBe(fileType);
      }
    },
  );

  itWith(hasTransformers, ...llamaNeeds)("gpt2, quantized along its inputs: values and blocks are turned", async () => {
    expectSame(at("gpt2-values.gguf"), answerOf("gpt2-values"), false, toleranceOf("gpt2"));
    const q8 = ggml({ type: "Q8_0" });
    await (await compress(await open(at("gpt2")), q8, { only: "**.h.**" })).save(at("gpt2-blocks.gguf"));
    // The long way: GGUF has the matrices turned already.
    await saveGguf(await open(at("gpt2")), at("gpt2-turned.gguf"));
    await (await compress(await open(at("gpt2-turned.gguf")), q8, { only: "blk.**" })).save(at("gpt2-q8.gguf"));
    const [blocks, expected] = [await open(at("gpt2-blocks.gguf")), await open(at("gpt2-q8.gguf"))];
    for (const kind of ["attn_qkv", "attn_output", "ffn_up", "ffn_down"]) {
      const [found, wanted] = [blocks, expected].map((model) => model.tensor(`blk.0.${kind}.weight`));
      expect([found.dtype, found.shape]).toEqual(["Q8_0", wanted.shape]);
      expect(Buffer.compare(await found.readBytes(), await wanted.readBytes())).toBe(0);
    }
    expectSame(at("gpt2-blocks.gguf"), answerOf("gpt2"), false, 0.1);
  });

  itWith(hasTransformers)("what GGUF has no place or name for is refused", async () => {
    const changed = async (kind: string, change: (config: Record<string, unknown>) => void): Promise<Model> => {
      const place = mkdtempSync(at("changed-"));
      cpSync(at(kind), place, { recursive: true });
      const config = JSON.parse(readFileSync(join(place, "config.json"), "utf8")) as Record<string, unknown>;
      change(config);
      writeFileSync(join(place, "config.json"), JSON.stringify(config));
      return open(place);
    };
    const slow = mkdtempSync(at("slow-"));
    cpSync(at("gpt2"), slow, { recursive: true });
    rmSync(join(slow, "tokenizer.json"));
    writeFileSync(join(slow, "vocab.json"), "{}");
    await expect(saveGguf(await open(slow), at("slow.gguf"))).rejects.toThrow(/vocab\.json and no tokenizer\.json/);
    const refused = async (model: Model, reason: RegExp) => {
      const saving = saveGguf(model, at("refused.gguf"));
      await expect(saving).rejects.toThrow(UnsupportedError);
      await expect(saving).rejects.toThrow(reason);
    };
    await refused(
      await changed("llama", (config) => (config.model_type = "mamba")),
      /model_type "mamba".*llama, mistral/,
    );
    await refused(await changed("llama", (config) => (config.hidden_act = "gelu")), /activation "gelu"/);
    const turning = (kind: string, parameters: object) =>
      changed(kind, (config) => (config.rope_parameters = { rope_theta: 1e4, ...parameters }));
    await refused(
      await turning("llama", { rope_type: "longrope", factor: 4 }),
      /rotary positions of kind "longrope" .*plain, linear and yarn/,
    );
    await refused(await turning("qwen2", { rope_type: "llama3", factor: 4 }), /kind "llama3" in a qwen2 network/);
    await refused(await turning("llama", { rope_type: "yarn", factor: 4, truncate: false }), /"truncate": false/);
    await refused(await turning("qwen3", { rope_type: "yarn", factor: 4, beta_fast: 8 }), /another beta_fast than 32/);
    await refused(await turning("llama", { partial_rotary_factor: 0.5 }), /that turn 0\.5 of each head only/);
    const bare = saveGguf(await turning("llama", { rope_type: "yarn" }), at("refused.gguf"));
    await expect(bare).rejects.toThrow("have no factor above 0");
    const cut = await changed("qwen2", (config) =>
      Object.assign(config, { use_sliding_window: true, sliding_window: 16, layer_types: null }),
    );
    await saveGguf(cut, at("cut.gguf"));
    expect((await open(at("cut.gguf"))).metadata["qwen2.context_length"]).toBe(16);
    await refused(
      await changed("bert", (config) => (config.position_embedding_type = "relative_key")),
      /"relative_key" positions/,
    );
    await refused(
      await changed("qwen3_moe", (config) => (config.norm_topk_prob = false)),
      /qwen3moe with "norm_topk_prob": false; llama\.cpp computes it with true/,
    );
    await refused(
      await changed("qwen2_moe", (config) => (config.mlp_only_layers = [0])),
      /qwen2moe with layers that have no experts/,
    );
    const fewer = saveGguf(await changed("mixtral", (config) => (config.num_local_experts = 5)), at("refused.gguf"));
    await expect(fewer).rejects.toThrow(/blk\.0\.ffn_gate_exps\.weight the matrix of expert 4 of 5 is missing/);
    const uneven = await compress(await open(at("mixtral")), ggml({ type: "Q8_0" }), { only: "**.experts.1.**" });
    await expect(uneven.save(at("refused.gguf"))).rejects.toThrow(/no type F32 and Q8_0 \(blk\.0\.ffn_gate_exps/);
    await uneven.save(at("uneven.gguf"), { dtype: "F16" });
    expect((await open(at("uneven.gguf"))).tensor("blk.0.ffn_up_exps.weight").shape).toEqual([4, 96, 64]);
    const cased = await changed("bert", () => undefined);
    const pieces = join(String(cased.folder), "tokenizer.json");
    writeFileSync(pieces, readFileSync(pieces, "utf8").replace(/"lowercase": ?true/, '"lowercase":false'));
    await saveGguf(cased, at("cased.gguf"));
    expect((await open(at("cased.gguf"))).metadata["tokenizer.ggml.normalizer.lowercase"]).toBe(false);
    const model = await changed("llama", () => undefined);
    const tokenizer = join(String(model.folder), "tokenizer.json");
    writeFileSync(tokenizer, readFileSync(tokenizer, "utf8").replace("{1,3}", "{1,2}"));
    await refused(model, /cuts text by a pattern that llama\.cpp has under no name known here/);
  });
});

itWith(miniLm, hasTransformers, ...llamaNeeds)(
  "all-MiniLM-L6-v2: llama.cpp gives transformers' vectors, also with a quarter of its neurons less",
  async () => {
    const file = at("minilm.gguf");
    await saveGguf(await open(miniLm), file);
    const whole = answers.get(miniLm);
    if (!whole) throw new Error("transformers gave no answer");
    expectSame(file, whole, true, toleranceOf("bert"));
    expect((await open(file)).metadata["bert.pooling_type"]).toBe(1);
    expectSame(at("minilm-small.gguf"), answerOf("minilm-small"), true, toleranceOf("bert"));
  },
  120_000,
);
