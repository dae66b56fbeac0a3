import { mkdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { writeFileResumably } from "../bytes/resumable-file";
import { removeUnfinished } from "../bytes/unfinished-files";
import { OptionError, WriteError } from "../errors";
import { currentHost } from "../host";
import { checkChoice, checkOptionNames } from "../options";
import { parametersOf, type Shape } from "../tensor/tensor";
import { encodeFloats } from "./float-encoding";
import type { SavedTensor } from "./safetensors-writer";
import { refuseOwnFiles } from "./source-files";
import { inOrder, keyOf, type Hashed, type Piece } from "./write-pieces";

/** Options of `saveTfjs()`. */
export interface SaveTfjsOptions {
  /** How floats are stored: "F32" (default), or "F16", which TensorFlow.js turns into float32 when it loads them. */
  readonly dtype?: "F32" | "F16";
  /** Where the writing breaks off (a full disk, an interrupt, a kill), keep what is written beside the weights; the same call goes on from
   *  the last whole tensor, to the same bytes. */
  readonly resume?: boolean;
  /** Lets the folder take the place of the one that the model is read from; without it that is refused. */
  readonly replace?: boolean;
  /** Stops the writing; by default the running cell's. */
  readonly signal?: AbortSignal;
}

/** The weights of a folder are in one of these. */
const weightNames = ["weights.bin", "weights-2.bin"] as const;

/** Types that are written as they are. */
const kept: Readonly<Record<string, string>> = { I32: "int32", BOOL: "bool" };

/** Writes a TensorFlow.js model: `weights.bin` with the tensors one behind the other, then `model.json` with its topology and the list of
 *  weights, which `tf.loadLayersModel` and `tf.loadGraphModel` read. `config` is the topology of the model that it came from
 *  (`open("…/model.json")`). Returns the bytes of the weights.
 *
 *  A folder that holds a model keeps it until the new model.json takes the place of the old one: the weights then go to the other of
 *  `weights.bin` and `weights-2.bin`, and the old ones are removed last. With `resume` a call that broke off is taken up again, tensor by
 *  tensor. `OptionError` when there is no topology, `WriteError` when the disk does not take it.
 *
 *      await saveTfjs(await open("net/model.json"), "half", { dtype: "F16" });
 *
 *  Layout: @tensorflow/tfjs-core 4.22, src/io/types.ts. */
export async function saveTfjs(
  model: Hashed & {
    readonly tensors: readonly SavedTensor[];
    readonly config?: Readonly<Record<string, unknown>> | undefined;
  },
  folder: string,
  options: SaveTfjsOptions = {},
): Promise<number> {
  checkOptionNames("saveTfjs", options, ["dtype", "resume", "replace", "signal"]);
  const dtype = checkChoice("saveTfjs", "dtype", options.dtype ?? "F32", ["F32", "F16"]);
  const { config } = model;
  if (config?.modelTopology === undefined)
    throw new OptionError("saveTfjs(): the model has no topology, as one that was opened from a model.json has");
  await refuseOwnFiles("saveTfjs", model, folder, options.replace ?? false);
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
  const json = (weightsManifest: object) => JSON.stringify({ ...config, weightsManifest: [weightsManifest] });
  const total = model.tensors.reduce((sum, tensor) => sum + sizeOf(tensor, dtype), 0);
  let begin = 0;
  const pieces = model.tensors.map((tensor): Piece => {
    const bytes = sizeOf(tensor, dtype);
    const done = (begin += bytes);
    const make = async (): Promise<Uint8Array> => {
      const made = await bytesOf(tensor, dtype, signal);
      host.progress?.({ task: "saving", done, total, unit: "bytes", item: tensor.name });
      return made;
    };
    return { bytes, make };
  });
  const finish = async (): Promise<void> => {
    await writeFileAtomically(manifest, [Buffer.from(json({ paths: [name], weights }))], { signal });
  };
  let size: number;
  if (options.resume) {
    const key = await keyOf("saveTfjs", model, json({ weights }), signal);
    size = await writeFileResumably(join(folder, name), pieces, { key, finish, ...(signal && { signal }) });
  } else
    try {
      size = await writeFileAtomically(join(folder, name), inOrder(pieces), { signal });
      await finish();
    } catch (error) {
      await removeUnnamed(folder, name);
      throw error;
    }
  for (const other of weightNames.filter((one) => one !== name)) {
    if (old.includes(`"${other}"`)) await unlink(join(folder, other)).catch(() => undefined);
    if (options.resume) await removeUnfinished(join(folder, other));
  }
  return size;
}

/** The tensors as `saveTfjs` writes them: under the types of TensorFlow.js, with their bytes. */
export function tfjsTensors(
  tensors: readonly SavedTensor[],
  dtype: "F32" | "F16" = "F32",
): { name: string; dtype: string; shape: Shape; sizeBytes: number }[] {
  return tensors.map((tensor) => {
    const type = Object.hasOwn(kept, tensor.dtype) ? tensor.dtype : dtype;
    return { name: tensor.name, dtype: type, shape: tensor.shape, sizeBytes: sizeOf(tensor, dtype) };
  });
}

/** The files of the model that a folder holds: its weights and its model.json. */
export async function tfjsFiles(folder: string): Promise<string[]> {
  const manifest = await readFile(join(folder, "model.json"), "utf8");
  return [...weightNames.filter((name) => manifest.includes(`"${name}"`)), "model.json"];
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

function sizeOf({ dtype: own, shape }: SavedTensor, dtype: "F32" | "F16"): number {
  const written = Object.hasOwn(kept, own) ? own : dtype;
  return parametersOf(shape) * { BOOL: 1, F16: 2, F32: 4, I32: 4 }[written as "BOOL"];
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
