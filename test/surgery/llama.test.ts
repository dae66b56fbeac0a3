/** SmolLM2 made smaller and saved as GGUF: llama.cpp's own library opens it and gives the logits of the original with the same parts at zero. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, heads, layers, nodes, open, saveGguf, type Model, type Step, type Tensor } from "../../kernel";
import { expandMaps } from "../../kernel/prune/channels/axis-map";
import { CutTensor } from "../../kernel/surgery/cut-tensor";
import { hasModules, itWith, llamaFolder, referencePython, smolLm } from "../references";
import { isFull, sampleOf } from "../tiers";

const script = resolve(__dirname, "../../../test/fixtures/network/llama_logits.py");
const folder = mkdtempSync(join(tmpdir(), "codebook-llama-"));
afterAll(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly error?: string;
  readonly logits: readonly number[];
}

function ask(...files: string[]): Answer[] {
  const run = spawnSync(referencePython, [script, llamaFolder, ...files], {
    encoding: "utf8",
    timeout: 240_000,
    maxBuffer: 1 << 28,
  });
  if (run.status !== 0) throw new Error(run.stderr);
  const answers = run.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Answer);
  answers.forEach(({ error }, i) => expect([files[i], error]).toEqual([files[i], undefined]));
  return answers;
}

const farthest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i])));
const meanSquare = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length;

/** The original in its own shapes: of a smaller model's tensors what was cut is zero; a block that is gone adds nothing. */
function zeroed(model: Model, small: Model): Tensor[] {
  const cuts = new Map(small.tensors.flatMap((one) => (one instanceof CutTensor ? [[one.origin, one] as const] : [])));
  const left = new Set(small.tensors.map((one) => (one instanceof CutTensor ? one.origin : one)));
  return model.tensors.map((origin) => {
    const read = async () => {
      const cut = cuts.get(origin);
      const values = await origin.read();
      if (!left.has(origin)) return /attn_output|ffn_down/.test(origin.name) ? values.fill(0) : values;
      return cut ? expandMaps(await cut.read(), values, origin.shape, cut.maps) : values;
    };
    const { name, shape, parameters, sizeBytes } = origin;
    // A type that is not the one it is saved as, so that values are asked for.
    return { name, shape, parameters, sizeBytes, dtype: "values", read, readBytes: () => origin.readBytes() };
  });
}

itWith(smolLm, llamaFolder, hasModules("ctypes"))(
  "SmolLM2: blocks and heads gone give the very logits of blocks and heads at zero; neurons gone, those within llama.cpp's rounding",
  async () => {
    // Six of its blocks, at the types of the file: quick to write as float32, and opened again like any other model.
    const base = join(folder, "base.gguf");
    const six = await compress(await open(smolLm), layers({ keep: 6, by: "every" }));
    await six.save(base);
    const model = await open(base);
    expect(model.metadata["llama.block_count"]).toBe(6);
    const all = { whole: [layers({ drop: [1, 4] }), heads({ keep: 6 })], nodes: [nodes({ sparsity: 0.25 })] };
    // npm test takes what is equal to the bit; neurons are gone in the next test too, where llama.cpp opens them.
    const parts = sampleOf<Step[]>(all, ["whole"]);
    const answers: Record<string, number[][]> = {};
    for (const [name, steps] of Object.entries(parts)) {
      const small = await compress(model, steps);
      const [plain, zeros] = ["plain.gguf", "zeroed.gguf"].map((file) => join(folder, file));
      await small.save(plain, { dtype: "F32" });
      await saveGguf({ tensors: zeroed(model, small), metadata: model.metadata }, zeros, { dtype: "F32" });
      answers[name] = ask(plain, zeros, base).map(({ logits }) => [...logits]);
    }
    const [plain, zeros, original] = answers.whole;
    expect(plain).toEqual(zeros);
    expect(meanSquare(plain, original)).toBeGreaterThan(0.1);
    if (!isFull) return;
    // Sums over 1,152 neurons instead of 1,536 round otherwise.
    const [fewer, same, whole] = answers.nodes;
    expect(farthest(fewer, same)).toBeLessThan(0.01 * farthest(fewer, whole));
  },
  300_000,
);

itWith(smolLm, llamaFolder, hasModules("ctypes"))(
  "SmolLM2 at its own types: whole rows and heads keep their blocks, the metadata have the new sizes, llama.cpp opens it",
  async () => {
    const model = await open(smolLm);
    const small = await compress(model, [layers({ drop: [10, 20] }), nodes({ sparsity: 0.25 }), heads({ keep: 6 })]);
    expect(small.metadata).toMatchObject({
      "llama.block_count": 28,
      "llama.feed_forward_length": 1152,
      "llama.attention.head_count": 6,
      "llama.attention.head_count_kv": 2,
      "llama.attention.key_length": 64,
      "llama.attention.value_length": 64,
    });
    expect(small.metadata["tokenizer.ggml.tokens"]).toHaveLength(49_152);
    const types = (name: string) => [small.tensor(name).dtype, model.tensor(name).dtype];
    for (const name of ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up"])
      expect(types(`blk.0.${name}.weight`)).toEqual(["Q4_1", "Q4_1"]);
    // Neurons go from the middle of its blocks.
    expect(types("blk.0.ffn_down.weight")).toEqual(["F32", "Q4_1"]);
    expect(small.tensor("blk.0.attn_output.weight").shape).toEqual([576, 384]);
    const own = join(folder, "own.gguf");
    await small.save(own);
    const saved = await open(own);
    expect(saved.metadata["llama.block_count"]).toBe(28);
    const names = ["blk.9.attn_output.weight", "blk.10.ffn_up.weight", "blk.27.ffn_down.weight", "token_embd.weight"];
    for (const name of names) {
      expect([name, saved.tensor(name).dtype]).toEqual([name, small.tensor(name).dtype]);
      const [a, b] = await Promise.all([saved, small].map(async (one) => (await one.tensor(name).read()).buffer));
      expect(Buffer.compare(Buffer.from(a), Buffer.from(b))).toBe(0);
    }
    // Blocks behind a dropped one have moved up.
    const moved = await saved.tensor("blk.10.attn_norm.weight").read();
    expect([...moved]).toEqual([...(await model.tensor("blk.11.attn_norm.weight").read())]);
    const [{ logits }] = ask(own);
    expect(logits).toHaveLength(49_152);
    expect(logits.every(Number.isFinite)).toBe(true);
  },
  300_000,
);

itWith(smolLm)(
  "blocks of different sizes: llama.cpp builds those of Llama alike, so they are not written as GGUF",
  async () => {
    const model = await open(smolLm);
    const small = await compress(model, [layers({ keep: 3, by: "every" }), nodes({ sparsity: 0.3, scope: "global" })]);
    const sizes = small.metadata["llama.feed_forward_length"] as number[];
    expect(sizes).toHaveLength(3);
    expect(new Set(sizes).size).toBeGreaterThan(1);
    await expect(small.save(join(folder, "uneven.gguf"))).rejects.toThrow(/llama.feed_forward_length is \[.*alike/);
  },
);
