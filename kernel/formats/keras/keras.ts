/** Models of Keras: a `.keras` file is a zip of config.json, metadata.json and model.weights.h5; `.weights.h5` is the last alone; an older `.h5` has
 *  the settings in the attribute model_config and the arrays in the group model_weights. All arrays are HDF5 (../hdf5). `config` has the settings
 *  as a model.json of TensorFlow.js has them. An optimizer's state is left out, with a note; a quantized model is refused, as its kernels are codes.
 *  An HDF5 file of no model opens as its arrays by their paths. Source: keras 3.15, saving_lib.py and legacy_h5_format.py. */
import type { ByteSource } from "../../bytes/source";
import { FormatError } from "../../errors";
import type { Model } from "../../tensor/model";
import { TensorSet } from "../../tensor/tensor-set";
import { maxConfigBytes, readBeside } from "../config";
import { hashSources } from "../hash-sources";
import { openHdf5, type Hdf5Array, type Hdf5File } from "../hdf5/hdf5";
import type { ProcessOptions } from "../hdf5/process";
import { jsonObjectApart, type JsonObject } from "../json-file";
import { quote } from "../json-reader";
import type { Siblings } from "../siblings";
import { withNotes } from "../tensor-paths";
import { memberSource, readMember, type ZipMember } from "../zip";
import { isOfOptimizer, isVariable, kerasNames } from "./names";

const weightsName = "model.weights.h5";

/** True for the members of a `.keras` file. */
export function isKeras(members: readonly ZipMember[]): boolean {
  return members.some(({ name }) => name === weightsName);
}

/** A `.keras` file; reads the settings and what the arrays are. */
export async function openKeras(
  source: ByteSource,
  members: readonly ZipMember[],
  name: string,
  signal?: AbortSignal,
): Promise<Model> {
  const member = (wanted: string): ZipMember => {
    const found = members.find((one) => one.name === wanted);
    if (!found) throw new FormatError(source.name, 0, `the archive has no ${wanted}`, `${weightsName} and config.json`);
    return found;
  };
  const settings = await readJson(source, member("config.json"), signal);
  const about = members.find((one) => one.name === "metadata.json");
  const metadata = about ? await readJson(source, about, signal) : {};
  const weights = memberSource(source, member(weightsName));
  const file = await openHdf5(weights, signal, { check: (stop) => checkSum(weights, stop) });
  return modelOf({ source, weights, name, format: "keras", file, topology: settings, metadata, beside: undefined });
}

async function readJson(source: ByteSource, member: ZipMember, signal: AbortSignal | undefined): Promise<JsonObject> {
  if (member.sizeBytes > maxConfigBytes)
    throw new FormatError(
      source.name,
      member.at,
      `${member.name} has ${member.sizeBytes} bytes`,
      `at most ${maxConfigBytes}`,
    );
  return jsonObjectApart(await readMember(source, member, signal), `${source.name} (${member.name})`, signal);
}

const pieceBytes = 8 * 1024 * 1024;

/** Reads a member from end to end, which checks its CRC-32. */
async function checkSum(member: ByteSource, signal: AbortSignal | undefined): Promise<void> {
  for (let at = 0; at < member.byteLength; at += pieceBytes)
    await member.read(at, Math.min(member.byteLength, at + pieceBytes), signal);
}

/** An HDF5 file, of Keras or not; reads what the arrays are, and a config.json beside it. */
export async function openKerasH5(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
  siblings?: Siblings,
  options: ProcessOptions = {},
): Promise<Model> {
  const file = await openHdf5(source, signal, options);
  const { model_config: own, keras_version: version } = file.attributes;
  const isOfKeras =
    own !== undefined ||
    version !== undefined ||
    file.arrays.some(({ path }) => isVariable(path) || isOfOptimizer(path));
  if (!isOfKeras) return arraysOf(source, name, file);
  const topology =
    own === undefined ? undefined : await jsonObjectApart(Buffer.from(own), `${source.name} (model_config)`, signal);
  const beside = topology || !siblings ? undefined : await readBeside("config.json", siblings, signal);
  const isTopology = beside !== undefined && "class_name" in beside;
  const metadata = version === undefined ? {} : { keras_version: version };
  return modelOf({
    source,
    weights: source,
    name,
    format: "hdf5",
    file,
    topology: topology ?? (isTopology ? beside : undefined),
    metadata,
    beside: isTopology ? undefined : beside,
  });
}

