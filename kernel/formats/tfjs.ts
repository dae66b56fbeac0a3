import type { ByteSource } from "../bytes/source";
import { FormatError, UnsupportedError } from "../errors";
import type { Model } from "../tensor/model";
import { dtypes } from "../tensor/dtype";
import type { DType } from "../tensor/dtype";
import { TensorSet } from "../tensor/tensor-set";
import type { ReadOptions, Shape, StoredPart, Tensor } from "../tensor/tensor";
import { JsonReader, quote } from "./json-reader";
import { parsedApart, parser, type Unparsed } from "./apart";
import { headerLimit } from "./budget";
import { hashSources } from "./hash-sources";
import { maxIndexBytes, maxRank, maxShards, maxTensors } from "./limits";
import { folderSiblings, isPlainPath } from "./siblings";
import type { Siblings } from "./siblings";
import { FileTensor } from "./file-tensor";

/** TensorFlow.js models: `model.json` with a `weightsManifest`, a list of groups of `paths`, files whose bytes are joined, and `weights`,
 *  which lie in them one behind the other; older models have that list alone in `weights_manifest.json`. A quantized weight is stored as uint8 or uint16 with w = code·scale + min, or as float16. The
 *  list is not trusted: a path is that of a file in the model's own folder or below, and the files have exactly the bytes that the weights take.
 *  Source: @tensorflow/tfjs-core 4.22, src/io/types.ts and io_utils.ts. */

/** Layers of a topology nest some ten deep. */
const maxDepth = 64;

interface Weight {
  readonly name: string;
  readonly shape: Shape;
  /** As stored. */
  readonly dtype: DType;
  readonly affine: Affine | undefined;
  readonly sizeBytes: number;
}

interface Affine {
  readonly scale: number;
  readonly min: number;
  readonly isInteger: boolean;
}

interface Group {
  readonly paths: readonly string[];
  readonly weights: readonly Weight[];
  readonly at: number;
}

/** Reads and checks the manifest, no weights. `FormatError` with the byte of model.json for each thing that is wrong in it. */
export async function readTfjsManifest(source: ByteSource, signal?: AbortSignal): Promise<Group[]> {
  const file = source.name;
  const limit = headerLimit(source, maxIndexBytes);
  if (source.byteLength > limit)
    throw new FormatError(file, 0, `model.json has ${source.byteLength} bytes`, `at most ${limit}`);
  const bytes = await source.read(0, source.byteLength, signal);
  return parsedApart(tasks, { bytes, file }, { signal });
}

/** Its parsing, for the thread. */
export const tasks = parser(__filename, parseManifest);

