/** A model as a Hugging Face folder: `model.safetensors` with plain weights, `config.json` with the sizes that they have, and the tokenizer and
 *  other small files of the original. transformers opens it with `AutoModel.from_pretrained(folder)`. */
import { join, resolve } from "node:path";
import { mkdir, stat } from "node:fs/promises";
import { writeFileAtomically } from "../bytes/atomic-file";
import { OptionError, WriteError } from "../errors";
import { readJsonFile } from "../formats/config";
import {
  safetensorsLayout,
  writeSafetensors,
  type SavedFloatType,
  type SavedTensor,
} from "../formats/safetensors-writer";
import { hashOf } from "../formats/write-pieces";
import { architectureOf, configKey, ggufKeys } from "../network/dimensions";
import { withoutQuantization } from "../stored-codes/quantization-settings";
import { headsForTransformers } from "../surgery/pad-heads";
import { isMadeSmaller, type SavedModel } from "./saved-model";
import { weightsMetadata } from "./quantized-folder";
import { layersAsValues, type PlannedSave, type SavedFiles } from "./save-plan";
import { copySmallFiles } from "./small-files";

/** How a folder of plain weights is written. */
export interface SaveFolderOptions {
  readonly from: string | undefined;
  readonly dtype: (tensor: SavedTensor) => SavedFloatType | undefined;
  /** The type that all weights are written as, if they are. */
  readonly only: SavedFloatType | undefined;
  /** Writes heads that were taken out as zeros where the architecture cannot have fewer. */
  readonly padHeads: boolean;
  readonly signal: AbortSignal | undefined;
  readonly resume: boolean;
}

/** Plans the folder; written, config.json comes last. `OptionError` when there is no config.json, or transformers could not open a network of
 *  such sizes; when it is written, for the original's own folder and for one that holds another model in several files. */
export async function planFolder(
  model: SavedModel,
  { from, dtype, only, padHeads, signal, resume }: SaveFolderOptions,
): Promise<PlannedSave> {
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
  if (!isWhole) checkSizes(config);
  const layout = safetensorsLayout({ tensors }, { dtype, metadata: weightsMetadata });
  const layers = layersAsValues(tensors, layout, "a folder of plain weights holds values");
  const plan = { form: "folder of plain weights", engine: "transformers", layers, bytes: layout.bytes };
  const write = async (folder: string): Promise<SavedFiles> => {
    await makeFolder(folder, from);
    const copied = from === undefined ? [] : await copySmallFiles(from, folder, signal ? { signal } : {});
    const settings = tensors.some(isCoded) ? config : withoutQuantization(config);
    const json = Buffer.from(`${JSON.stringify({ ...settings, ...typeIn(settings, only) }, undefined, 2)}\n`);
    const bytes = await writeSafetensors({ tensors, ...hashOf(model) }, join(folder, "model.safetensors"), {
      dtype,
      resume,
      metadata: weightsMetadata,
      finish: async () => void (await writeFileAtomically(join(folder, "config.json"), [json], { signal })),
      ...(signal ? { signal } : {}),
    });
    return { bytes, files: [...copied, "model.safetensors", "config.json"] };
  };
  return { plan, write };
}

async function makeFolder(folder: string, from: string | undefined): Promise<void> {
  if (from !== undefined && resolve(from) === resolve(folder))
    throw new OptionError(`save(): ${folder} is the original's own folder; name another`);
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new WriteError(
      folder,
      `the folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  });
  if (await stat(join(folder, "model.safetensors.index.json")).catch(() => undefined))
    throw new OptionError(`save(): ${folder} holds another model in several files; name another folder`);
}

/** A matrix that is written as the file had its codes, which the settings explain. */
const isCoded = ({ dtype, shape }: SavedTensor): boolean => shape.length > 1 && /^([IU]\d|F8|F4)/.test(dtype);

const typeNames = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;

/** The type that a config.json names, where it names one and all weights have another now. */
function typeIn(config: Readonly<Record<string, unknown>>, only: SavedFloatType | undefined): Record<string, unknown> {
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
