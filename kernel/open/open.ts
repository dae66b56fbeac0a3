import { dirname } from "node:path";
import { archiveWrapping } from "../archive/source";
import { fileSource } from "../bytes/source";
import type { ByteSource } from "../bytes/source";
import { FormatError, OptionError } from "../errors";
import { currentHost } from "../host";
import { checkOptionNames } from "../options";
import { displayModel } from "../static/display";
import type { Model } from "../tensor/model";
import { readConfig, withSettings } from "../formats/config";
import { openGguf } from "../formats/gguf/gguf";
import { locateOnHub } from "../hub/hub-model";
import type { Located } from "../hub/repository";
import { parseAddress } from "../hub/address";
import { hubEndpoint } from "../hub/environment";
import { locateModel } from "./locate";
import { openSafetensors } from "../formats/safetensors";
import { openNpy, openNpz } from "../formats/npz";
import { recordOrigin } from "../formats/origin";
import { isPyTorch, openPyTorch } from "../formats/pytorch";
import { maxIndexBytes, openIndex } from "../formats/shards";
import { folderSiblings } from "../formats/siblings";
import type { Siblings } from "../formats/siblings";
import { openTfjs } from "../formats/tfjs";
import { locateUrl } from "../hub/url";
import { readZip } from "../formats/zip";

/** Options of `open()`. */
export interface OpenOptions {
  /** Stops the opening; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** What to call the model; by default after its file or folder. */
  readonly name?: string;
  /** Of a model on the Hub: fetch it whole into the cache first, each file checked against its SHA-256; default false. */
  readonly download?: boolean;
  /** Of a model on the Hub: ask for the newest commit of the branch, also when one is in the cache; default false. */
  readonly refresh?: boolean;
}

/** Opens a model: a `.safetensors` or `.gguf` file (parts of one too), a `model.safetensors.index.json`, a TensorFlow.js `model.json`, a
 *  `.npz` or `.npy`, a PyTorch `.pt` or `.bin` (nothing in it is executed), a `.codebook` archive, a folder with one of them, or a name that
 *  is looked up in `models/` under the current folder, in `$CODEBOOK_MODELS` and in `models/` of this checkout. Only headers are read; each
 *  tensor's bytes when it is read. A `config.json` beside the weights is `model.config`.
 *
 *      const model = await open("all-MiniLM-L6-v2");
 *      await model.tensor("encoder.layer.0.attention.self.query.weight").read();   // Float32Array, row-major (out, in)
 *
 *  Models of the Hugging Face Hub are opened by name, and other files by address; single tensors are fetched as they are read:
 *
 *      await open("hf:sentence-transformers/all-MiniLM-L6-v2");          // hf:owner/name[@revision][/file]
 *      await open("https://huggingface.co/owner/name/blob/main/model-Q4_K_M.gguf");
 *      await open("https://example.org/model.safetensors");
 *
 *  The Hub's own cache is used (`HF_HOME`, `HF_HUB_CACHE`), without asking the network for what is there; a token comes from `HF_TOKEN` or the
 *  file of `hf auth login`; `HF_HUB_OFFLINE=1` stays off the network, `HF_ENDPOINT` names a mirror. `model.metadata["codebook.source"]`
 *  pins the commit: opening that name gives the same bytes again.
 *
 *  `SourceError` when there is no such file (it says where it looked) or it cannot be fetched, `FormatError` when the file is not what its
 *  format says (file, byte and expectation), `OptionError` when the words make no sense or several files are meant. */
export async function open(path: string, options: OpenOptions = {}): Promise<Model> {
  checkOptionNames("open", options, ["signal", "name", "download", "refresh"]);
  const signal = options.signal ?? currentHost().signal;
  const { source, siblings, name, origin, folder } = await locate(path, options, signal);
  const model = await openAs(source, options.name ?? name, siblings, signal);
  const config = await readConfig(model.format, source, siblings, signal);
  return displayModel(withSettings(origin === undefined ? model : recordOrigin(model, origin), config, folder));
}

async function locate(path: string, options: OpenOptions, signal: AbortSignal | undefined): Promise<Located> {
  const { download = false, refresh = false } = options;
  const address = typeof path === "string" ? parseAddress(path, hubEndpoint()) : undefined;
  if (address && "hub" in address) return locateOnHub(address.hub, { download, refresh, signal });
  if (download || refresh)
    throw new OptionError(`open(): download and refresh go with the name of a model on the Hub, hf:owner/name`);
  if (address) return locateUrl(address.url, signal);
  const { file, name } = await locateModel(path);
  const source = await fileSource(file);
  return { source, siblings: folderSiblings(source), name, folder: dirname(file) };
}

