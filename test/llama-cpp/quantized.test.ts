/** Models that `ggml` quantized, saved as GGUF: the very files that llama.cpp's quantizer writes, which llama.cpp opens and talks from. */
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compress,
  fromArrays,
  ggml,
  huffman,
  linear,
  magnitude,
  open,
  saveGguf,
  type GgmlMix,
  type Model,
} from "../../kernel";
import { ggmlMixes } from "../../kernel/methods";
import { Random } from "../../kernel/bytes/random";
import { itWith, smolLm } from "../references";
import { askLlama, llamaNeeds, quantizeByLlama } from "./llama";

const folder = mkdtempSync(join(tmpdir(), "codebook-quantized-"));
beforeAll(() => writeSmallLlama(at("small.gguf")));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

/** enum llama_ftype of include/llama.h. */
const fileTypes: Readonly<Record<Exclude<GgmlMix, "NVFP4">, number>> = {
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q5_0: 8,
  Q5_1: 9,
  Q2_K: 10,
  Q3_K_S: 11,
  Q3_K_M: 12,
  Q3_K_L: 13,
  Q4_K_S: 14,
  Q4_K_M: 15,
  Q5_K_S: 16,
  Q5_K_M: 17,
  Q6_K: 18,
  Q2_K_S: 21,
  IQ4_NL: 25,
  IQ4_XS: 30,
  TQ1_0: 36,
  TQ2_0: 37,
  MXFP4_MOE: 38,
};
const llamaMixes = ggmlMixes.filter((mix): mix is keyof typeof fileTypes => mix !== "NVFP4");

/** A Llama of eight blocks with weights from a generator; rows of 256 take blocks of 256, rows of 96 only those of 32. */
async function writeSmallLlama(file: string): Promise<void> {
  const random = new Random(20260309);
  const [vocabulary, width, inner] = [96, 96, 256];
  const tensors: Record<string, { shape: number[]; values: Float32Array }> = {};
  const add = (name: string, ...shape: number[]) => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => 0.02 * random.normal());
    tensors[name] = { shape, values };
  };
  add("token_embd.weight", vocabulary, width);
  for (let n = 0; n < 8; n++) {
    for (const name of ["ffn_gate", "ffn_up"]) add(`blk.${n}.${name}.weight`, inner, width);
    add(`blk.${n}.ffn_down.weight`, width, inner);
    for (const name of ["attn_q", "attn_output"]) add(`blk.${n}.${name}.weight`, width, width);
    for (const name of ["attn_k", "attn_v"]) add(`blk.${n}.${name}.weight`, width / 3, width);
    for (const name of ["attn_norm", "ffn_norm"]) add(`blk.${n}.${name}.weight`, width);
  }
  add("output_norm.weight", width);
  add("output.weight", vocabulary, width);
  await saveGguf(fromArrays(tensors), file, {
    metadata: {
      "general.architecture": "llama",
      "general.file_type": 0,
      "llama.block_count": 8,
      "llama.context_length": 128,
      "llama.embedding_length": width,
      "llama.feed_forward_length": inner,
      "llama.attention.head_count": 3,
      "llama.attention.head_count_kv": 1,
      "llama.attention.layer_norm_rms_epsilon": 1e-5,
      "llama.vocab_size": vocabulary,
    },
  });
}

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");

const matricesOf = (model: Model): Record<string, number> =>
  Object.fromEntries(model.tensors.filter(({ shape }) => shape.length > 1).map(({ name, shape }) => [name, shape[1]]));

itWith(...llamaNeeds).each(llamaMixes.flatMap((mix) => [[mix, false] as const, [mix, true] as const]))(
  "%s, by importance: %s: the file is the one that llama.cpp's quantizer writes",
  async (mix, byImportance) => {
    const source = at("small.gguf");
    const model = await open(source);
    const columns = byImportance ? matricesOf(model) : {};
    const importance = Object.fromEntries(
      Object.entries(columns).map(([name, count]) => [name, Array.from({ length: count }, (_, c) => 1 + (c % 7))]),
    );
    const small = await compress(model, ggml({ mix, ...(byImportance ? { importance } : {}) }));
    await small.save(at("ours.gguf"), { provenance: false });
    if (mix === "Q2_K_S" && !byImportance) {
      // llama.cpp asks for importance here, and ours goes without.
      expect(() => quantizeByLlama(source, at("theirs.gguf"), fileTypes[mix])).toThrow(/importance matrix/);
      return;
    }
    quantizeByLlama(source, at("theirs.gguf"), fileTypes[mix], columns);
    expect(sha256(at("ours.gguf"))).toBe(sha256(at("theirs.gguf")));
  },
  120_000,
);

itWith(...llamaNeeds)("of a file in that very type: its blocks are copied, as llama.cpp copies them", async () => {
  // Blocks by importance, which a second search would not find again.
  quantizeByLlama(at("small.gguf"), at("first.gguf"), fileTypes.Q4_K_M, matricesOf(await open(at("small.gguf"))));
  quantizeByLlama(at("first.gguf"), at("theirs.gguf"), fileTypes.Q4_K_S);
  const small = await compress(await open(at("first.gguf")), ggml({ mix: "Q4_K_S" }));
  await small.save(at("ours.gguf"), { provenance: false });
  expect(sha256(at("ours.gguf"))).toBe(sha256(at("theirs.gguf")));
  const kept = small.report.layers.find(({ name }) => name === "blk.2.ffn_down.weight")?.variants[0];
  expect(kept).toMatchObject({ scheme: "ggml Q4_K", maxAbsError: 0 });
});

