/** Llama and its nearest kin: Mistral, Mixtral, SmolLM3 (every fourth layer without positions) and Granite (four multipliers). */
import { UnsupportedError } from "../../errors";
import {
  decoder,
  embeddingNames,
  gatedBiasNames,
  gatedNames,
  normNames,
  outputBiasNames,
  pairedAttentionNames,
} from "../decoder";
import { expertCount, expertNames, expertOf, expertSettings, expertSizes } from "../experts";
import { blocksOf, factorOf, float, type Settings } from "../settings";

const names = [...embeddingNames, ...normNames, ...pairedAttentionNames, ...gatedNames];
const withBiases = [...names, ...outputBiasNames, ...gatedBiasNames];
const kinds = ["linear", "yarn", "llama3"];
const settings = { only: { rope_interleaved: [false] } };

export const llama = decoder({
  ...{ name: "llama", names: withBiases, hasFreeHeads: true, settings },
  rotary: { kinds },
});

export const mixtral = decoder({
  ...{ name: "llama", names: [...withBiases, ...expertNames], hasFreeHeads: true },
  rotary: { kinds },
  settings: { read: expertSettings },
  more: (config) => expertSizes("llama", config),
  partOf: expertOf,
  partCount: expertCount,
});

/** llama.cpp turns three layers and leaves the fourth, again and again. */
function checkTurns(config: Settings): void {
  const { no_rope_layers: list, no_rope_layer_interval: step } = config;
  const turns = (layer: number) => ((layer + 1) % 4 === 0 ? 0 : 1);
  const usual = JSON.stringify(Array.from({ length: blocksOf(config) }, (_, i) => turns(i)));
  if (Array.isArray(list) ? JSON.stringify(list) === usual : (step ?? 4) === 4) return;
  throw new UnsupportedError(
    "saveGguf(): smollm3 whose layers without positions (no_rope_layers) are not every fourth; llama.cpp has those",
  );
}

export const smolLm3 = decoder({
  ...{ name: "smollm3", names, hasFreeHeads: true, isTied: true, window: "flag" },
  rotary: { base: 2_000_000 },
  settings: { read: ["no_rope_layers", "no_rope_layer_interval"] },
  check: checkTurns,
});

export const granite = decoder({
  ...{ name: "granite", names: withBiases },
  rotary: { kinds },
  settings: { read: ["attention_multiplier", "embedding_multiplier", "residual_multiplier", "logits_scaling"] },
  more: (config) => ({
    "attention.scale": float(factorOf(config, "attention_multiplier", 1)),
    embedding_scale: float(factorOf(config, "embedding_multiplier", 1)),
    residual_scale: float(factorOf(config, "residual_multiplier", 1)),
    logit_scale: float(factorOf(config, "logits_scaling", 1)),
  }),
});
