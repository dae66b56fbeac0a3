/** Which description a model has: by `model_type` of its config.json. To add an architecture, write a function beside the others that takes the
 *  settings and gives a `Network`, name it here, and add it to the table of test/evaluate/architectures. */
import { UnsupportedError } from "../../errors";
import type { Model } from "../../tensor/model";
import { bertNetwork } from "./bert";
import { ggufNetwork } from "./gguf";
import { gpt2Network } from "./gpt2";
import { gptNeoXNetwork } from "./gpt-neox";
import { llamaNetwork, type Has } from "./llama";
import type { Network } from "./network";
import { Settings } from "./settings";

/** Qwen slides in its last blocks, those from max_window_layers on, and only where it says so. */
const qwen = {
  slidesByFlag: true,
  slides: (settings: Settings, block: number) => block >= settings.count("max_window_layers", 28),
};

/** What transformers takes for a key that config.json leaves out, where that is no other kind's value. */
const defaults: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  mistral: { num_key_value_heads: 8, sliding_window: 4096 },
  phi3: { rms_norm_eps: 1e-5 },
  gemma2: {
    ...{ head_dim: 256, query_pre_attn_scalar: 256, sliding_window: 4096, hidden_activation: "gelu_pytorch_tanh" },
    ...{ attn_logit_softcapping: 50, final_logit_softcapping: 30 },
  },
  gemma3_text: {
    ...{ head_dim: 256, query_pre_attn_scalar: 256, sliding_window: 4096, hidden_activation: "gelu_pytorch_tanh" },
    ...{ rope_theta: 1_000_000, rope_local_base_freq: 10_000 },
  },
};

const architectures: Readonly<Record<string, (settings: Settings, has: Has) => Network>> = {
  llama: llamaNetwork,
  mistral: llamaNetwork,
  qwen2: (settings, has) => llamaNetwork(settings, has, qwen),
  qwen3: (settings, has) => llamaNetwork(settings, has, { ...qwen, hasHeadNorms: true }),
  gemma2: (settings, has) => llamaNetwork(settings, has, { isGemma: true, slides: (_, block) => block % 2 === 0 }),
  gemma3_text: (settings, has) =>
    llamaNetwork(settings, has, { isGemma: true, hasHeadNorms: true, slides: (_, block) => (block + 1) % 6 !== 0 }),
  phi3: (settings, has) => llamaNetwork(settings, has, { isFused: true }),
  gpt2: gpt2Network,
  gpt_neox: gptNeoXNetwork,
  bert: bertNetwork,
  roberta: bertNetwork,
  "xlm-roberta": bertNetwork,
};

/** The network that a model is. `UnsupportedError` without a config.json, for a kind that is not known, and for settings that are not
 *  computed here. */
export function networkOf(model: Model): Network {
  const { config } = model;
  const names = new Set(model.tensors.map(({ name }) => name));
  const has = (name: string) => names.has(name);
  if (config === undefined && names.has("token_embd.weight")) return ggufNetwork(model, has);
  const kind = config?.model_type;
  const known = Object.keys(architectures).join(", ");
  if (typeof kind !== "string")
    throw new UnsupportedError(
      `${model.name}: there is no config.json that says what network the weights are of; open a folder that has one. These are run: ${known}`,
    );
  if (!config || !Object.hasOwn(architectures, kind))
    throw new UnsupportedError(`${model.name}: networks of kind "${kind}" are not run; these are: ${known}`);
  const settings = new Settings(kind, { ...defaults[kind], ...config });
  const network = architectures[kind](settings, has);
  settings.finish();
  checkUse(model, network);
  return network;
}

/** Tables that old checkpoints carry and no network reads: causal masks, rotary frequencies, numbers of places. */
const tables = /\.(?:attn|attention)\.(?:bias|masked_bias)$|rotary_emb\.inv_freq$|position_ids$/;

/** Refuses a model with tensors in its blocks that the description does not name: what they are for would be left out without a word. */
function checkUse(model: Model, { blocks, family }: Network): void {
  const used = new Set(blocks.flatMap(namesOf));
  const odd = model.tensors.find(
    ({ name }) => !used.has(name) && !tables.test(name) && blocks.some((block) => name.startsWith(`${block.name}.`)),
  );
  if (odd)
    throw new UnsupportedError(
      `${model.name}: ${odd.name} has no place in the ${family} network that is run here, which would leave it out`,
    );
}

/** The tensors of a block: those of every matrix and norm that it names. */
function namesOf(part: unknown): string[] {
  if (typeof part !== "object" || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    if (typeof value === "string") return key === "tensor" || key === "weight" || key === "bias" ? [value] : [];
    return namesOf(value);
  });
}