function parseManifest({ bytes, file }: Unparsed): Group[] {
  const json = new JsonReader(bytes, file, 0);
  const groups: Group[] = [];
  const seen = { paths: new Set<string>(), weights: new Set<string>() };
  let found = false;
  const isBare = /^[ \t\r\n]*\[/.test(Buffer.from(bytes.subarray(0, 64)).toString("latin1"));
  if (isBare) {
    found = true;
    json.array("the manifest", () => groups.push(readGroup(json, seen)));
  } else
    json.object("model.json", (key) => {
      if (key !== "weightsManifest") {
        json.value(quote(key), maxDepth);
        return;
      }
      found = true;
      json.array("weightsManifest", () => groups.push(readGroup(json, seen)));
    });
  json.end(" \t\r\n", "the end of the file");
  if (!found || seen.weights.size === 0)
    json.fail(0, "there is no weightsManifest with weights", "a model of TensorFlow.js");
  return groups;
}

function readGroup(json: JsonReader, seen: { paths: Set<string>; weights: Set<string> }): Group {
  const at = json.offset;
  const paths: string[] = [];
  const weights: Weight[] = [];
  json.object("a group", (key, keyAt) => {
    if (key === "paths")
      json.array("paths", () => {
        const path = json.string("a path");
        checkPath(json, path, keyAt);
        if (seen.paths.has(path)) json.fail(keyAt, `the path ${quote(path)} comes twice`, "each file once");
        if (seen.paths.size === maxShards)
          json.fail(keyAt, `there are more than ${maxShards} files`, `at most ${maxShards}`);
        seen.paths.add(path);
        paths.push(path);
      });
    else if (key === "weights")
      json.array("weights", () => {
        const weight = readWeight(json);
        if (seen.weights.has(weight.name))
          json.fail(keyAt, `the weight ${quote(weight.name)} comes twice`, "each name once");
        if (seen.weights.size === maxTensors)
          json.fail(keyAt, `there are more than ${maxTensors} weights`, `at most ${maxTensors}`);
        seen.weights.add(weight.name);
        weights.push(weight);
      });
    else json.value(quote(key), maxDepth);
  });
  return { paths, weights, at };
}

function checkPath(json: JsonReader, path: string, at: number): void {
  if (!isPlainPath(path))
    json.fail(at, `the path is ${quote(path)}`, "the plain path of a file in the same folder or below");
}

const types: Readonly<Record<string, DType>> = {
  float32: "F32",
  int32: "I32",
  bool: "BOOL",
  float16: "F16",
  uint8: "U8",
  uint16: "U16",
};

function readWeight(json: JsonReader): Weight {
  const at = json.offset;
  const value = json.value("a weight", maxDepth);
  const fields = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const { name, shape, dtype } = fields;
  if (typeof name !== "string" || name === "" || name === "__proto__" || name.includes("\0"))
    return json.fail(at, "a weight has no name", "a name that is safe as a key");
  const what = `the weight ${quote(name)}`;
  if (
    !Array.isArray(shape) ||
    shape.length > maxRank ||
    !shape.every((size) => Number.isSafeInteger(size) && size >= 0)
  )
    return json.fail(at, `${what} has no shape`, `a list of at most ${maxRank} whole numbers`);
  if (dtype === "string" || dtype === "complex64")
    throw new UnsupportedError(`${what} has the type ${dtype}; read are float32, int32 and bool`);
  if (dtype !== "float32" && dtype !== "int32" && dtype !== "bool")
    return json.fail(at, `${what} has no type`, "float32, int32 or bool");
  const quantization = fields.quantization as Record<string, unknown> | undefined;
  const stored = quantization === undefined ? dtype : quantization?.dtype;
  if (typeof stored !== "string" || !Object.hasOwn(types, stored))
    return json.fail(at, `${what} is stored in no known type`, "uint8, uint16 or float16");
  let affine: Affine | undefined;
  if (quantization !== undefined && stored !== "float16") {
    const { scale, min } = quantization;
    if ((stored !== "uint8" && stored !== "uint16") || typeof scale !== "number" || typeof min !== "number")
      return json.fail(
        at,
        `the quantization of ${what} has no dtype, scale and min`,
        "uint8 or uint16 with two numbers",
      );
    affine = { scale, min, isInteger: dtype === "int32" };
  }
  const sizeBytes = (shape as number[]).reduce((product, size) => product * size, dtypes[types[stored]].blockBytes);
  if (!Number.isSafeInteger(sizeBytes)) return json.fail(at, `${what} has ${sizeBytes} bytes`, "at most 2^53 − 1");
  return { name, shape: Object.freeze(shape as number[]), dtype: types[stored], affine, sizeBytes };
}

/** Codes as model.json tells them, for a writer that leaves them as they are. */
export interface TfjsCodes {
  /** Of the weight: "float32" or "int32". */
  readonly dtype: string;
  /** Scale and least value, and the type of the codes. */
  readonly quantization: { readonly dtype: "uint8" | "uint16"; readonly scale: number; readonly min: number };
  /** The bytes of the codes. */
  read(options?: ReadOptions): Promise<Uint8Array>;
}

/** The codes of a tensor that a TensorFlow.js model keeps as such; `undefined` of another. */
export function tfjsCodes(tensor: object): TfjsCodes | undefined {
  return tensor instanceof AffineTensor ? tensor.asCodes() : undefined;
}

/** A weight whose codes stand for code·scale + min: rounded once, to float32; of an int32 weight to a whole number first. Its bytes are
 *  those of the values. */
class AffineTensor implements Tensor {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly parameters: number;
  /** Of the codes. */
  readonly sizeBytes: number;
  readonly readsCopies = true;
  readonly scheme: string | undefined;
  readonly stored: readonly StoredPart[];

  constructor(
    private readonly affine: Affine,
    private readonly codes: FileTensor,
  ) {
    const { name, shape, dtype, parameters, sizeBytes } = codes;
    this.name = name;
    this.shape = shape;
    this.parameters = parameters;
    this.sizeBytes = sizeBytes;
    this.stored = [{ name, shape, dtype, sizeBytes }];
    this.dtype = affine.isInteger ? "I32" : "F32";
    this.scheme = affine.isInteger ? undefined : `TensorFlow.js ${dtype === "U8" ? "uint8" : "uint16"}`;
  }

  async read(options: ReadOptions = {}): Promise<Float32Array> {
    const { scale, min, isInteger } = this.affine;
    const values = await this.codes.read(options);
    for (let i = 0; i < values.length; i++)
      values[i] = isInteger ? Math.round(values[i] * scale + min) : values[i] * scale + min;
    return values;
  }

  async readBytes(options: ReadOptions = {}): Promise<Uint8Array> {
    const values = await this.read(options);
    return new Uint8Array((this.affine.isInteger ? Int32Array.from(values) : values).buffer);
  }

  asCodes(): TfjsCodes {
    const { codes, affine } = this;
    const { scale, min, isInteger } = affine;
    return {
      dtype: isInteger ? "int32" : "float32",
      quantization: { dtype: codes.dtype === "U8" ? "uint8" : "uint16", scale, min },
      read: (options) => codes.readBytes(options),
    };
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return `Tensor ${this.name}: ${this.scheme ?? this.dtype} [${this.shape.join(", ")}], ${this.sizeBytes} bytes`;
  }
}

/** A model of TensorFlow.js; reads model.json only. `SourceError` when a file of weights is missing. */
export async function openTfjs(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
  siblings: Siblings = folderSiblings(source),
): Promise<Model> {
  const groups = await readTfjsManifest(source, signal);
  const sources: ByteSource[] = [source];
  const tensors: Tensor[] = [];
  for (const group of groups) {
    const files: ByteSource[] = [];
    for (const path of group.paths) files.push(await siblings(path, group.at));
    sources.push(...files);
    const joined = joinSources(files, source.name);
    const size = group.weights.reduce((sum, weight) => sum + weight.sizeBytes, 0);
    if (size !== joined.byteLength)
      throw new FormatError(
        source.name,
        group.at,
        `the weights of a group take ${size} bytes`,
        `${joined.byteLength}, as its files have`,
      );
    let start = 0;
    for (const { name: weight, shape, dtype, affine, sizeBytes } of group.weights) {
      const stored = new FileTensor(joined, weight, shape, dtype, start, sizeBytes);
      tensors.push(affine ? new AffineTensor(affine, stored) : stored);
      start += sizeBytes;
    }
  }
  return new TensorSet({
    name,
    format: "tfjs",
    tensors,
    sha256: (options) => hashSources(sources, name, options?.signal),
  });
}

/** Several sources as one, one behind the other. */
function joinSources(sources: readonly ByteSource[], name: string): ByteSource {
  const byteLength = sources.reduce((sum, source) => sum + source.byteLength, 0);
  const readInto = async (target: Uint8Array, start: number, signal?: AbortSignal): Promise<void> => {
    let from = 0;
    for (const source of sources) {
      const begin = Math.max(start, from);
      const end = Math.min(start + target.byteLength, from + source.byteLength);
      if (begin < end) await source.readInto(target.subarray(begin - start, end - start), begin - from, signal);
      from += source.byteLength;
    }
  };
  return {
    name,
    byteLength,
    get bytesRead() {
      return sources.reduce((sum, source) => sum + source.bytesRead, 0);
    },
    get reads() {
      return sources.reduce((sum, source) => sum + source.reads, 0);
    },
    readInto,
    read: async (start, end, signal) => {
      const target = new Uint8Array(end - start);
      await readInto(target, start, signal);
      return target;
    },
    close: async () => {
      for (const source of sources) await source.close();
    },
  };
}
