/** What lies beside a model's weights: tokenizers, settings of generation, templates, code, the modules of sentence-transformers, licences. */
import { mkdir, readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { attempt as writing, writeFileAtomically, type AtomicWriteOptions } from "../bytes/atomic-file";
import { attempt } from "../bytes/source";
import { FormatError } from "../errors";
import { quantizationFiles } from "../stored-codes/quantization-settings";

/** The largest file that comes along unasked: the largest tokenizer known, Gemma 3's, has 33 MB. */
const maxFileBytes = 128 * 1024 * 1024;
/** The most files of a folder below, and the bytes of all: pooling and dense modules have a few; a folder with more holds data. */
const maxFolderFiles = 1000;
const maxFolderBytes = 512 * 1024 * 1024;
/** How deep folders are searched: code has packages in packages. */
const maxDepth = 4;

/** Weights in whatever form, and what only makes sense beside them. */
const weightNames = [
  /\.(safetensors|bin|pt|pth|ckpt|gguf|ggml|h5|hdf5|keras|msgpack|tflite|npz|npy|codebook|pkl|pickle|ot|params|llamafile)$/i,
  /\.(pdparams|pdmodel|pdiparams|mlmodel|mlpackage|mlmodelc|engine|tar|tgz|gz|zip|7z|xz|zst|arrow|parquet)$/i,
  /\.onnx([._-]?data.*)?$/i,
  /\.(index\.json|data-\d+-of-\d+|ckpt\.(index|meta))$/i,
  /^(openvino_.*\.xml|model\.json|weights_manifest\.json|adapter_config\.json|params\.json)$/i,
  /\.(tmp|partial|done|lock)$/,
];

/** Caches and what only this machine wants. */
const passedNames = /^(\.|__pycache__$|__MACOSX$|node_modules$|Thumbs\.db$)/;

/** A file that comes along, or does not. Paths have slashes on every system. */
export interface SmallFile {
  readonly path: string;
  readonly bytes: number;
}

/** What a folder holds beside a model. */
export interface SmallFiles {
  /** Come along, in the order of their paths. */
  readonly files: readonly SmallFile[];
  /** Do not, being too large, or in a folder with too much; weights and caches are not listed. */
  readonly leftOut: readonly SmallFile[];
}

const isWeights = (name: string): boolean => weightNames.some((pattern) => pattern.test(name));

/** What comes along of the folder `from`: all that is no weight, no cache, not config.json nor README.md, which are written anew, and says nothing
 *  of how the original stored its weights. A folder below that holds weights is another form of the model and stays behind whole, unless
 *  modules.json names it as a module of sentence-transformers; then its weights come too. `SourceError` for a folder that cannot be read. */
export async function smallFilesOf(from: string): Promise<SmallFiles> {
  const modules = await modulesOf(from);
  const files: SmallFile[] = [];
  const leftOut: SmallFile[] = [];
  const own = new Set(["config.json", "README.md", ...quantizationFiles]);
  for (const entry of await entriesOf(from)) {
    if (passedNames.test(entry.name)) continue;
    if (!entry.isFolder) {
      if (own.has(entry.name) || isWeights(entry.name)) continue;
      (entry.bytes > maxFileBytes ? leftOut : files).push({ path: entry.name, bytes: entry.bytes });
      continue;
    }
    const below = await filesBelow(from, entry.name, 1);
    const isModule = modules.has(entry.name);
    if (!isModule && below.some(({ path }) => isWeights(path.slice(path.lastIndexOf("/") + 1)))) continue;
    const bytes = below.reduce((sum, file) => sum + file.bytes, 0);
    const isLarge = below.length > maxFolderFiles || bytes > maxFolderBytes || below.some(isHuge);
    if (isLarge && !isModule) leftOut.push({ path: `${entry.name}/`, bytes });
    else files.push(...below);
  }
  const byPath = (a: SmallFile, b: SmallFile): number => (a.path < b.path ? -1 : 1);
  return { files: files.sort(byPath), leftOut: leftOut.sort(byPath) };
}

const isHuge = ({ bytes }: SmallFile): boolean => bytes > maxFileBytes;

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
  readonly bytes: number;
}

/** The entries of a folder. A link to a file counts as the file, which is what a download cache holds; a link to a folder may lead anywhere. */
async function entriesOf(folder: string): Promise<Entry[]> {
  const entries = await attempt(folder, () => readdir(folder, { withFileTypes: true }));
  const found: Entry[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) found.push({ name: entry.name, isFolder: true, bytes: 0 });
    else {
      const path = join(folder, entry.name);
      const facts = await ifThere(path, () => stat(path));
      if (facts?.isFile()) found.push({ name: entry.name, isFolder: false, bytes: facts.size });
    }
  }
  return found;
}

/** All files below `folder/name`, one more than may be at most. */
async function filesBelow(folder: string, name: string, depth: number): Promise<SmallFile[]> {
  const files: SmallFile[] = [];
  for (const entry of await entriesOf(join(folder, name))) {
    if (files.length > maxFolderFiles) break;
    if (passedNames.test(entry.name)) continue;
    const path = `${name}/${entry.name}`;
    if (!entry.isFolder) files.push({ path, bytes: entry.bytes });
    else if (depth < maxDepth) files.push(...(await filesBelow(folder, path, depth + 1)));
  }
  return files;
}

/** What a call of the file system says of a path; `undefined` where nothing is there. `SourceError` for any other failure. */
function ifThere<T>(path: string, call: () => Promise<T>): Promise<T | undefined> {
  return attempt(path, () =>
    call().catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
      throw error;
    }),
  );
}

/** The text of a file; `undefined` where there is none. `SourceError` for one that cannot be read. */
export function textIfThere(path: string): Promise<string | undefined> {
  return ifThere(path, () => readFile(path, "utf8"));
}

/** The folders that modules.json of sentence-transformers names. */
async function modulesOf(from: string): Promise<ReadonlySet<string>> {
  const path = join(from, "modules.json");
  const text = (await textIfThere(path)) ?? "[]";
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(path, 0, "this is no JSON", "the list of modules of sentence-transformers", { cause });
  }
  const names = Array.isArray(list) ? list.map((module: { path?: unknown } | null) => module?.path) : [];
  return new Set(names.filter((name): name is string => typeof name === "string" && name !== ""));
}

/** Copies files of `from` into `folder`, each atomically. `WriteError` when the disk does not take one. */
export async function copySmallFiles(
  from: string,
  folder: string,
  files: readonly SmallFile[],
  options: AtomicWriteOptions = {},
): Promise<void> {
  for (const { path } of files) {
    const [source, target] = [join(from, path), join(folder, path)];
    if (path.includes("/"))
      await writing(target, "making its folder", () => mkdir(dirname(target), { recursive: true }));
    const bytes = await attempt(source, () => readFile(source));
    await writeFileAtomically(target, [bytes], options);
  }
}