itWith(...llamaNeeds)("of a file in that very type, coded behind: the blocks all the same", async () => {
  quantizeByLlama(at("small.gguf"), at("blocks.gguf"), fileTypes.Q8_0);
  const model = await open(at("blocks.gguf"));
  const small = await compress(model, [ggml({ type: "Q8_0" }), huffman()]);
  await small.save(at("again.gguf"), { provenance: false });
  const saved = await open(at("again.gguf"));
  for (const tensor of model.tensors) {
    expect([tensor.name, saved.tensor(tensor.name).dtype]).toEqual([tensor.name, tensor.dtype]);
    const [a, b] = await Promise.all([tensor.readBytes(), saved.tensor(tensor.name).readBytes()]);
    expect([tensor.name, Buffer.compare(Buffer.from(a), Buffer.from(b))]).toEqual([tensor.name, 0]);
  }
  // A second quantizer behind the blocks is not lost.
  const twice = await compress(model, [ggml({ type: "Q8_0" }), linear({ bits: 2, group: 32 }), huffman()]);
  const [{ sqnrDb }] = [twice.report.variants[0].touched];
  expect(sqnrDb).toBeLessThan(20);
  const name = "blk.0.attn_q.weight";
  const [before, after] = await Promise.all([model.tensor(name).read(), twice.tensor(name).read()]);
  expect(before.some((value, i) => value !== after[i])).toBe(true);
});

describe("what else is written", () => {
  let model: Model;
  beforeAll(async () => {
    await writeSmallLlama(at("other.gguf"));
    model = await open(at("other.gguf"));
  });
  const typesOf = (saved: Model) =>
    ["token_embd.weight", "blk.0.attn_q.weight", "blk.0.ffn_down.weight", "blk.0.attn_norm.weight"].map(
      (name) => saved.tensor(name).dtype,
    );
  const sameValues = async (saved: Model, small: Model) => {
    for (const name of ["blk.0.attn_q.weight", "blk.7.ffn_down.weight"]) {
      const [a, b] = await Promise.all([saved.tensor(name).read(), small.tensor(name).read()]);
      expect(Buffer.compare(Buffer.from(a.buffer), Buffer.from(b.buffer))).toBe(0);
    }
  };

  it("one type for all, coded behind: the blocks, and the number of the type", async () => {
    const small = await compress(model, [ggml({ type: "Q6_K" }), huffman()]);
    const { bytes: size } = await small.save(at("type.gguf"), { provenance: false });
    const saved = await open(at("type.gguf"));
    expect(typesOf(saved)).toEqual(["Q8_0", "Q8_0", "Q6_K", "F32"]);
    expect(Object.entries(saved.metadata).slice(-2)).toEqual([
      ["general.quantization_version", 2],
      ["general.file_type", 18],
    ]);
    expect(size).toBe(readFileSync(at("type.gguf")).length);
    await sameValues(saved, small);
  });

  it("pruned before: zeros stay where the type has a zero, and are refused where it has none", async () => {
    const small = await compress(model, [magnitude({ sparsity: 0.7 }), ggml({ type: "Q8_0" })]);
    await small.save(at("pruned.gguf"), { provenance: false });
    const saved = await open(at("pruned.gguf"));
    for (const name of ["blk.0.attn_q.weight", "blk.7.ffn_down.weight"]) {
      const [a, b] = await Promise.all([saved.tensor(name).read(), small.tensor(name).read()]);
      expect(a.every((value, i) => value === b[i])).toBe(true);
      expect(a.filter((value) => value === 0).length / a.length).toBeGreaterThan(0.6);
    }
    const affine = await compress(model, [magnitude({ sparsity: 0.7 }), ggml({ type: "Q4_1" })]);
    await expect(affine.save(at("refused.gguf"), { provenance: false })).rejects.toThrow(
      /was pruned, and blocks of Q4_1 hold no zeros; take/,
    );
    await affine.save(at("floats.gguf"), { dtype: "BF16" });
    expect(new Set((await open(at("floats.gguf"))).tensors.map(({ dtype }) => dtype))).toEqual(new Set(["BF16"]));
  });

  it("another method: values as floats; blocks beside it", async () => {
    const mixed = await compress(model, [
      { match: "**.ffn_*.weight", steps: ggml({ type: "Q5_K" }) },
      { match: "**", steps: linear({ bits: 4, group: 32 }) },
    ]);
    await mixed.save(at("mixed.gguf"), { provenance: false });
    const saved = await open(at("mixed.gguf"));
    expect(typesOf(saved)).toEqual(["F32", "F32", "Q5_K", "F32"]);
    await sameValues(saved, mixed);
    await mixed.save(at("half.gguf"), { dtype: "F16" });
    expect(typesOf(await open(at("half.gguf")))).toEqual(["F16", "F16", "F16", "F16"]);
  });
});

itWith(smolLm, ...llamaNeeds)(
  "SmolLM2 as Q4_K_M: llama.cpp's own file, and llama.cpp talks from it",
  async () => {
    const small = await compress(await open(smolLm), ggml({ mix: "Q4_K_M" }));
    await small.save(at("ours.gguf"), { provenance: false });
    quantizeByLlama(smolLm, at("theirs.gguf"), fileTypes.Q4_K_M);
    expect(sha256(at("ours.gguf"))).toBe(sha256(at("theirs.gguf")));
    const prompt = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n";
    const [answer] = askLlama([{ file: at("ours.gguf"), generate: prompt, count: 16 }]);
    expect(answer.error).toBeUndefined();
    expect(answer.text).toContain("Paris");
  },
  300_000,
);