interface Parts {
  readonly source: ByteSource;
  /** The HDF5 file. */
  readonly weights: ByteSource;
  readonly name: string;
  readonly format: string;
  readonly file: Hdf5File;
  readonly topology: JsonObject | undefined;
  readonly metadata: JsonObject;
  /** Settings of another library that lie beside the file. */
  readonly beside: JsonObject | undefined;
}

function modelOf({ source, weights, name, format, file, topology, metadata, beside }: Parts): Model {
  const arrays = file.arrays.filter(({ path }) => !isOfOptimizer(path));
  const optimizer = file.arrays.length - arrays.length;
  const fail = (problem: string, expected: string): never => {
    throw new FormatError(weights.name, 0, problem, expected);
  };
  if (arrays.length === 0) fail("there is no weight in it", "a model of Keras with weights");
  refuseCodes(arrays, topology, fail);
  const { names, layers } = kerasNames({ paths: arrays.map(({ path }) => path), names: file.names, topology });
  const model = topology ?? (layers.length > 0 ? { class_name: "Weights", config: { layers } } : undefined);
  const notes = notesOf(file);
  if (optimizer > 0) notes.push(`left out: ${optimizer} ${optimizer === 1 ? "array" : "arrays"} of the optimizer`);
  return new TensorSet({
    name,
    format,
    tensors: arrays.map((array, at) => array.tensor(names[at])),
    metadata: withNotes(metadata, notes),
    config: beside ?? (model && { modelTopology: { ...metadata, model_config: model } }),
    sha256: (options) => hashSources([source], name, options?.signal),
  });
}

/** Refuses a model whose layers were quantized by Keras: int8, int4, GPTQ and the like keep codes and scales as variables. */
function refuseCodes(
  arrays: readonly Hdf5Array[],
  topology: JsonObject | undefined,
  fail: (problem: string, expected: string) => never,
): void {
  const remedy = "a model that was saved before quantize() was called";
  const policy = /"(Quantized\w*|GPTQ\w*|AWQ\w*|Int[48]\w*)DTypePolicy"|"dtype": ?"\w+_from_\w+"/.exec(
    topology === undefined ? "" : JSON.stringify(topology),
  );
  if (policy) fail(`layers of it are quantized (${quote(policy[0])}), which is not decoded here`, remedy);
  const codes = arrays.find(({ path, shape, dtype }) => isVariable(path) && shape.length > 1 && /^[IU]8$/.test(dtype));
  if (codes) fail(`${quote(codes.path)} holds codes of a quantized layer, which are not decoded here`, remedy);
}

function notesOf({ others }: Hdf5File): string[] {
  if (others.length === 0) return [];
  const list = others.slice(0, 10).map(({ path, what }) => `${quote(path)}, ${what}`);
  return [`left out: ${list.join("; ")}${others.length > 10 ? `; and ${others.length - 10} more` : ""}`];
}

/** The arrays of a file that no Keras wrote. */
function arraysOf(source: ByteSource, name: string, file: Hdf5File): Model {
  const [other] = file.others;
  if (file.arrays.length === 0)
    throw new FormatError(
      source.name,
      0,
      other ? `${quote(other.path)} holds ${other.what}, and nothing holds numbers` : "there is no array in it",
      "a model of Keras, or arrays of numbers",
    );
  return new TensorSet({
    name,
    format: "hdf5",
    tensors: file.arrays.map((array) => array.tensor(array.path)),
    metadata: withNotes({}, notesOf(file)),
    sha256: (options) => hashSources([source], name, options?.signal),
  });
}
