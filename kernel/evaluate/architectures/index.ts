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

const architectures: Readonly<Record<string, (settings: Settings, has: Has) => Network>> = {
  llama: llamaNetwork,
  mistral: llamaNetwork,
  qwen2: llamaNetwork,
  qwen3: (settings, has) => llamaNetwork(settings, has, { hasHeadNorms: true }),
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
  const settings = new Settings(kind, config);
  const network = architectures[kind](settings, has);
  settings.finish();
  return network;
}
