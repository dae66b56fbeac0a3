/** A model as a Hugging Face folder: plain weights, `config.json` with the sizes that they have, and what lies beside them in the original.
 *  transformers opens it with `AutoModel.from_pretrained(folder)`. */
import { join } from "node:path";
import { OptionError } from "../errors";
import { readJsonFile } from "../formats/config";
import { shardedFiles } from "../formats/safetensors-shards";
import type { SavedFloatType, SavedTensor } from "../formats/safetensors-writer";
import { architectureOf, configKey, ggufKeys } from "../network/dimensions";
import { withoutQuantization } from "../stored-codes/quantization-settings";
import { headsForTransformers } from "../surgery/pad-heads";
import { isMadeSmaller, type SavedModel } from "./saved-model";
import { checkCut } from "./cut-checks";
import { weightsMetadata, writeModelFolder, type FolderOptions } from "./model-folder";
import { layersAsValues, type PlannedSave } from "./save-plan";

/** How a folder of plain weights is written. */
export interface PlainFolderOptions extends FolderOptions {
  readonly dtype: (tensor: SavedTensor) => SavedFloatType | undefined;
  /** The type that all weights are written as, if they are. */
  readonly only: SavedFloatType | undefined;
  /** Writes heads that were taken out as zeros where the architecture cannot have fewer. */
  readonly padHeads: boolean;
  /** Why layers are plain though they were quantized; without one: because the folder holds values. */
  readonly reasons?: ReadonlyMap<object, string>;
}

/** Plans the folder. `OptionError` when there is no config.json, or transformers could not open a network of such sizes; when it is written, as of
 *  `writeModelFolder`. */
export async function planFolder(
  model: SavedModel,
  { dtype, only, padHeads, reasons, ...options }: PlainFolderOptions,
): Promise<PlannedSave> {
  const { from } = options;
  // A network that was made smaller without its config at hand has sizes that no other config tells.
  const isWhole = !isMadeSmaller(model);
  const found =
    model.config ?? (isWhole && from !== undefined ? await readJsonFile(join(from, "config.json")) : undefined);
  if (found === undefined)
    throw new OptionError(
      `save(): ${model.name} has no config.json, which a folder needs; save("small.safetensors") writes the weights alone`,
    );
  // What was not cut has the sizes that its config.json tells, whatever they are.
  const whole = { tensors: model.tensors, metadata: model.metadata, config: found };
  const { tensors, config } = isWhole ? whole : headsForTransformers(whole, padHeads);
  if (!isWhole) {
    checkSizes(config);
    checkCut(model, config);
  }
  const metadata = weightsMetadata(model, options.provenance);
  const weights = shardedFiles(tensors, { dtype, metadata, shardBytes: options.shardBytes });
  const layers = layersAsValues(
    tensors,
    weights,
    (tensor) => reasons?.get(tensor) ?? "this folder holds plain weights",
    only === undefined ? "safetensors has no such type" : undefined,
  );
  const [form, engine] = ["folder of plain weights", "transformers"];
  const settings = tensors.some(isCoded) ? config : withoutQuantization(config);
  const written = { method: "save", model, form, engine, weights, config: { ...settings, ...typeIn(settings, only) } };
  return {
    plan: { form, engine, layers, bytes: weights.bytes },
    write: (folder) => writeModelFolder(folder, written, options),
  };
}

/** A matrix that is written as the file had its codes, which the settings explain. */
const isCoded = ({ dtype, shape }: SavedTensor): boolean => shape.length > 1 && /^([IU]\d|F8|F4)/.test(dtype);

const typeNames = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;

/** The type that a config.json names, where it names one and all weights have another now. */
export function typeIn(
  config: Readonly<Record<string, unknown>>,
  only: SavedFloatType | undefined,
): Record<string, unknown> {
  const key = ["dtype", "torch_dtype"].find((name) => typeof config[name] === "string");
  return key !== undefined && only !== undefined ? { [key]: typeNames[only] } : {};
}

/** transformers builds all blocks alike. */
export function checkSizes(config: Readonly<Record<string, unknown>>): void {
  for (const meaning of ["mlp", "heads", "keyValueHeads"] as const) {
    const key = configKey(config, meaning);
    if (key !== undefined && Array.isArray(config[key]))
      refuseList(key, config[key], "transformers builds all blocks alike");
  }
  if (/^(bloom|mpt)$/.test(String(config.model_type)) && configKey(config, "mlp") !== undefined)
    throw new OptionError(
      `save(): transformers gives ${String(config.model_type)} a feed-forward part of four times its width; save("small.safetensors") keeps the smaller one`,
    );
}

/** Architectures of llama.cpp whose blocks may differ: src/models/deci.cpp, openelm.cpp. */
const uneven = /^(deci|openelm)$/;

/** llama.cpp builds all blocks of most architectures alike. */
export function checkGgufSizes(metadata: Readonly<Record<string, unknown>>): void {
  const architecture = architectureOf(metadata);
  if (architecture === undefined || uneven.test(architecture)) return;
  for (const meaning of ["mlp", "heads", "keyValueHeads"] as const) {
    const key = `${architecture}.${ggufKeys[meaning]}`;
    const value = metadata[key];
    if (Array.isArray(value) && value.some((size) => size !== value[0]))
      refuseList(key, value, `llama.cpp builds the blocks of ${architecture} alike`);
  }
}

function refuseList(key: string, list: readonly unknown[], why: string): never {
  throw new OptionError(
    `save(): ${key} is [${list.slice(0, 8).join(", ")}${list.length > 8 ? ", …" : ""}], and ${why}; scope: "layer" takes the same number from each, save("small.safetensors") keeps these`,
  );
}
