import { isHead, ruleByName } from "../../../kernel/network/roles/names";
import { subjectOf } from "../../../kernel/network/roles/subject";

const cases: readonly [string, readonly number[], string | undefined][] = [
  // What rank ≥ 2 does not make a weight
  ["model.rotary_emb.cos_cached", [1, 1, 64, 16], "buffer"],
  ["freqs_cis", [64, 8], "buffer"],
  ["pos_encoder.pe", [1, 500, 32], "buffer"],
  ["h.0.attn.bias", [1, 1, 64, 64], "buffer"],
  ["attn_mask", [64, 49, 49], "buffer"],
  ["layers.0.blocks.0.attn.relative_coords_table", [1, 13, 13, 2], "buffer"],
  ["layers.0.blocks.0.attn.relative_position_bias_table", [169, 3], "buffer"],
  ["blocks.0.attn.rel_pos_h", [27, 64], "buffer"],
  ["pos_embed", [1, 197, 768], "buffer"],
  ["visual.positional_embedding", [50, 768], "buffer"],
  ["cls_token", [1, 1, 768], "buffer"],
  ["synthesis.b4.const", [512, 4, 4], "buffer"],
  ["synthesis.b4.conv1.noise_const", [4, 4], "buffer"],
  ["prompt_encoder.pe_layer.positional_encoding_gaussian_matrix", [2, 128], "buffer"],
  ["conv2.att_src", [1, 4, 8], "buffer"],
  ["crf.transitions", [5, 5], "buffer"],
  ["layers.0.kernel.kernel.A_imag", [16, 8], "buffer"],
  ["layers.0.kernel.kernel.inv_A_real", [16, 8], "buffer"],
  ["queue", [128, 65536], "buffer"],
  ["policy.log_std", [1, 4], "buffer"],
  ["layer.0.attention.query.mask_scores", [64, 64], "buffer"],
  ["position_embd.weight", [512, 384], "embedding"],
  ["query_tokens", [1, 32, 768], "buffer"],
  ["logit_scale", [3, 1, 1], "buffer"],
  ["snake1.alpha", [1, 64, 1], "buffer"],
  ["mixer.A_log", [1536, 16], "buffer"],
  ["rwkv.blocks.0.attention.time_mix_key", [1, 1, 48], "buffer"],
  ["blocks.0.att.time_maa_x", [1, 1, 48], "buffer"],
  ["quantizer.vq.layers.0._codebook.embed", [1024, 128], "buffer"],
  ["quantizer.vq.layers.0._codebook.embed_avg", [1024, 128], "buffer"],
  ["quantizer.codevectors", [1, 640, 128], "buffer"],
  ["feature_extractor.mel_filters", [201, 80], "buffer"],
  ["stft.forward_basis", [258, 1, 256], "buffer"],
  ["spectrogram.window", [400, 1], "buffer"],
  ["model.22.anchor_grid", [3, 1, 3, 1, 1, 2], "buffer"],
  ["model.22.dfl.conv.weight", [1, 16, 1, 1], "buffer"],
  ["blur.kernel", [4, 4], "buffer"],
  ["layers.0.q_proj.weight_scale_inv", [4, 4], "buffer"],
  ["prelu1.weight", [10], "buffer"],
  ["fc.weight_u", [12], "buffer"],
  // Norms
  ["layers.0.grn.gamma", [1, 1, 1, 384], "norm"],
  ["stages.0.blocks.0.norm.weight", [1, 64, 1, 1], "norm"],
  ["layers.0.self_attn.q_norm.weight", [96, 128], "norm"],
  ["blocks.0.ls1.gamma", [768], "norm"],
  ["layer.0.layer_scale_1", [64, 1, 1], "norm"],
  ["conv.weight_g", [32, 1, 1], "norm"],
  ["conv.parametrizations.weight.original0", [32, 1, 1], "norm"],
  ["fc.weight_orig", [6, 8], "unknown"],
  ["lstm.weight_hh_l0_orig", [24, 6], "unknown"],
  ["fc.parametrizations.weight.original", [6, 8], "unknown"],
  ["attn.parametrizations.in_proj_weight.original", [24, 8], "unknown"],
  ["fc.parametrizations.weight.0.base", [8, 8], "unknown"],
  ["blk.0.attn_q_norm.weight", [16, 64], "norm"],
  ["conv1_BN.weight", [128], "norm"],
  ["norm1.linear.weight", [128, 64], undefined],
  ["norm_proj.weight", [128, 64], undefined],
  // Biases
  ["encoder.layers.0.self_attn.pos_bias_u", [8, 64], "bias"],
  ["mlp.experts.gate_up_proj_bias", [4, 176], "bias"],
  ["lstm.bias_ih_l0_reverse", [512], "bias"],
  ["transformer.layer.0.rel_attn.r_w_bias", [16, 64], "bias"],
  // Routers
  ["layers.0.mlp.router.classifier.weight", [8, 64], "router"],
  ["blk.0.ffn_gate_inp.weight", [8, 64], "router"],
  ["model.layers.0.mlp.shared_expert_gate.weight", [1, 64], "router"],
  // Embeddings
  ["shared.weight", [32128, 512], "embedding"],
  ["encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight", [32, 8], "embedding"],
  ["token_embd.weight", [49152, 576], "embedding"],
  ["dec_emb", [74, 256], "embedding"],
  ["patch_embed.proj.weight", [768, 3, 16, 16], undefined],
  // Optimizers
  ["optimizer.state.0.exp_avg", [64, 64], "optimizer state"],
  ["fc.weight.momentum_buffer", [64, 64], "optimizer state"],
  ["dense/kernel/Adam_1", [64, 64], "optimizer state"],
  ["Adam/m/dense/kernel", [64, 64], "optimizer state"],
  ["opt_state/0/mu/dense/kernel", [64, 64], "optimizer state"],
  // Weights
  ["model.layers.0.self_attn.q_proj.weight", [64, 64], undefined],
  ["adam.weight", [64, 64], undefined],
  ["gamma_net.weight", [64, 64], undefined],
  ["position_mlp.weight", [64, 64], undefined],
  ["time_mix_net.0.weight", [64, 64], undefined],
];

test.each(cases)("%s %j: %s", (name, shape, role) => {
  expect(ruleByName(subjectOf({ name, shape }))?.role).toBe(role);
});

test.each([
  ["lm_head.weight", true],
  ["output.weight", true],
  ["codebooks_head.weight", true],
  ["encoder.layer.0.output.dense.weight", false],
  ["fc1.weight", false],
])("%s gives the answer: %s", (name, gives) => {
  expect(isHead(subjectOf({ name, shape: [4, 4] }))).toBe(gives);
});
