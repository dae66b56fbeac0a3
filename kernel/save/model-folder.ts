/** A folder as transformers opens it, whatever its weights are: the small files of the original, the weights in one file or several, config.json
 *  with the original's text but for what changed, README.md with what was done. It is written beside and swapped as one (bytes/whole-folder.ts). */
import { readdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { writeFileAtomically } from "../bytes/atomic-file";
import { sha256 } from "../bytes/hash";
import { attempt, fileSource } from "../bytes/source";
import { writeFolderAsOne } from "../bytes/whole-folder";
import { configTextOf } from "../formats/config";
import { parseJsonObject, type JsonObject } from "../formats/json-file";
import { editJsonText, jsonText } from "../formats/json-text";
import { shardBytesOf, writeShards, type ShardedFiles } from "../formats/safetensors-shards";
import { refuseOwnFiles } from "../formats/source-files";
import { hashOf, keyOf, type Hashed } from "../formats/write-pieces";
import { currentHost } from "../host";
import { OptionError } from "../errors";
import { checkFlag } from "../options";
import type { Model } from "../tensor/model";
import { cardedFiles, modelCard } from "./model-card";
import { provenanceText, type Reported } from "./provenance";
import type { SavedFiles } from "./save-plan";
import type { SaveOptions } from "./saved-model";
import { copySmallFiles, smallFilesOf, textIfThere, type SmallFile } from "./small-files";

/** What a folder is made from, beside its weights. */
export interface FolderModel extends Pick<Model, "config" | "tensors">, Hashed, Reported {}

/** Options of `saveCompressedTensors()` and `saveBitsandbytes()` that concern the folder. */
export type SaveFolderOptions = Pick<
  SaveOptions,
  "from" | "resume" | "replace" | "maxShardSize" | "provenance" | "signal"
>;

/** The names of these options. */
export const folderOptionNames = ["from", "resume", "replace", "maxShardSize", "provenance", "signal"] as const;

/** The options with their defaults; the folder of the original is by default the one that the model was opened from. */
export function folderOptions(
  method: string,
  model: Pick<Model, "folder" | "tensors"> & { readonly metadata?: Model["metadata"] | undefined },
  options: SaveFolderOptions,
): FolderOptions {
  refuseGgufNames(method, model);
  const { folder } = model;
  return {
    from: options.from ?? folder,
    resume: checkFlag(method, "resume", options.resume ?? false),
    replace: checkFlag(method, "replace", options.replace ?? false),
    shardBytes: shardBytesOf(method, options.maxShardSize),
    provenance: checkFlag(method, "provenance", options.provenance ?? true),
    signal: options.signal ?? currentHost().signal,
  };
}

/** Refuses a model with the names of a GGUF file: transformers knows none of llama.cpp's names, and llama.cpp has turned rows and norms of some families. */
function refuseGgufNames(
  method: string,
  { tensors, metadata }: Pick<Model, "tensors"> & { readonly metadata?: Model["metadata"] | undefined },
): void {
  const example = tensors.find(({ name }) => /^(token_embd|output_norm|blk\.\d+)\./.test(name))?.name;
  if (typeof metadata?.["general.architecture"] !== "string" || example === undefined) return;
  throw new OptionError(
    `${method}(): the model comes from a GGUF file, and transformers knows none of its names, such as ${example}; save("small.gguf") writes what llama.cpp opens, and transformers too, by from_pretrained(folder, gguf_file="small.gguf"), or compress the Hugging Face folder that the file was made of`,
  );
}

/** Choices for a folder, whatever its weights are. */
export interface FolderOptions {
  /** The folder of the original model; undefined for none. */
  readonly from: string | undefined;
  /** Keeps what is written where the writing breaks off, and goes on from there. */
  readonly resume: boolean;
  /** Lets the folder take the place of the model's own. */
  readonly replace: boolean;
  /** The most bytes of tensors in a file that holds more than one. */
  readonly shardBytes: number;
  /** Says in the files what they were made by. */
  readonly provenance: boolean;
  /** Stops the writing. */
  readonly signal: AbortSignal | undefined;
}

/** What is written. */
export interface FolderContents {
  /** The method that errors name. */
  readonly method: string;
  readonly model: FolderModel;
  /** As of the plan: what it is, and what opens it. */
  readonly form: string;
  readonly engine: string;
  /** The weights. */
  readonly weights: ShardedFiles;
  /** What config.json shall say. */
  readonly config: JsonObject;
}

/** `__metadata__` of the weights: what transformers' own files say, and what they were made by. */
export function weightsMetadata(model: Reported, hasProvenance: boolean): Record<string, string> {
  return { format: "pt", ...(hasProvenance ? provenanceText(model) : {}) };
}

/** Writes the folder as one. `OptionError` for the model's own folder, unless it is to be replaced; errors of the disk as of `writeFolderAsOne`. */
export async function writeModelFolder(
  folder: string,
  contents: FolderContents,
  options: FolderOptions,
): Promise<SavedFiles> {
  const { method, model, weights, config } = contents;
  const { from, resume, replace, signal } = options;
  await refuseOwnFiles(method, model, folder, replace, from);
  const settings = await configText(model.config, config, from);
  const small = from === undefined ? { files: [], leftOut: [] } : await smallFilesOf(from);
  const told = JSON.stringify([settings, weights.files.map(({ header }) => Buffer.from(header).toString("base64"))]);
  const key = resume ? await keyOf(method, model, told, signal) : "at one go";
  const old = (await textIfThere(join(folder, "README.md"))) ?? "";
  const { names: carded } = cardedFiles(old);
  const isCarded = (name: string): boolean =>
    carded.some((file) => (name.endsWith("/") ? file.startsWith(name) : file === name));
  const keeps = (name: string): boolean => !isCarded(name) && !isModelFile(name);
  return writeFolderAsOne(folder, { key, resume, signal, keeps }, async (partial) => {
    if (from !== undefined) await copySmallFiles(from, partial, small.files, { signal });
    const names = await writeShards(hashOf(model), partial, weights, { resume, signal });
    await writeFileAtomically(join(partial, "config.json"), [Buffer.from(settings)], { signal });
    const files = [...small.files.map(({ path }) => path), ...names, "config.json"];
    const card = await cardText(partial, old, files, contents, { ...options, leftOut: small.leftOut });
    if (card !== undefined) await writeFileAtomically(join(partial, "README.md"), [Buffer.from(card)], { signal });
    const all = card === undefined ? files : [...files, "README.md"];
    await removeOthers(partial, all);
    return { bytes: weights.bytes, files: all };
  });
}

/** Files of a model that a new one takes the place of, and what an unfinished writing leaves. */
function isModelFile(name: string): boolean {
  return (
    /^(model(-\d{5}-of-\d{5})?\.safetensors|model\.safetensors\.index\.json|config\.json)$/.test(name) ||
    /^\..*\.(tmp|partial|partial\.(done|lock))$/.test(basename(name))
  );
}

/** What an earlier call left in the folder, whose files are others by now. */
async function removeOthers(folder: string, files: readonly string[]): Promise<void> {
  const own = new Set(files.map((path) => path.split("/")[0]));
  for (const name of await attempt(folder, () => readdir(folder)))
    if (!own.has(name)) await attempt(folder, () => rm(join(folder, name), { recursive: true, force: true }));
}

/** The text of config.json: that of the original, with what `wanted` says otherwise. */
async function configText(
  config: JsonObject | undefined,
  wanted: JsonObject,
  from: string | undefined,
): Promise<string> {
  const known = config && configTextOf(config);
  const path = from === undefined ? undefined : join(from, "config.json");
  const text = known ?? (path === undefined ? undefined : await textIfThere(path));
  if (text === undefined) return `${jsonText(wanted)}\n`;
  return editJsonText(text, parseJsonObject(Buffer.from(text), path ?? "config.json"), wanted);
}

/** The text of README.md: that of an earlier save of the same model, which its reader may have changed, else the original's, else one of our own.
 *  `undefined` where there is nothing to say and no text. */
async function cardText(
  partial: string,
  old: string,
  files: readonly string[],
  { model, form, engine }: FolderContents,
  { from, provenance, signal, leftOut }: FolderOptions & { readonly leftOut: readonly SmallFile[] },
): Promise<string | undefined> {
  const original = (from === undefined ? undefined : await textIfThere(join(from, "README.md"))) ?? "";
  const { report } = model;
  if (!provenance || !report) return original === "" ? undefined : original;
  const made = cardedFiles(old);
  const isOthers = made.names.length > 0 && made.source !== report.model.sha256;
  const carded = [];
  for (const path of [...files].sort()) {
    const source = await fileSource(join(partial, path));
    carded.push({ path, bytes: source.byteLength, sha256: await sha256([source], { signal }) });
  }
  const text = old !== "" && !isOthers ? old : original;
  return modelCard(text === "" ? undefined : text, { report, form, engine, files: carded, leftOut });
}
