import { mkdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { OptionError, WriteError } from "../errors";
import { currentHost } from "../host";
import { checkChoice, checkOptionNames } from "../options";
import { parametersOf } from "../tensor/tensor";
import { encodeFloats } from "./float-encoding";
import type { SavedTensor } from "./safetensors-writer";

export interface SaveTfjsOptions {
  /** How floats are stored: "F32" (default), or "F16", which TensorFlow.js turns into float32 when it loads them. */
  readonly dtype?: "F32" | "F16";
  readonly signal?: AbortSignal;
}

/** Types that are written as they are. */
const kept: Readonly<Record<string, string>> = { I32: "int32", BOOL: "bool" };

/** Writes a TensorFlow.js model: `weights.bin` with the tensors one behind the other, then `model.json` with its topology and the list of
 *  weights, which `tf.loadLayersModel` and `tf.loadGraphModel` read. `config` is the topology of the model that it came from
 *  (`open("…/model.json")`). Returns the bytes of the weights.
 *
 *  A folder that holds a model keeps it until the new model.json takes the place of the old one: the weights then go to the other of
 *  `weights.bin` and `weights-2.bin`, and the old ones are removed last. `OptionError` when there is no topology, `WriteError` when the
 *  disk does not take it.
 *
 *      await saveTfjs(await open("net/model.json"), "half", { dtype: "F16" });
 *
 *  Layout: @tensorflow/tfjs-core 4.22, src/io/types.ts. */
export async function saveTfjs(
  model: { readonly tensors: readonly SavedTensor[]; readonly config?: Readonly<Record<string, unknown>> | undefined },
  folder: string,
  options: SaveTfjsOptions = {},
): Promise<number> {
  checkOptionNames("saveTfjs", options, ["dtype", "signal"]);
  const dtype = checkChoice("saveTfjs", "dtype", options.dtype ?? "F32", ["F32", "F16"]);
  const { config } = model;
  if (config?.modelTopology === undefined)
    throw new OptionError("saveTfjs(): the model has no topology, as one that was opened from a model.json has");
  const host = currentHost();
  const signal = options.signal ?? host.signal;
  await mkdir(folder, { recursive: true }).catch((cause: unknown) => {
    throw new WriteError(
      folder,
      `the folder cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        cause,
      },
    );
  });
  const manifest = join(folder, "model.json");
  const old = await readFile(manifest, "utf8").catch(() => "");
  const name = old.includes('"weights.bin"') ? "weights-2.bin" : "weights.bin";
  const weights = model.tensors.map((tensor) => entryOf(tensor, dtype));
  const total = model.tensors.reduce((sum, tensor) => sum + sizeOf(tensor, dtype), 0);
  async function* parts(): AsyncGenerator<Uint8Array> {
    let done = 0;
    for (const tensor of model.tensors) {
      const bytes = await bytesOf(tensor, dtype, signal);
      yield bytes;
      done += bytes.length;
      host.progress?.({ task: "saving", done, total, unit: "bytes", item: tensor.name });
    }
  }
  let size: number;
  try {
    size = await writeFileAtomically(join(folder, name), parts(), { signal });
    const json = JSON.stringify({ ...config, weightsManifest: [{ paths: [name], weights }] });
    await writeFileAtomically(manifest, [Buffer.from(json)], { signal });
  } catch (error) {
    await removeUnnamed(folder, name);
    throw error;
  }
  for (const other of ["weights.bin", "weights-2.bin"])
    if (other !== name && old.includes(`"${other}"`)) await unlink(join(folder, other)).catch(() => undefined);
  return size;
}

/** Weights that no model.json names are of no use to anyone. */
async function removeUnnamed(folder: string, weights: string): Promise<void> {
  const manifest = await readFile(join(folder, "model.json"), "utf8").catch(({ code }: NodeJS.ErrnoException) =>
    code === "ENOENT" ? "" : undefined,
  );
  if (manifest?.includes(`"${weights}"`) === false) await unlink(join(folder, weights)).catch(() => undefined);
}

function entryOf({ name, shape, dtype: own }: SavedTensor, dtype: "F32" | "F16"): object {
  const type = Object.hasOwn(kept, own) ? kept[own] : undefined;
  if (type) return { name, shape, dtype: type };
  const quantization = { dtype: "float16", original_dtype: "float32" };
  return { name, shape, dtype: "float32", ...(dtype === "F16" ? { quantization } : {}) };
}

function sizeOf({ dtype: own, sizeBytes, shape }: SavedTensor, dtype: "F32" | "F16"): number {
  return Object.hasOwn(kept, own) ? sizeBytes : parametersOf(shape) * (dtype === "F16" ? 2 : 4);
}

async function bytesOf(
  tensor: SavedTensor,
  dtype: "F32" | "F16",
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const options = signal ? { signal } : {};
  if (Object.hasOwn(kept, tensor.dtype)) return tensor.readBytes(options);
  return encodeFloats(await tensor.read(options), dtype, { name: tensor.name, method: "saveTfjs", signal });
}
