import { readdir, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { attempt } from "../bytes/source";
import { OptionError, SourceError } from "../errors";
import { nearestWord } from "../options";

/** Finds the file that a model's name stands for, and the name to show for it. */
export interface Located {
  readonly file: string;
  readonly name: string;
}

const suffixes = [".safetensors", ".gguf", ".codebook"];

/** `name` is tried as a path, then in `<cwd>/models`, then in the folder `$CODEBOOK_MODELS`, then among the example models of a
 *  checkout of Codebook (where `npm start` puts them, so that a notebook in any folder finds them); each with `.safetensors` and `.gguf`
 *  appended too. A folder stands for the model in it. `SourceError` says where it looked. */
export async function locateModel(name: string): Promise<Located> {
  checkName(name);
  const plain = name.startsWith("file:") ? fileURLToPath(name) : name.replace(/^~(?=[/\\]|$)/, homedir());
  const shelves = modelFolders();
  const candidates = [resolve(plain), ...(isAbsolute(plain) ? [] : shelves.map((shelf) => join(shelf, plain)))];
  for (const candidate of candidates) {
    for (const path of [candidate, ...suffixes.map((suffix) => candidate + suffix)]) {
      const found = await stat(path).catch(() => undefined);
      if (found?.isDirectory()) return locateInFolder(path);
      if (found) return { file: path, name: modelName(path) };
    }
  }
  const guess = nearestWord(basename(plain), await namesOn(shelves));
  const hint = guess ? `; did you mean "${guess}"?` : "";
  throw new SourceError(
    name,
    `there is no such model. Looked for ${candidates.join(", ")} (and with ${suffixes.join(", ")})${hint}`,
  );
}

function checkName(name: string): void {
  if (typeof name !== "string" || name === "")
    throw new OptionError("open(): it takes the path or the name of a model");
  if (name.includes("\0")) throw new OptionError("open(): the name holds a NUL character");
  if (/^(https?|hf|s3|gs):/i.test(name))
    throw new OptionError(
      `open(): "${name}" is an address, and open() takes files and folders on this machine; download it first`,
    );
}

/** `models/` of the checkout that this file was built in: lib/kernel/formats is three folders down. */
const exampleModels = resolve(__dirname, "..", "..", "..", "models");

function modelFolders(): string[] {
  const extra = process.env.CODEBOOK_MODELS;
  return [...new Set([resolve("models"), ...(extra ? [resolve(extra)] : []), exampleModels])];
}

async function namesOn(shelves: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(shelves.map((shelf) => readdir(shelf).catch(() => [])));
  return lists.flat();
}

/** The model in a folder: `model.safetensors`, or `model.safetensors.index.json`, or the one file of a known format. */
async function locateInFolder(folder: string): Promise<Located> {
  const names = (await attempt(folder, () => readdir(folder))).sort();
  const name = basename(folder);
  for (const usual of ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "model.json"])
    if (names.includes(usual)) return { file: join(folder, usual), name };
  for (const suffix of [".safetensors.index.json", ".safetensors", ".gguf", ".codebook", ".pt", ".pth", ".npz"]) {
    const matching = names.filter((entry) => entry.endsWith(suffix));
    if (matching.length === 1) return { file: join(folder, matching[0]), name };
    if (matching.length > 1)
      throw new OptionError(
        `open(): ${folder} holds ${matching.length} ${suffix} files; name one of ${matching.slice(0, 20).join(", ")}`,
      );
  }
  throw new SourceError(
    folder,
    `the folder holds no model: neither model.safetensors, nor its index.json, nor a .gguf, .pt or .npz`,
  );
}

function modelName(file: string): string {
  const base = basename(file);
  const usual = /^model(\.safetensors(\.index\.json)?)$/.test(base);
  return usual ? basename(resolve(file, "..")) : base.replace(/\.(safetensors(\.index\.json)?|gguf)$/, "");
}
