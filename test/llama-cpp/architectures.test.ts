import { tmpdir } from "node:os";
import { UnsupportedError } from "../../kernel";
import { architectures } from "../../kernel/llama-cpp/architectures";
import { ggufFromFolder } from "../../kernel/llama-cpp/from-folder";

const decoder = {
  ...{ num_hidden_layers: 4, num_attention_heads: 4, hidden_size: 32, intermediate_size: 44 },
  max_position_embeddings: 96,
};
const gemma = { query_pre_attn_scalar: 8, sliding_window: 16, attn_logit_softcapping: 50, final_logit_softcapping: 30 };
const t5 = { d_model: 32, d_kv: 8, d_ff: 44, num_layers: 2, num_heads: 4 };

/** Of each family settings that llama.cpp computes otherwise, and the word by which they are refused. */
const refused: Readonly<Record<string, readonly (readonly [object, RegExp])[]>> = {
  llama: [
    [{ ...decoder, rope_interleaved: true }, /"rope_interleaved": true; llama\.cpp computes it with false/],
    [{ ...decoder, hidden_act: "gelu" }, /activation "gelu"; llama\.cpp computes it with silu/],
  ],
  mistral: [[{ ...decoder, sliding_window: 0 }, /sliding_window is 0/]],
  qwen3: [[{ ...decoder, use_sliding_window: true, sliding_window: -8 }, /sliding_window is -8/]],
  qwen2: [[{ ...decoder, head_dim: 12 }, /4 heads of 12 entries in a width of 32/]],
  bert: [[{ ...decoder, is_decoder: true }, /"is_decoder": true/]],
  roberta: [[{ ...decoder, position_embedding_type: "relative_key" }, /"relative_key" positions/]],
  gpt2: [[{ scale_attn_by_inverse_layer_idx: true }, /"scale_attn_by_inverse_layer_idx": true/]],
  gemma: [[{ ...decoder, use_bidirectional_attention: true }, /"use_bidirectional_attention": true/]],
  gemma2: [
    [{ ...decoder, ...gemma, query_pre_attn_scalar: 16 }, /"query_pre_attn_scalar": 16; llama\.cpp computes it with 8/],
    [{ ...decoder, ...gemma, attn_logit_softcapping: null }, /"attn_logit_softcapping": null/],
    [{ ...decoder, ...gemma, final_logit_softcapping: null }, /"final_logit_softcapping": null/],
    [
      { ...decoder, ...gemma, hidden_activation: "gelu" },
      /activation "gelu"; llama\.cpp computes it with gelu_pytorch/,
    ],
  ],
  gemma3_text: [
    [{ ...decoder, ...gemma }, /"attn_logit_softcapping": 50; llama\.cpp computes it without it/],
    [{ ...decoder, query_pre_attn_scalar: 256 }, /"query_pre_attn_scalar": 256/],
  ],
  phi3: [[{ ...decoder, full_attn_mod: 2 }, /"full_attn_mod": 2; llama\.cpp computes it with 1/]],
  smollm3: [
    [{ ...decoder, no_rope_layers: [1, 1, 0, 1] }, /not every fourth/],
    [{ ...decoder, no_rope_layer_interval: 3 }, /not every fourth/],
  ],
  granite: [[{ ...decoder, head_dim: 12 }, /heads of 12 entries/]],
  olmo2: [[{ ...decoder, clip_qkv: 8 }, /"clip_qkv": 8, which may change what the network computes/]],
  stablelm: [[{ ...decoder, head_dim: 12 }, /heads of 12 entries/]],
  starcoder2: [[{ ...decoder, use_bias: false }, /"use_bias": false/]],
  cohere: [[{ ...decoder, use_qk_norm: true }, /cohere with 4 layers and "use_qk_norm": true/]],
  cohere2: [[{ ...decoder, sliding_window: 8, rotary_pct: 0.5 }, /"rotary_pct": 0\.5/]],
  glm4: [[{ ...decoder, rope_parameters: { rope_type: "dynamic" } }, /of kind "dynamic"/]],
  gpt_neox: [[{ ...decoder, attention_bias: false }, /"attention_bias": false/]],
  falcon: [
    [{ ...decoder, alibi: true }, /"alibi": true/],
    [{ ...decoder, parallel_attn: false }, /"parallel_attn": false/],
  ],
  gpt_oss: [
    [{ ...decoder, swiglu_limit: 5 }, /"swiglu_limit": 5; llama\.cpp computes it with 7/],
    [{ ...decoder, rope_parameters: { rope_type: "yarn", factor: 32, truncate: 0 } }, /"truncate": 0/],
  ],
  t5: [
    [{ ...t5, relative_attention_max_distance: 64 }, /"relative_attention_max_distance": 64/],
    [{ ...t5, feed_forward_proj: "gated-silu" }, /activation "gated-silu"/],
    [{ ...t5, num_decoder_layers: 3 }, /3 layers in the decoder and 2 in the encoder/],
  ],
};

const cases = Object.entries(refused).flatMap(([kind, list]) =>
  list.map(([config, reason]) => ({ kind, config, reason })),
);

test.each(cases)("$kind: what llama.cpp computes otherwise is refused, $reason", async ({ kind, config, reason }) => {
  const making = ggufFromFolder({ tensors: [], folder: tmpdir(), config: { model_type: kind, ...config } });
  await expect(making).rejects.toThrow(reason);
});

test.each(Object.keys(architectures))("%s: a key that is not known is refused by name", async (kind) => {
  const gemmaOnly = kind.startsWith("gemma") ? { query_pre_attn_scalar: 8 } : {};
  const config = { model_type: kind, attention_chunk: 4, ...(kind === "t5" ? t5 : { ...decoder, ...gemmaOnly }) };
  const making = ggufFromFolder({ tensors: [], folder: tmpdir(), config });
  await expect(making).rejects.toThrow(UnsupportedError);
  await expect(making).rejects.toThrow('says "attention_chunk": 4, which may change');
});

test("every family turns what it computes with into rows of one kind", () => {
  expect(Object.keys(architectures)).toHaveLength(27);
  for (const { names, activations, head } of Object.values(architectures)) {
    expect(activations.length).toBeGreaterThan(0);
    expect(names.some(([, name]) => name === "token_embd.weight")).toBe(true);
    expect(names.some(([, name]) => name === "output.weight")).toBe(head !== "none");
  }
});
