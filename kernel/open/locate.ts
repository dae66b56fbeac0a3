import type { Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { mendFolder } from "../bytes/folder-names";
import { attempt } from "../bytes/source";
import { chooseModelFile, impliedEndings, isFirstChoice, isModelPath, nameInFolder } from "../catalog/names";
import { refusedFolder } from "../catalog/refused";
import { FormatError, OptionError, SourceError } from "../errors";
import { exampleModels } from "../hub/example-models";
import { finishedName, layerName, planName } from "../layer/checkpoint";
import { nearestWord } from "../options";
import { fetchedModelsFolder } from "../session/jupyter-paths";

/** The file that a model's name stands for, and the name to show for it. */
export interface Located {
  /** Path or address of what was found. */
  readonly file: string;
  /** What to call the model. */
  readonly name: string;
}

/** `name` is tried as a path, then in `<cwd>/models`, then in the folder `$CODEBOOK_MODELS`, then among the example models of a
 *  checkout of Codebook (where `npm start` puts them, so that a notebook in any folder finds them), then among those that `codebook fetch` got; each with
 *  `.safetensors`, `.gguf` and `.codebook` appended too. A folder stands for the model in it. `SourceError` says where it looked,
 *  and how to fetch a model that Codebook knows. */
export async function locateModel(name: string): Promise<Located> {
  checkName(name);
  const plain = /^file:/i.test(name) ? pathOfUrl(name) : name.replace(/^~(?=[/\\]|$)/, homedir());
  const shelves = modelFolders();
  const candidates = [resolve(plain), ...(isAbsolute(plain) ? [] : shelves.map((shelf) => join(shelf, plain)))];
  for (const candidate of candidates) {
    for (const path of [candidate, ...impliedEndings.map((ending) => candidate + ending)]) {
      const found = await statIfThere(path);
      const mended = found ? undefined : await mendFolder(path);
      if (mended !== undefined) return locateInFolder(mended, path);
      if (found?.isDirectory()) return locateInFolder(path, path);
      if (found) return { file: path, name: modelName(path) };
    }
  }
  const example = exampleModels.find((model) => model.name === plain);
  if (example !== undefined)
    throw new SourceError(name, `it is not on this machine yet: codebook fetch ${name} gets it (${example.title})`);
  const guess = nearestWord(basename(plain), await namesOn(shelves));
  const onHub = /^[\w.-]+\/[\w.-]+$/.test(name) && !name.startsWith(".") ? `hf:${name}` : undefined;
  const hint = (guess ?? onHub) ? `; did you mean "${guess ?? onHub}"?` : "";
  throw new SourceError(
    name,
    `there is no such model. Looked for ${candidates.join(", ")} (and with ${impliedEndings.join(", ")})${hint}`,
  );
}

/** Errors of the file system that say that a path leads nowhere; with a name that is too long there is nothing either. */
const nowhere: readonly unknown[] = ["ENOENT", "ENOTDIR", "ENAMETOOLONG"];

/** What is at `path`, if anything. `SourceError` for what is there and cannot be reached. */
async function statIfThere(path: string): Promise<Stats | undefined> {
  return attempt(path, () =>
    stat(path).catch((error: NodeJS.ErrnoException) => {
      if (nowhere.includes(error.code)) return undefined;
      throw error;
    }),
  );
}

/** The path of a file: address. `OptionError` for one of another machine, or that is none. */
function pathOfUrl(address: string): string {
  try {
    return fileURLToPath(address);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new OptionError(
      `open(): "${address.slice(0, 200)}" is no address of a file on this machine (${reason}); it takes file:///path/to/model, or the path alone`,
    );
  }
}

function checkName(name: unknown): void {
  if (typeof name !== "string" || name === "")
    throw new OptionError(
      `open(): it takes the path or the name of a model, and was given ${name === "" ? "an empty text" : typeof name}`,
    );
  if (name.includes("\0")) throw new OptionError("open(): the name holds a NUL character");
}

/** `models/` of the checkout that this file was built in: lib/kernel/open is three folders down. */
const checkoutModels = resolve(__dirname, "..", "..", "..", "models");

/** The folders in which a model's name is looked up, in this order. */
export function modelFolders(): string[] {
  const extra = process.env.CODEBOOK_MODELS;
  return [...new Set([resolve("models"), ...(extra ? [resolve(extra)] : []), checkoutModels, fetchedModelsFolder()])];
}

async function namesOn(shelves: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(shelves.map((shelf) => readdir(shelf).catch(() => [])));
  return lists.flat();
}

/** `named`: the path that the folder was asked for by. */
async function locateInFolder(folder: string, named: string): Promise<Located> {
  const names = (await attempt(folder, () => readdir(folder))).sort();
  const file = chooseModelFile(names, folder);
  if (file !== undefined) return { file: join(folder, file), name: basename(named) };
  if (names.includes(planName) && !names.includes(finishedName))
    throw new FormatError(
      join(folder, planName),
      0,
      `this is a checkpoint that is not finished: ${names.filter((name) => layerName.test(name)).length} layers are done`,
      `${finishedName} beside it; the same call of compress() goes on from there and writes it`,
    );
  throw refusedFolder(
    folder,
    names,
    `the folder holds no model: neither model.safetensors, nor its index.json, nor a .gguf, .pt, .onnx or .npz`,
    await foldersWithModels(folder, names),
  );
}

/** Folders that are looked into: a run of training has some dozens of checkpoints. */
const mostFolders = 64;

/** The folders in a folder that hold a model each, or several. */
async function foldersWithModels(folder: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.slice(0, mostFolders).map(async (name) => {
      const inside = await readdir(join(folder, name)).catch(() => []);
      return inside.some(isModelPath) ? [join(folder, name)] : [];
    }),
  );
  return found.flat();
}

function modelName(file: string): string {
  const base = basename(file);
  return isFirstChoice(base) ? basename(resolve(file, "..")) : nameInFolder(base);
}
