/** Files and folders that people have, that are told by their beginnings or names, and that have no reader here: what each is, and what to convert
 *  it to. */
import { SourceError } from "../errors";

interface Refused {
  /** What it is: "a TensorFlow Lite model". */
  readonly what: string;
  /** What to open instead. */
  readonly remedy: string;
}

const pickle = "a Python pickle";
/** Libraries whose objects are pickled as models. */
const libraries =
  /(sklearn|xgboost|lightgbm|catboost|keras|tensorflow|paddle|pandas|spacy|gensim|jax|flax|haiku|torch|numpy)[._\n]/;
const state = "safetensors: safetensors.torch.save_file(model.state_dict(), path)";
const arrays = "its arrays as .npz: numpy.savez(path, **arrays)";
const onnx = "ONNX: python -m tf2onnx.convert";

/** By the first 16 bytes, read as Latin-1. */
const beginnings: readonly (Refused & { readonly begins: RegExp })[] = [
  {
    begins: /^.{4}TFL3/s,
    what: "a TensorFlow Lite model",
    remedy: `the model that it was made from, or ${onnx} --tflite`,
  },
  { begins: /^version https:/, what: "a Git LFS pointer, not the model", remedy: "the model itself: run git lfs pull" },
  {
    begins: /^(\xef\xbb\xbf)?\s*<(!doctype|html|\?xml|net )/i,
    what: "a web page or XML",
    remedy: "the model itself: download it again, or, of OpenVINO, the ONNX model that it was made from",
  },
  {
    begins: /^(GGML|lmgg|tjgg|fmgg|ggml|ggjt|ggmf|ggla|algg)/,
    what: "a file of an ancestor of GGUF",
    remedy: "a GGUF file: llama.cpp's convert_llama_ggml_to_gguf.py",
  },
  { begins: /^\x08\x01\x12/, what: "a SavedModel of TensorFlow", remedy: onnx },
  { begins: /^\x1f\x8b/, what: "a file packed by gzip", remedy: "the file inside: gunzip" },
  { begins: /^\x28\xb5\x2f\xfd/, what: "a file packed by Zstandard", remedy: "the file inside: zstd -d" },
  { begins: /^(BZh\d|\xfd7zXZ\0|7z\xbc\xaf|Rar!)/, what: "a packed file", remedy: "the file inside: unpack it" },
  { begins: /^(\x78[\x01\x5e\x9c\xda]|ZF\x80)/s, what: "a file packed by zlib, as joblib writes them", remedy: arrays },
  { begins: /^(ftrt|ptrt)/, what: "an engine of TensorRT", remedy: "the ONNX model that it was built from" },
  { begins: /^.{4}ET\d\d/s, what: "a program of ExecuTorch", remedy: "the model that it was made from" },
  { begins: /^\xba\x16\x4f\x2f/, what: "a model of fastText", remedy: arrays },
  { begins: /^7767517/, what: "a network of ncnn", remedy: "the model that it was made from, in safetensors or ONNX" },
  { begins: /^PAR1/, what: "a Parquet file, a table", remedy: "a model" },
  { begins: /^%PDF/, what: "a PDF", remedy: "a model" },
  { begins: /^\x80[\x02-\x05](?!\0)/s, what: pickle, remedy: `a file that torch.save wrote, ${state}, or ${arrays}` },
];

/** By the ending of the name, where the beginning tells nobody's format. */
const endings: readonly (Refused & { readonly ending: string })[] = [
  {
    ending: ".msgpack",
    what: "msgpack, in which flax saves parameters",
    remedy: "safetensors: safetensors.flax.save_file(flax.traverse_util.flatten_dict(params, sep='.'), path)",
  },
  { ending: ".mlmodel", what: "a Core ML model", remedy: "the model that it was made from, in safetensors or ONNX" },
  { ending: ".tflite", what: "a TensorFlow Lite model", remedy: "the model that it was made from" },
  { ending: ".pb", what: "a graph of TensorFlow", remedy: onnx },
  { ending: ".ckpt", what: "a checkpoint of an unknown kind", remedy: `${state}, or ${onnx}` },
  {
    ending: ".index",
    what: "the index of a TensorFlow checkpoint",
    remedy: `${arrays} of tf.train.load_checkpoint(path), or ${onnx}`,
  },
  { ending: ".joblib", what: "a Python pickle of joblib", remedy: arrays },
  { ending: ".pkl", what: "a Python pickle", remedy: `${state}, or ${arrays}` },
  { ending: ".params", what: "parameters of MXNet", remedy: arrays },
  { ending: ".pdparams", what: "a pickle of Paddle", remedy: "ONNX: paddle2onnx" },
  { ending: ".mnn", what: "a network of MNN", remedy: "the model that it was made from, in safetensors or ONNX" },
  { ending: ".onnx_data", what: "the values of an ONNX model", remedy: "the .onnx file beside it" },
];

/** What a file is that no format begins like: by its beginning, then, of a file that is no model's by that, by the ending of its name. */
export function refusedFile(head: string, name: string): Refused | undefined {
  const lower = name.toLowerCase();
  const found =
    beginnings.find(({ begins }) => begins.test(head)) ?? endings.find(({ ending }) => lower.endsWith(ending));
  const library = found?.what === pickle && libraries.exec(head)?.[1];
  return found && library ? { ...found, what: `${pickle} of ${library}` } : found;
}