/** Opens a model from bytes of any kind; the format is told by their beginning. */
export async function openSource(
  source: ByteSource,
  options: { readonly signal?: AbortSignal; readonly name?: string } = {},
): Promise<Model> {
  const signal = options.signal ?? currentHost().signal;
  return displayModel(await openAs(source, options.name ?? source.name, folderSiblings(source), signal));
}

async function openAs(
  source: ByteSource,
  name: string,
  siblings: Siblings,
  signal: AbortSignal | undefined,
): Promise<Model> {
  const head = await source.read(0, Math.min(headBytes, source.byteLength), signal);
  const wrapping = wrappings.find(({ begins }) => begins.every((byte, i) => head[i] === byte));
  if (wrapping) return openAs(await wrapping.unwrap(source, signal), name, siblings, signal);
  switch (formatOf(head, source)) {
    case "gguf":
      return openGguf(source, name, signal, siblings);
    case "safetensors":
      return openSafetensors(source, name, signal);
    case "npy":
      return openNpy(source, name, signal);
    case "zip":
      return openZip(source, name, signal);
    case "index":
      return (await isTfjs(source, signal))
        ? openTfjs(source, name, signal, siblings)
        : openIndex(source, name, signal, siblings);
  }
}

async function openZip(source: ByteSource, name: string, signal: AbortSignal | undefined): Promise<Model> {
  const members = await readZip(source, signal);
  if (isPyTorch(members)) return openPyTorch(source, members, name, signal);
  if (members.length > 0 && members.every((member) => member.name.endsWith(".npy")))
    return openNpz(source, members, name, signal);
  throw new FormatError(
    source.name,
    0,
    "this is a zip archive of something else",
    "a model of PyTorch, or NumPy arrays",
  );
}

async function isTfjs(source: ByteSource, signal: AbortSignal | undefined): Promise<boolean> {
  if (source.byteLength > maxIndexBytes) return false;
  return Buffer.from(await source.read(0, source.byteLength, signal)).includes('"weightsManifest"');
}

const headBytes = 16;

/** A file that holds another file, such as an archive of a model. */
interface Wrapping {
  /** Its first bytes, at most 16. */
  readonly begins: readonly number[];
  /** The file inside, read and decoded where it is asked for. */
  readonly unwrap: (source: ByteSource, signal: AbortSignal | undefined) => Promise<ByteSource>;
}

const wrappings: readonly Wrapping[] = [archiveWrapping];

const pickles = "a file that PyTorch 1.6 or later saved, a zip, or a model converted to safetensors";

/** Beginnings of files that people have by mistake, and what to do about it. */
const mistaken: readonly { readonly begins: RegExp; readonly what: string; readonly remedy: string }[] = [
  { begins: /^\x80[\x02-\x05][^\0]/, what: "a Python pickle", remedy: pickles },
  { begins: /^version https:/, what: "a Git LFS pointer, not the model", remedy: "the model itself: run git lfs pull" },
  { begins: /^\s*<(!doctype|html|\?xml)/i, what: "a web page or XML", remedy: "the model itself: download it again" },
  { begins: /^(GGML|lmgg|tjgg|fmgg)/, what: "a file of an ancestor of GGUF", remedy: "a GGUF file" },
  { begins: /^\x89HDF/, what: "an HDF5 file", remedy: "a model converted to safetensors" },
];

type Format = "gguf" | "safetensors" | "index" | "npy" | "zip";

function formatOf(head: Uint8Array, source: ByteSource): Format {
  const text = Buffer.from(head).toString("latin1");
  if (text.startsWith("GGUF")) return "gguf";
  if (head[7] === 0 && head[8] === 0x7b) return "safetensors";
  if (text.startsWith("\x93NUMPY")) return "npy";
  if (/^PK(\x03\x04|\x05\x06)/.test(text)) return "zip";
  if (text.trimStart().startsWith("{")) return "index";
  const known = mistaken.find(({ begins }) => begins.test(text));
  if (known) throw new FormatError(source.name, 0, `this is ${known.what}`, known.remedy);
  // The suffix has the last word, so that the reader can say which byte is wrong.
  const suffix = suffixes.find(([ending]) => source.name.endsWith(ending));
  if (suffix) return suffix[1];
  const expected = "safetensors, its index.json, GGUF, a PyTorch, NumPy or TensorFlow.js file";
  throw new FormatError(source.name, 0, `the format of this file is not known (${describe(head)})`, expected);
}

const suffixes: readonly (readonly [string, Format])[] = [
  [".gguf", "gguf"],
  [".json", "index"],
  [".safetensors", "safetensors"],
];

function describe(head: Uint8Array): string {
  if (head.length === 0) return "it is empty";
  return `it begins with ${[...head.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join(" ")}`;
}
