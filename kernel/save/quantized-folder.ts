/** A folder as transformers opens it, whatever the layout of its quantized weights: the small files of the original, `model.safetensors`, and
 *  right after it `config.json` with a `quantization_config`, so that a folder with one is whole. */
import { mkdir, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { attempt } from "../bytes/source";
import { FormatError, OptionError, WriteError } from "../errors";
import { writeSafetensors, type SavedTensor } from "../formats/safetensors-writer";
import { hashOf, type Hashed } from "../formats/write-pieces";
import type { Model } from "../tensor/model";
import { withoutQuantization } from "../stored-codes/quantization-settings";
import { copySmallFiles } from "./small-files";

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

/** Writes the folder, each file atomically; returns the bytes of model.safetensors. */
export async function writeQuantizedFolder(
  method: string,
  folder: string,
  { model, tensors, quantization, from, signal, resume = false }: QuantizedFolder,
): Promise<number> {
  const settings = withoutQuantization(model.config ?? (await configOf(from)));
  const config = { ...settings, quantization_config: quantization };
  await makeFolder(method, folder, from);
  if (from !== undefined) await copySmallFiles(from, folder, signal ? { signal } : {});
  const json = Buffer.from(`${JSON.stringify(config, undefined, 2)}\n`);
  return writeSafetensors({ tensors, ...hashOf(model) }, join(folder, "model.safetensors"), {
    metadata: { format: "pt" },
    resume,
    finish: async () => void (await writeFileAtomically(join(folder, "config.json"), [json], { signal })),
    ...(signal ? { signal } : {}),
  });
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
