import { createHash } from "node:crypto";
import { open } from "../../../kernel/open/open";
import { ggml, ggmlBytes, ggmlMixes, ggmlSteps, type GgmlMix } from "../../../kernel/quantize/ggml";
import { quantize } from "../../../kernel/quantize/quantize";
import { fittingType, mixTypeOf, type MixModel, type MixTensor } from "../../../kernel/quantize/ggml/mix";
import { categoryOf } from "../../../kernel/quantize/ggml/place";
import { itWith, smolLm } from "../../references";
import { readFixture } from "../generator";

interface Made {
  readonly most: string;
  readonly others: Readonly<Record<string, readonly string[]>>;
  readonly bytes: Readonly<Record<string, string>>;
}

const made = readFixture<Record<string, Made>>("ggml", "mixes.json");

/** SmolLM2-135M: 30 layers, 9 query and 3 key heads of 64, tied embeddings. */
const parts: readonly (readonly [gguf: string, huggingFace: string, rows: number, columns: number])[] = [
  ["attn_q", "self_attn.q_proj", 576, 576],
  ["attn_k", "self_attn.k_proj", 192, 576],
  ["attn_v", "self_attn.v_proj", 192, 576],
  ["attn_output", "self_attn.o_proj", 576, 576],
  ["ffn_gate", "mlp.gate_proj", 1536, 576],
  ["ffn_up", "mlp.up_proj", 1536, 576],
  ["ffn_down", "mlp.down_proj", 576, 1536],
];
const layers = Array.from({ length: 30 }, (_, n) => n);
const smol = [
  { gguf: "token_embd.weight", huggingFace: "model.embed_tokens.weight", shape: [49152, 576] },
  ...layers.flatMap((n) =>
    parts.map(([gguf, huggingFace, rows, columns]) => ({
      gguf: `blk.${n}.${gguf}.weight`,
      huggingFace: `model.layers.${n}.${huggingFace}.weight`,
      shape: [rows, columns],
    })),
  ),
];

const stepOf = (label: string) => {
  const [mix, importance] = label.split(" by ");
  const ones = {
    importance: Object.fromEntries(smol.map(({ gguf, shape }) => [gguf, Array<number>(shape[1]).fill(1)])),
  };
  return ggml({ mix: mix as GgmlMix, ...(importance ? ones : {}) });
};

test.each(Object.keys(made))(
  "%s: every tensor of SmolLM2 gets llama.cpp's type, in GGUF's names as in Hugging Face's",
  (label) => {
    const { most, others } = made[label];
    const expected = (gguf: string) => Object.keys(others).find((type) => others[type].includes(gguf)) ?? most;
    for (const naming of ["gguf", "huggingFace"] as const) {
      // Out of order on purpose: the rules go by layers.
      const tensors = smol.map((tensor) => ({ name: tensor[naming], shape: tensor.shape })).reverse();
      const choose = ggmlSteps(stepOf(label), tensors);
      const types = smol.map((tensor) => [tensor.gguf, choose({ name: tensor[naming], shape: tensor.shape })?.type]);
      expect(types).toEqual(smol.map(({ gguf }) => [gguf, expected(gguf)]));
    }
  },
);

test("the fixture has all mixtures but NVFP4, which llama-quantize does not offer", () => {
  const covered = new Set(Object.keys(made).map((label) => label.split(" ")[0]));
  expect(ggmlMixes.filter((mix) => !covered.has(mix))).toEqual(["NVFP4"]);
});

itWith(smolLm).each(Object.keys(made).filter((label) => /^(Q[2346]_K|IQ4_XS|Q4_0)/.test(label)))(
  "%s: tensors of SmolLM2 come out with the bytes that llama.cpp writes",
  async (label) => {
    const model = await open(smolLm);
    const choose = ggmlSteps(stepOf(label), model.tensors);
    for (const [name, sha256] of Object.entries(made[label].bytes)) {
      const tensor = model.tensor(name);
      const step = choose(tensor);
      if (!step) throw new Error(`${name} is left alone`);
      const { quantized } = quantize(await tensor.read(), step, { shape: tensor.shape, name });
      const { bytes } = ggmlBytes(quantized);
      expect([name, createHash("sha256").update(bytes).digest("hex")]).toEqual([name, sha256]);
    }
  },
);

