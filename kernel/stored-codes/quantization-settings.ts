/** What a checkpoint says of the way in which its weights are stored, and where it says it. */
import type { Tensor } from "../tensor/tensor";
import type { Settings } from "./file-tensors";

/** Keys under which a config.json says how weights are stored. */
const quantizationKeys = ["quantization_config", "compression_config", "quantization"];

/** DeepSeek-V4's key for the type of its experts, which have none of their own once they are numbers. */
const expertType = "expert_dtype";

/** Files that say it where the config does not, as GPTQ's, AWQ's and ModelOpt's writers name them. */
export const quantizationFiles: readonly string[] = [
  "quantize_config.json",
  "quant_config.json",
  "hf_quant_config.json",
];

/** Names that ask for such a file. */
const codedNames = /(^|\.)(qweight|qzeros|weight_scale(_2|_inv)?|weight_packed)$/;

/** What says of a model how its weights are stored: a part of its config, or a file beside it where the config is silent and names of tensors
 *  ask for one; undefined where nothing does. */
export async function quantizationOf(
  tensors: readonly Pick<Tensor, "name">[],
  config: Settings | undefined,
  beside: (name: string) => Promise<Settings | undefined>,
): Promise<Settings | undefined> {
  const text = isSettings(config?.text_config) ? config.text_config : undefined;
  for (const settings of [config, text])
    for (const key of quantizationKeys) if (isSettings(settings?.[key])) return settings[key];
  if (!tensors.some(({ name }) => codedNames.test(name))) return undefined;
  for (const name of quantizationFiles) {
    const found = await beside(name);
    if (found) return found;
  }
  return undefined;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A config.json that says nothing of how weights are stored. */
export function withoutQuantization(config: Settings): Settings {
  const kept = Object.entries(config).filter(([key]) => !quantizationKeys.includes(key) && key !== expertType);
  return Object.fromEntries(
    kept.map(([key, value]) => [key, key === "text_config" && isSettings(value) ? withoutQuantization(value) : value]),
  );
}
