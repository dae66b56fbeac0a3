/** Gemma 1, 2 and 3 (text). Their norms multiply by 1 + w, and GGUF holds the sum. Gemma 2 and 3 look back a window in some of their layers;
 *  Gemma 2 caps logits and scores, Gemma 3 turns the heads of the layers with a window by another θ. */
import { UnsupportedError } from "../../errors";
import { tanhGelus, gelus, type NameRow } from "../architecture";
import { plusOne } from "../changes";
import { attentionNames, decoder, gatedNames } from "../decoder";
import { rotaryOf } from "../rotary";
import { blocksOf, countOf, factorOf, float, headsOf, headSizeOf, numberOf, type Settings } from "../settings";
import { windowKeys } from "../window";

const shared: readonly NameRow[] = [
  [/^embed_tokens\.weight$/, "token_embd.weight"],
  [/^norm\.weight$/, "output_norm.weight", plusOne],
  [/^lm_head\.weight$/, "output.weight"],
  [/^layers\.(\d+)\.input_layernorm\.weight$/, "blk.$1.attn_norm.weight", plusOne],
  ...attentionNames,
  ...gatedNames,
];
const aroundNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.post_attention_layernorm\.weight$/, "blk.$1.post_attention_norm.weight", plusOne],
  [/^layers\.(\d+)\.pre_feedforward_layernorm\.weight$/, "blk.$1.ffn_norm.weight", plusOne],
  [/^layers\.(\d+)\.post_feedforward_layernorm\.weight$/, "blk.$1.post_ffw_norm.weight", plusOne],
];
const headNormNames: readonly NameRow[] = [
  [/^layers\.(\d+)\.self_attn\.([qk])_norm\.weight$/, "blk.$1.attn_$2_norm.weight", plusOne],
];
const activationKeys = ["hidden_activation", "hidden_act"];
const only = { use_bidirectional_attention: [false] };
const read = ["hidden_activation", "query_pre_attn_scalar", "cache_implementation"];

/** Refuses another scale of the scores than llama.cpp's: 1/√(size of a head), and in the network of so many layers 1/√(width / heads). */
function checkScale(config: Settings, layersOfLargest: number): void {
  const given = typeof config.query_pre_attn_scalar === "number" ? numberOf(config, "query_pre_attn_scalar") : 256;
  const computed =
    blocksOf(config) === layersOfLargest
      ? Math.floor(countOf(config, "hidden_size") / headsOf(config))
      : headSizeOf(config);
  if (given !== computed)
    throw new UnsupportedError(
      `saveGguf(): ${String(config.model_type)} with "query_pre_attn_scalar": ${given}; llama.cpp computes it with ${computed}`,
    );
}

export const gemma = decoder({
  name: "gemma",
  names: [...shared, [/^layers\.(\d+)\.post_attention_layernorm\.weight$/, "blk.$1.ffn_norm.weight", plusOne]],
  ...{ hasFreeHeads: true, isTied: true, head: "tied", activationKeys },
  activations: [...tanhGelus, ...gelus],
  settings: { read, only },
});

export const gemma2 = decoder({
  ...{ name: "gemma2", names: [...shared, ...aroundNames], hasFreeHeads: true, isTied: true, head: "tied" },
  ...{ activationKeys, activations: tanhGelus, window: "layers" },
  rotary: { kinds: ["linear"] },
  settings: { read: [...read, "attn_logit_softcapping", "final_logit_softcapping", "sliding_window_size"], only },
  check: (config) => {
    checkScale(config, 46);
    for (const key of ["attn_logit_softcapping", "final_logit_softcapping"])
      if (config[key] === null)
        throw new UnsupportedError(`saveGguf(): gemma2 with "${key}": null; llama.cpp computes it with a cap`);
  },
  more: (config) => ({
    attn_logit_softcapping: float(factorOf(config, "attn_logit_softcapping", 50)),
    final_logit_softcapping: float(factorOf(config, "final_logit_softcapping", 30)),
    ...windowKeys(config, (layer) => layer % 2 === 0),
  }),
});

/** The positions of the layers that see the whole text, as a config without kinds of layers states them. */
function fullTurns(config: Settings): Settings {
  const { full_attention: full } = (config.rope_parameters ?? {}) as { full_attention?: Settings };
  return full ? { ...config, rope_parameters: full, rope_scaling: undefined } : config;
}

/** θ of the layers with a window, whose positions are plain ones. */
function windowBase(config: Settings): number {
  const { sliding_attention: own } = (config.rope_parameters ?? {}) as { sliding_attention?: Settings };
  const base = config.rope_local_base_freq ?? undefined;
  return rotaryOf("gemma3", { rope_parameters: own ?? { rope_theta: base } }, { base: 10_000, kinds: [] }).base;
}

export const gemma3 = decoder({
  ...{ name: "gemma3", names: [...shared, ...aroundNames, ...headNormNames], hasFreeHeads: true, isTied: true },
  ...{ activationKeys, activations: tanhGelus, window: "layers" },
  rotary: { base: 1_000_000, kinds: ["linear"] },
  turns: fullTurns,
  settings: {
    read: [
      ...[...read, "final_logit_softcapping", "rope_local_base_freq"],
      ...["sliding_window_pattern", "_sliding_window_pattern"],
    ],
    only: { ...only, attn_logit_softcapping: [] },
  },
  check: (config) => {
    checkScale(config, 62);
  },
  more: (config) => {
    const step = config.sliding_window_pattern ?? config._sliding_window_pattern ?? 6;
    const cap = config.final_logit_softcapping ?? undefined;
    return {
      "rope.freq_base_swa": float(windowBase(config)),
      ...(cap !== undefined && { final_logit_softcapping: float(factorOf(config, "final_logit_softcapping", 30)) }),
      ...windowKeys(config, (layer) => (layer + 1) % Number(step) !== 0),
    };
  },
});
