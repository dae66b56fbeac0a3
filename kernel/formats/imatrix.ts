/** llama.cpp's files of importance ("imatrix"): for each weight matrix the mean square of the values that each of its columns is multiplied with.
 *
 *  The GGUF form, of general.type "imatrix": for each matrix NAME two tensors of float32, rows outermost,
 *
 *    NAME.in_sum2   (experts, columns)   Σx² over the tokens that reached the expert
 *    NAME.counts    (experts, 1)         how many tokens did; 1 expert for a matrix without experts
 *
 *  importance = in_sum2 / counts in float32; of an expert that no token reached it is 1 for each column.
 *
 *  The older form, "imatrix.dat", little-endian:
 *
 *    i32 entries, for each: i32 bytes of the name, the name, i32 calls, i32 values, f32 values: the importance times the calls
 *    i32 chunks, i32 bytes of the name of the text, the name                                       (missing in the oldest files)
 *
 *  importance = values / calls in float32, the values themselves where calls is 0. It does not say which experts were reached: a matrix with one
 *  that was not is left out when it is written, and one of zeros alone when it is read.
 *  Source: llama.cpp, tools/imatrix/imatrix.cpp and the loader of tools/quantize/quantize.cpp. */
import { writeFileAtomically } from "../bytes/atomic-file";
import { fileSource, type ByteSource } from "../bytes/source";
import { FormatError, OptionError } from "../errors";
import { currentHost } from "../host";
import { checkNumber, checkOptionNames, describe } from "../options";
import { fromArrays } from "../tensor/memory";
import { openGguf } from "./gguf/gguf";
import { ggufPairs, ggufValue } from "./gguf/values";
import { ggufPlan, writeGguf } from "./gguf/writer";

const { fround } = Math;

/** How much the error of each column counts, by the name of the weight; of a weight of several experts the lists of all, one behind the other. */
export type ImportanceByName = Readonly<Record<string, Float32Array>>;

/** Options of `writeImportance()`. */
export interface WriteImportanceOptions {
  /** Tokens that each importance is the mean over, by the name of the weight: one number, or one for each expert, 0 for one that no token reached.
   *  1 unless told. */
  readonly counts?: Readonly<Record<string, number | readonly number[]>>;
  /** What it was computed on; "unknown" unless told. */
  readonly datasets?: readonly string[];
  /** Chunks of text that it was computed on; 0 unless told. */
  readonly chunks?: number;
  /** Tokens in a chunk; 512 unless told. */
  readonly chunkSize?: number;
}

/** Reads a file of importance in either form, for `ggml({ mix: "Q4_K_M", importance: await readImportance("imatrix.gguf") })`. Names are those
 *  of the GGUF file that it was computed with; for a model from a Hugging Face folder they are taken for its weights of the same part of the
 *  network. `FormatError` for bytes that are neither form, `SourceError` when they cannot be read. */
export async function readImportance(path: string, options: { signal?: AbortSignal } = {}): Promise<ImportanceByName> {
  checkOptionNames("readImportance", options, ["signal"]);
  const signal = options.signal ?? currentHost().signal;
  const source = await fileSource(path);
  try {
    const magic = source.byteLength < 4 ? "" : Buffer.from(await source.read(0, 4, signal)).toString("latin1");
    return magic === "GGUF" ? await readForm(source, signal) : await readOlderForm(source, signal);
  } finally {
    await source.close();
  }
}

