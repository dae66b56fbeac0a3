import { mkdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { writeFileResumably } from "../bytes/resumable-file";
import { removeUnfinished } from "../bytes/unfinished-files";
import { FormatError, OptionError, WriteError } from "../errors";
import { currentHost } from "../host";
import { checkChoice, checkOptionNames } from "../options";
import type { SavedTensor } from "./safetensors-writer";
import { refuseOwnFiles } from "./source-files";
import { tfjsWeight } from "./tfjs-weight";
import { inOrder, keyOf, type Hashed, type Piece } from "./write-pieces";

/** Options of `saveTfjs()`. */
export interface SaveTfjsOptions {
  /** How floats are stored: all as "F32", or all as "F16", which TensorFlow.js turns into float32 when it loads them. Without it what a model of
   *  TensorFlow.js keeps as float16 or as codes of 8 or 16 bits stays so, to the byte, and the rest is float32. */
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

/** Writes a TensorFlow.js model: `weights.bin` with the tensors one behind the other, then `model.json` with its topology and the list of
 *  weights, which `tf.loadLayersModel` and `tf.loadGraphModel` read. `config` is the topology of the model that it came from
 *  (`open("…/model.json")`). Returns the bytes of the weights.
 *
 *  A folder that holds a model keeps it until the new model.json takes the place of the old one: the weights then go to the other of
 *  `weights.bin` and `weights-2.bin`, and the old ones are removed last. With `resume` a call that broke off is taken up again, tensor by
 *  tensor. `OptionError` when there is no topology, and for whole numbers and float64 that TensorFlow.js cannot hold; `WriteError` when the disk does not take it.
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
  const dtype =
    options.dtype === undefined ? undefined : checkChoice("saveTfjs", "dtype", options.dtype, ["F32", "F16"]);
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
  const planned = model.tensors.map((tensor) => tfjsWeight(tensor, dtype));
  const weights = planned.map(({ entry }) => entry);
  const json = (weightsManifest: object) => JSON.stringify({ ...config, weightsManifest: [weightsManifest] });
  const total = planned.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let begin = 0;
  const pieces = planned.map((weight): Piece => {
    const { name: item, sizeBytes: bytes } = weight;
    const done = (begin += bytes);
    const make = async (): Promise<Uint8Array> => {
      const made = await weight.bytes({ signal });
      if (made.length !== bytes)
        throw new FormatError(item, 0, `the tensor gave ${made.length} bytes`, `${bytes}, for its shape and type`);
      host.progress?.({ task: "saving", done, total, unit: "bytes", item });
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