const model: MixModel = { layers: 32, values: 32, queriesPerKey: 1, experts: 0, tied: false, importance: false };
const tensor = (category: MixTensor["category"], index = 0, columns = 4096): MixTensor => ({
  category,
  index,
  columns,
  stacked: false,
});

test("rules that SmolLM2 does not reach", () => {
  expect(mixTypeOf("Q4_K_M", tensor("head"), model)).toBe("Q6_K");
  expect(mixTypeOf("Q4_K_M", tensor("head", 0, 576), model)).toBe("Q8_0");
  expect(mixTypeOf("Q8_0", tensor("head"), model)).toBe("Q8_0");
  expect(mixTypeOf("Q4_K_M", tensor("embedding"), model)).toBe("Q4_K");
  expect(mixTypeOf("TQ2_0", tensor("embedding"), model)).toBe("Q4_K");
  expect(mixTypeOf("Q2_K", tensor("value"), { ...model, queriesPerKey: 4 })).toBe("Q4_K");
  expect(mixTypeOf("IQ4_XS", tensor("value"), { ...model, queriesPerKey: 8 })).toBe("Q5_K");
  expect(mixTypeOf("Q4_K_S", tensor("value", 9), { ...model, layers: 80, queriesPerKey: 8 })).toBe("Q5_K");
  expect(mixTypeOf("Q4_K_M", tensor("value"), { ...model, experts: 8 })).toBe("Q8_0");
  expect(mixTypeOf("Q4_K_M", tensor("key"), { ...model, experts: 8 })).toBe("Q8_0");
  expect(mixTypeOf("Q4_K_M", tensor("attention.output"), { ...model, experts: 8 })).toBe("Q5_K");
  expect(mixTypeOf("MXFP4_MOE", { ...tensor("gate"), stacked: true }, model)).toBe("MXFP4");
  expect(mixTypeOf("MXFP4_MOE", tensor("query"), model)).toBe("Q8_0");
  expect(mixTypeOf("Q3_K_M", tensor("down", 9), { ...model, falcon: true })).toBe("Q4_K");
  expect(mixTypeOf("Q3_K_M", tensor("down", 10), { ...model, falcon: true })).toBe("Q3_K");
  // 32 layers: the first and last four, and every third between.
  const more = layers.concat(30, 31).filter((n) => mixTypeOf("Q4_K_M", tensor("down", n), model) === "Q6_K");
  expect(more).toEqual([0, 1, 2, 3, 6, 9, 12, 15, 18, 21, 24, 27, 28, 29, 30, 31]);
  expect(fittingType("TQ1_0", 96)).toBe("Q4_0");
  expect(fittingType("MXFP4", 40)).toBe("F16");
});

test.each([
  ["bert.encoder.layer.3.output.dense.weight", [384, 1536], "down"],
  ["encoder.layer.3.intermediate.dense.weight", [1536, 384], "up"],
  ["encoder.layer.3.attention.output.dense.weight", [384, 384], "attention.output"],
  ["transformer.h.0.attn.c_attn.weight", [768, 2304], "qkv"],
  ["blk.0.ffn_down_exps.weight", [8, 64, 128], "down"],
  ["model.layers.1.block_sparse_moe.experts.7.w2.weight", [64, 128], "down"],
  ["model.layers.1.block_sparse_moe.gate.weight", [8, 64], undefined],
  ["lm_head.weight", [100, 64], "head"],
  ["embeddings.position_embeddings.weight", [512, 384], undefined],
  ["embeddings.token_type_embeddings.weight", [2, 384], undefined],
  ["embeddings.word_embeddings.weight", [100, 384], "embedding"],
  ["encoder.layer.3.output.LayerNorm.weight", [384], undefined],
] as const)("%s is %s to the rules: %s", (name, shape, category) => {
  expect(categoryOf({ name, shape })).toBe(category);
});
