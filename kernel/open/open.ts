import { dirname } from "node:path";
import { pause } from "../bytes/pause";
import { fileSource } from "../bytes/source";
import type { ByteSource } from "../bytes/source";
import { openRecognized } from "../catalog/recognize";
import { selectPart } from "../checkpoints/select-part";
import { FormatError, OptionError } from "../errors";
import { readBeside, readConfig, withSettings } from "../formats/config";
import { recordOrigin } from "../formats/origin";
import { partOf, recordPart, withNotes } from "../formats/tensor-paths";
import { folderSiblings, type Siblings } from "../formats/siblings";
import { notedSiblings, recordFiles } from "../formats/source-files";
import { currentHost } from "../host";
import { parseAddress } from "../hub/address";
import { hubEndpoint } from "../hub/environment";
import { locateOnHub } from "../hub/hub-model";
import type { Located } from "../hub/repository";
import { locateUrl } from "../hub/url";
import { withRoles, withRolesInTurns } from "../network";
import { checkFlag, checkOptionNames } from "../options";
import { CompressedTensor } from "../layer/layer-tensor";
import { checkTensorStep } from "../recipe/checked-step";
import { CompressedModel } from "../recipe/compressed-model";
import { OpenedCodebook } from "../save/opened-codebook";
import { displayModel } from "../static/display";
import { withLogicalTensors } from "../stored-codes/logical-model";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import { adapterNote } from "./adapter-note";
import { locateModel } from "./locate";

/** Options of `open`. */
export interface OpenOptions {
  /** Stops the opening; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** What to call the model; by default after its file or folder. */
  readonly name?: string;
  /** Of a model on the Hub: fetch it whole into the cache first, each file checked against its SHA-256; default false. */
  readonly download?: boolean;
  /** Of a model on the Hub: ask for the newest commit of the branch, also when one is in the cache; default false. */
  readonly refresh?: boolean;
  /** Of a training checkpoint: the part to open, by the keys that lead to it, with dots ("model", "ema.state_dict"); by default the one part
   *  that is a model. */
  readonly part?: string;
  /** Show the file's own tensors: codes and scales, masks, states of optimizers, each as it is stored; default false. */
  readonly raw?: boolean;
}

/** Opens a model: a `.safetensors` or `.gguf` file (parts of one too), a `model.safetensors.index.json`, a TensorFlow.js `model.json` or
 *  `weights_manifest.json`, an `.onnx` file, a `.keras` or `.h5`, a `.npz` or `.npy`, a PyTorch `.pt`, `.pth` or `.bin` of any version (nothing in it is executed; of a
 *  training checkpoint the part that is a model, its pruning masks applied), a `.codebook` archive, a folder with one of them, or a name that
 *  is looked up in `models/` under the current folder, in `$CODEBOOK_MODELS` and in `models/` of this checkout. Only headers are read; each
 *  tensor's bytes when it is read. A `config.json` beside the weights is `model.config`. `model.metadata["codebook.notes"]` says what was left out.
 *
 *      const model = await open("all-MiniLM-L6-v2");
 *      await model.tensor("encoder.layer.0.attention.self.query.weight").read();   // Float32Array, row-major (out, in)
 *
 *  A weight that the file stores as codes and scales (GPTQ, AWQ, bitsandbytes, compressed-tensors, …) is one tensor with its own name, shape and
 *  number of parameters: `scheme` says how it is stored, `stored` lists its parts, reading it decodes. `open(path, { raw: true })` gives the
 *  parts as the file has them. Codes of a kind that is not decoded here are a `FormatError` that names it.
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
  checkOptionNames("open", options, ["signal", "name", "download", "refresh", "part", "raw"]);
  const raw = checkFlag("open", "raw", options.raw ?? false);
  if (raw && options.part !== undefined)
    throw new OptionError("open(): raw shows all of a file, and part a part of it; give one of them");
  const signal = options.signal ?? currentHost().signal;
  const { source, siblings: beside, name, origin, folder } = await locate(path, options, signal);
  const opened = new Set([source]);
  const siblings = notedSiblings(beside, opened);
  const found = await openRecognized(source, options.name ?? name, { signal, siblings });
  const { model: stored, format } = found;
  opened.add(found.source);
  if (stored instanceof OpenedCodebook) {
    if (options.part !== undefined)
      throw new OptionError("open(): part goes with a training checkpoint; this is a compressed model, which is whole");
    const shown = raw
      ? displayModel(await withRolesInTurns(stored.raw(), signal))
      : compressedModel(stored, source.name);
    return recordFiles(shown, opened);
  }
  await pause();
  const settings = await readConfig(format.settings ?? "beside", source, siblings, signal);
  const selected = raw ? stored : selectPart(stored, options);
  const { model, config } = raw
    ? { model: stored, config: settings }
    : await withLogicalTensors(selected, {
        file: source.name,
        signal,
        config: settings,
        beside: (name) => readBeside(name, siblings, signal),
      });
  const note = raw ? undefined : await adapterNote(model, siblings, signal);
  const noted = note === undefined ? model : withNote(model, note);
  const told = withSettings(origin === undefined ? noted : recordOrigin(noted, origin), config, folder);
  const settled = displayModel(await withRolesInTurns(recordPart(told, partOf(selected)), signal));
  return recordFiles(settled, opened);
}

function withNote(model: Model, note: string): Model {
  const { name, format, tensors, metadata, config, folder } = model;
  const sha256: Model["sha256"] = (options) => model.sha256(options);
  return new TensorSet({ name, format, tensors, metadata: withNotes(metadata, [note]), config, folder, sha256 });
}

/** The compressed model in a file. `FormatError` for steps that no method makes. */
function compressedModel(opened: OpenedCodebook, file: string): CompressedModel {
  const checked = new Set<string>();
  for (const tensor of opened.tensors) {
    if (!(tensor instanceof CompressedTensor) || tensor.outline.content.kind !== "codes") continue;
    const text = JSON.stringify(tensor.outline.content.quantizer);
    if (checked.has(text)) continue;
    try {
      checkTensorStep(tensor.outline.content.quantizer);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new FormatError(file, 0, `"${tensor.name}" was made by no method (${reason})`, "a step of a quantizer", {
        cause,
      });
    }
    checked.add(text);
  }
  return withRoles(new CompressedModel(opened, opened.tensors, opened.report, opened, opened));
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
  const opened = new Set([source]);
  const siblings: Siblings = notedSiblings(folderSiblings(source), opened);
  const found = await openRecognized(source, options.name ?? source.name, { signal, siblings });
  opened.add(found.source);
  const { model } = found;
  if (model instanceof OpenedCodebook) return recordFiles(compressedModel(model, source.name), opened);
  return recordFiles(displayModel(await withRolesInTurns(model, signal)), opened);
}