async function readForm(source: ByteSource, signal: AbortSignal | undefined): Promise<ImportanceByName> {
  const { name: file } = source;
  const model = await openGguf(source, file, signal);
  const wrong = (problem: string, expected: string) => new FormatError(file, 0, problem, expected);
  if (model.metadata["general.type"] !== "imatrix" && !model.tensors.some(({ name }) => name.endsWith(".in_sum2")))
    throw wrong(`its general.type is ${describe(model.metadata["general.type"])}`, '"imatrix", or tensors "….in_sum2"');
  const byName = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
  const importance: Record<string, Float32Array> = Object.create(null);
  for (const { name } of model.tensors) {
    const [, weight, part] = /^(.+)\.(in_sum2|counts)$/s.exec(name) ?? [];
    if (weight === undefined || part === undefined) continue;
    const sums = byName.get(`${weight}.in_sum2`);
    const counts = byName.get(`${weight}.counts`);
    if (!sums || !counts) throw wrong(`there is ${name}`, `${weight}.in_sum2 and ${weight}.counts`);
    if (part === "counts") continue;
    const experts = counts.parameters;
    if (experts === 0 || sums.parameters % experts !== 0)
      throw wrong(`${name} has ${sums.parameters} values for ${experts} counts`, "a whole number of rows");
    const read = { ...(signal ? { signal } : {}) };
    importance[weight] = meansOf(await sums.read(read), await counts.read(read));
  }
  return importance;
}

/** Sums over counts, row by row; 1 where the count is not above 0. */
function meansOf(sums: Float32Array, counts: Float32Array): Float32Array {
  const columns = sums.length / counts.length;
  return sums.map((sum, at) => {
    const count = counts[Math.floor(at / columns)];
    return count > 0 ? sum / count : 1;
  });
}

async function readOlderForm(source: ByteSource, signal: AbortSignal | undefined): Promise<ImportanceByName> {
  const { name: file, byteLength } = source;
  const bytes = Buffer.from(await source.read(0, byteLength, signal));
  let at = 0;
  const take = (size: number, what: string): number => {
    const from = at;
    if (!(size >= 0 && size <= byteLength - from))
      throw new FormatError(
        file,
        from,
        `${what} takes ${size} bytes, and ${byteLength - from} are left`,
        "what fits the file",
      );
    at += size;
    return from;
  };
  const whole = (what: string): number => bytes.readInt32LE(take(4, what));
  const entries = whole("the number of entries");
  // An entry has a name of a letter, two numbers and a value at least.
  if (entries < 1 || entries > byteLength / 17)
    throw new FormatError(
      file,
      0,
      `it says ${entries} entries`,
      'a file of importance: "GGUF", or the number of entries that follow',
    );
  const importance: Record<string, Float32Array> = Object.create(null);
  for (let entry = 0; entry < entries; entry++) {
    const start = at;
    const length = whole("the length of a name");
    const name = bytes.toString("utf8", take(length, "a name"), at);
    const calls = whole("the number of calls");
    const count = whole("the number of values");
    if (length < 1 || count < 1 || Object.hasOwn(importance, name))
      throw new FormatError(
        file,
        start,
        `entry ${entry} is ${describe(name)} with ${count} values`,
        "a name of its own and values",
      );
    const from = take(4 * count, `the values of ${describe(name)}`);
    const values = Float32Array.from({ length: count }, (_, i) => bytes.readFloatLE(from + 4 * i));
    // Zeros alone say of no column that it counts.
    if (values.some((value) => value !== 0))
      importance[name] = calls > 0 ? values.map((value) => value / calls) : values;
  }
  return importance;
}

/** Writes importance: "….gguf" in llama.cpp's GGUF form, "….dat" in the older one, atomically; gives back the bytes of the file. `OptionError` for
 *  another suffix, and for importance or counts that make no sense. */
export async function writeImportance(
  path: string,
  importance: Readonly<Record<string, readonly number[] | Float32Array>>,
  options: WriteImportanceOptions = {},
): Promise<number> {
  checkOptionNames("writeImportance", options, ["counts", "datasets", "chunks", "chunkSize"]);
  const { datasets = ["unknown"] } = options;
  const whole = { minimum: 0, maximum: 2 ** 31 - 1, integer: true };
  const chunks = checkNumber("writeImportance", "chunks", options.chunks ?? 0, whole);
  const chunkSize = checkNumber("writeImportance", "chunkSize", options.chunkSize ?? 512, { ...whole, minimum: 1 });
  const entries = Object.keys(importance)
    .sort()
    .map((name) => entryOf(name, importance[name], options.counts?.[name] ?? 1));
  const odd = Object.keys(options.counts ?? {}).find((name) => !Object.hasOwn(importance, name));
  if (odd !== undefined) throw new OptionError(`writeImportance(): counts has "${odd}", and importance does not`);
  if (entries.length === 0) throw new OptionError("writeImportance(): there is no importance to write");
  if (/\.gguf$/i.test(path)) return writeForm(path, entries, { datasets, chunks, chunkSize });
  if (/\.dat$/i.test(path)) return writeOlderForm(path, entries, { datasets, chunks, chunkSize });
  throw new OptionError(`writeImportance(): ${path} ends neither in .gguf nor in .dat`);
}