/** A file that begins as a format that is read does, and is called as one that is not: Core ML's begin like ONNX, msgpack like a pickle. */
export function refusedByName(name: string): Refused | undefined {
  const lower = name.toLowerCase();
  return endings.find(({ ending }) => (ending === ".mlmodel" || ending === ".msgpack") && lower.endsWith(ending));
}

/** By what a zip archive holds. */
const archives: readonly (Refused & { readonly holds: RegExp })[] = [
  {
    holds: /(^|\/)(constants\.pkl|code\/.*\.py|bytecode\.pkl)$/,
    what: "a TorchScript program",
    remedy: "a state dict: torch.save(torch.jit.load(path).state_dict(), other)",
  },
  {
    holds: /^model\.weights\.(json|npz)$|^model_\d+\.weights\.h5$/,
    what: "a model of Keras 3 whose weights are in several files, or in .npz",
    remedy: "one that model.save(path) wrote without max_shard_size",
  },
  { holds: /(^|\/)saved_model\.pb$/, what: "a SavedModel of TensorFlow in a zip", remedy: onnx },
  { holds: /\.mlmodel$/, what: "a Core ML package", remedy: "the model that it was made from, in safetensors or ONNX" },
  {
    holds: /(^|\/)archive_format$|^[^/]+\/models\/.*\.json$/,
    what: "a program of torch.export",
    remedy: "a state dict: torch.save(torch.export.load(path).state_dict, other)",
  },
  {
    holds: /\.safetensors$|\.gguf$|\.onnx$|\.pt$|\.pth$/,
    what: "a zip archive with models in it",
    remedy: "one of these: unpack it",
  },
];

/** What a zip archive is that holds no model that is read here. */
export function refusedArchive(members: readonly { readonly name: string }[]): Refused | undefined {
  return archives.find(({ holds }) => members.some(({ name }) => holds.test(name)));
}

/** By the names in a folder. */
const folders: readonly (Refused & { readonly has: RegExp })[] = [
  { has: /^saved_model\.pb(txt)?$/, what: "a SavedModel of TensorFlow", remedy: `${onnx} --saved-model` },
  {
    has: /^flax_model.*\.msgpack/,
    what: "parameters of flax",
    remedy: "safetensors: transformers' from_pretrained(path, from_flax=True) and save_pretrained",
  },
  {
    has: /\.mlmodel$|^Manifest\.json$/,
    what: "a Core ML package",
    remedy: "the model that it was made from, in safetensors or ONNX",
  },
  { has: /\.tflite$/, what: "a TensorFlow Lite model", remedy: "the model that it was made from" },
  { has: /^(_CHECKPOINT_METADATA|manifest\.ocdbt|_METADATA)$/, what: "a checkpoint of Orbax", remedy: arrays },
  {
    has: /\.ckpt.*\.index$|^variables\.index$|^checkpoint$/,
    what: "a checkpoint of TensorFlow",
    remedy: `${arrays} of tf.train.load_checkpoint(path), or ${onnx}`,
  },
  {
    has: /^\.metadata$|\.distcp$/,
    what: "a distributed checkpoint of torch",
    remedy: "one file: python -m torch.distributed.checkpoint.format_utils dcp_to_torch FOLDER FILE",
  },
  {
    has: /^model_index\.json$/,
    what: "a pipeline of diffusers, whose parts are models",
    remedy: "one of its folders, such as unet, transformer, vae or text_encoder",
  },
  {
    has: /^openvino_.*\.xml$/,
    what: "a network of OpenVINO",
    remedy: "the model that it was made from, in safetensors or ONNX",
  },
  { has: /^(ndarray-cache|tensor-cache)\.json$/, what: "a model of MLC", remedy: "the model that it was made from" },
  { has: /^config\.cfg$/, what: "a pipeline of spaCy", remedy: `${arrays} of its components' models` },
  {
    has: /^model\.bin$/,
    what: "a model of CTranslate2, or one whose file is called model.bin",
    remedy: "the model that it was converted from, or that file by its name",
  },
  {
    has: /^mp_rank_\d+_model_states\.pt$|^zero_pp_rank/,
    what: "a checkpoint of DeepSpeed",
    remedy: "one file: python zero_to_fp32.py FOLDER FILE",
  },
];

/** Folders with models that are named. */
const mostNamed = 8;

/** The error for a folder, of these names, that holds no model that is read here. `otherwise`: what it says where nothing is known; `inside`: its
 *  folders that hold one each. */
export function refusedFolder(
  folder: string,
  names: readonly string[],
  otherwise: string,
  inside: readonly string[] = [],
): SourceError {
  const known = folders.find(({ has }) => names.some((name) => has.test(name)));
  const said = known ? `this is ${known.what}, which is not read here; open ${known.remedy}` : otherwise;
  const more = inside.length > mostNamed ? " and others" : "";
  const models = inside.slice(0, mostNamed).join(", ") + more;
  return new SourceError(folder, inside.length === 0 ? said : `${said}; there are models in its folders: ${models}`);
}
