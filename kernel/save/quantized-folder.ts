/** A folder as transformers opens it, whatever the layout of its quantized weights: the small files of the original, `model.safetensors`, and
 *  right after it `config.json` with a `quantization_config`, so that a folder with one is whole. */
import { mkdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { attempt } from "../bytes/source";
import { FormatError, OptionError, WriteError } from "../errors";
import { safetensorsLayout, writeSafetensors, type SavedTensor } from "../formats/safetensors-writer";
import { hashOf, type Hashed } from "../formats/write-pieces";
import type { Model } from "../tensor/model";
import type { Shape } from "../tensor/tensor";
import { withoutQuantization } from "../stored-codes/quantization-settings";
import { layerAsValues, type PlannedLayer, type SavedFiles, type SavePlan } from "./save-plan";
import { copySmallFiles } from "./small-files";

/** What `__metadata__` of the weights says, as transformers' own files do. */
export const weightsMetadata = { format: "pt" } as const;

/** One tensor of the model, as a folder of quantized weights holds it. */
export interface FolderPart {
  readonly tensor: { readonly name: string; readonly shape: Shape };
  /** What is written for it. */
  readonly written: readonly SavedTensor[];
  /** What its codes are called; absent where it is written as its values. */
  readonly packedAs?: string;
  /** Why it is written as its values though it was quantized. */
  readonly reason?: string;
}

/** The plan of a folder of quantized weights; its bytes are those of model.safetensors. */
export function quantizedPlan(form: string, engine: string, parts: readonly FolderPart[]): SavePlan {
  const layout = safetensorsLayout({ tensors: parts.flatMap(({ written }) => written) }, { metadata: weightsMetadata });
  const layers = parts.map(({ tensor, written, packedAs, reason }): PlannedLayer => {
    const tensors = written.map(({ name, dtype, shape, sizeBytes }) => ({ name, dtype, shape, sizeBytes }));
    if (packedAs === undefined) return layerAsValues(tensor, tensors[0], reason);
    const bytes = tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    return { name: tensor.name, shape: tensor.shape, held: "packed", as: packedAs, tensors, bytes };
  });
  return { form, engine, layers, bytes: layout.bytes };
}

/** What a folder of quantized weights is written from. */
export interface QuantizedFolder {
  readonly model: Pick<Model, "config"> & Hashed;
  /** What model.safetensors holds. */
  readonly tensors: readonly SavedTensor[];
  /** `quantization_config`. */
  readonly quantization: object;
  readonly from: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly resume: boolean | undefined;
}

/** Writes the folder, each file atomically. */
export async function writeQuantizedFolder(
  method: string,
  folder: string,
  { model, tensors, quantization, from, signal, resume = false }: QuantizedFolder,
): Promise<SavedFiles> {
  const settings = withoutQuantization(model.config ?? (await configOf(from)));
  const config = { ...settings, quantization_config: quantization };
  await makeFolder(method, folder, from);
  const copied = from === undefined ? [] : await copySmallFiles(from, folder, signal ? { signal } : {});
  const json = Buffer.from(`${JSON.stringify(config, undefined, 2)}\n`);
  const bytes = await writeSafetensors({ tensors, ...hashOf(model) }, join(folder, "model.safetensors"), {
    metadata: weightsMetadata,
    resume,
    finish: async () => void (await writeFileAtomically(join(folder, "config.json"), [json], { signal })),
    ...(signal ? { signal } : {}),
  });
  return { bytes, files: [...copied, "model.safetensors", "config.json"] };
}

async function configOf(from: string | undefined): Promise<Readonly<Record<string, unknown>>> {
  if (from === undefined) return {};
  const path = join(from, "config.json");
  const text = await attempt(path, () => readFile(path, "utf8"));
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(path, 0, "this is no JSON", "the config.json of a model", { cause });
  }
  if (typeof config !== "object" || config === null || Array.isArray(config))
    throw new FormatError(path, 0, "this is no JSON object", "the config.json of a model");
  return { ...config };
}

async function makeFolder(method: string, folder: string, from: string | undefined): Promise<void> {
  if (from !== undefined && resolve(from) === resolve(folder))
    throw new OptionError(`${method}(): ${folder} is the original's own folder; name another`);
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw new WriteError(
      folder,
      `the folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  if (await stat(join(folder, "model.safetensors.index.json")).catch(() => undefined))
    throw new OptionError(`${method}(): ${folder} holds another model in several files; name another folder`);
}