interface Entry {
  readonly name: string;
  readonly values: Float32Array;
  readonly counts: readonly number[];
}

interface Facts {
  readonly datasets: readonly string[];
  readonly chunks: number;
  readonly chunkSize: number;
}

function entryOf(name: string, given: unknown, count: number | readonly number[]): Entry {
  const wrong = (problem: string) => new OptionError(`writeImportance(): importance of "${name}" ${problem}`);
  if (!Array.isArray(given) && Object.prototype.toString.call(given) !== "[object Float32Array]")
    throw wrong(`is ${describe(given)}; it takes a list of numbers`);
  const values = Float32Array.from(given as ArrayLike<number>);
  const odd = values.findIndex((value) => !(value >= 0 && value < Infinity));
  if (odd >= 0) throw wrong(`is ${values[odd]} at ${odd}; it takes finite numbers, at least 0`);
  const counts = typeof count === "number" ? [count] : [...count];
  if (counts.length === 0 || counts.some((one) => !Number.isSafeInteger(one) || one < 0) || values.length === 0)
    throw wrong(`has ${values.length} values and counts ${describe(count)}; counts are whole numbers from 0`);
  if (values.length % counts.length !== 0) throw wrong(`has ${values.length} values for ${counts.length} experts`);
  return { name, values, counts };
}

function writeForm(path: string, entries: readonly Entry[], { datasets, chunks, chunkSize }: Facts): Promise<number> {
  const arrays = Object.fromEntries(
    entries.flatMap(({ name, values, counts }) => {
      const columns = values.length / counts.length;
      const sums = values.map((value, at) => value * counts[Math.floor(at / columns)]);
      return [
        [`${name}.in_sum2`, { shape: [counts.length, columns], values: sums }],
        [`${name}.counts`, { shape: [counts.length, 1], values: Float32Array.from(counts) }],
      ];
    }),
  );
  const pairs = ggufPairs(
    {},
    {
      "general.type": "imatrix",
      "imatrix.datasets": [...datasets],
      "imatrix.chunk_count": ggufValue("uint32", chunks),
      "imatrix.chunk_size": ggufValue("uint32", chunkSize),
    },
  );
  const plans = fromArrays(arrays, { name: "imatrix" }).tensors.map((tensor) => ggufPlan(tensor, undefined));
  return writeGguf({}, plans, pairs, path);
}

function writeOlderForm(path: string, entries: readonly Entry[], facts: Facts): Promise<number> {
  const int32 = (value: number): Uint8Array => {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return bytes;
  };
  const text = (value: string): Uint8Array[] => [int32(Buffer.byteLength(value)), Buffer.from(value, "utf8")];
  const kept = entries.filter(({ counts }) => counts.every((count) => count > 0));
  const parts: Uint8Array[] = [int32(kept.length)];
  for (const { name, values, counts } of kept) {
    const most = counts.reduce((largest, count) => Math.max(largest, count), 0);
    const calls = most === 1 ? 1 : Math.ceil(most / facts.chunkSize);
    const bytes = Buffer.alloc(4 * values.length);
    values.forEach((value, at) => bytes.writeFloatLE(fround(value * calls), 4 * at));
    parts.push(...text(name), int32(calls), int32(values.length), bytes);
  }
  if (kept.length === 0)
    throw new OptionError(
      "writeImportance(): each weight has an expert that no token reached, and the older form holds none such",
    );
  parts.push(int32(facts.chunks), ...text(facts.datasets.at(-1) ?? ""));
  return writeFileAtomically(path, parts);
}
