import { inTurns, mapWithTurns } from "../bytes/pause";
import type { ByteSource } from "../bytes/source";
import { FormatError } from "../errors";
import type { Model } from "../tensor/model";
import { TensorSet } from "../tensor/tensor-set";
import type { Shape } from "../tensor/tensor";
import { parsedApart, parser, type Unparsed } from "./apart";
import { headerLimit } from "./budget";
import { hashSources } from "./hash-sources";
import { JsonReader, quote } from "./json-reader";
import { maxNameLength, maxRank, maxTensors } from "./limits";
import { FileTensor } from "./file-tensor";

/** safetensors: 8 bytes with the header's length N (little-endian), N bytes of JSON
 *  `{"__metadata__": {"k": "v"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, …}`, padded with spaces, then
 *  the tensors' bytes, row-major and little-endian. Offsets count from the end of the header, and the tensors cover what
 *  follows it exactly: no hole, no overlap, nothing behind the last. Source: the format's README and its reference reader. */

/** The reference reader's limit. The header of a 405-billion-parameter model's shard has under 100 kB. */
export const maxHeaderBytes = 100_000_000;
/** Bits per element under the format's own names, in the order in which the reference writer sorts: a later type comes first. */
export const safetensorsBits: ReadonlyMap<string, number> = new Map([
  ["BOOL", 8],
  ["F4", 4],
  ["F6_E2M3", 6],
  ["F6_E3M2", 6],
  ["U8", 8],
  ["I8", 8],
  ["F8_E5M2", 8],
  ["F8_E4M3", 8],
  ["F8_E8M0", 8],
  ["F8_E4M3FNUZ", 8],
  ["F8_E5M2FNUZ", 8],
  ["I16", 16],
  ["U16", 16],
  ["F16", 16],
  ["BF16", 16],
  ["I32", 32],
  ["U32", 32],
  ["F32", 32],
  ["C64", 64],
  ["F64", 64],
  ["I64", 64],
  ["U64", 64],
]);

/** Matches the first bytes of a file, read as Latin-1: a header of less than 2^56 bytes that begins with a brace. */
export const safetensorsMagic = /^.{7}\0\{/s;

const lengthBytes = 8;

/** One tensor as the header gives it. `begin` and `end` count from the end of the header; the `…At` are bytes of the file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly begin: number;
  readonly end: number;
  readonly nameAt: number;
  readonly offsetsAt: number;
}

/** The header of a file, checked. */
export interface SafetensorsHeader {
  /** In the order of their bytes. */
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Readonly<Record<string, string>>;
  /** The file's byte where the tensors begin. */
  readonly dataStart: number;
}

/** Reads and checks the header, nothing else. `FormatError` for a file that breaks any rule of the format. */
export async function readSafetensorsHeader(source: ByteSource, signal?: AbortSignal): Promise<SafetensorsHeader> {
  const { name, byteLength } = source;
  if (byteLength < lengthBytes)
    throw new FormatError(
      name,
      byteLength,
      `the file ends after ${byteLength} bytes`,
      "8 bytes with the header's length",
    );
  const length = new DataView((await source.read(0, lengthBytes, signal)).buffer).getBigUint64(0, true);
  const limit = headerLimit(source, maxHeaderBytes);
  if (length > limit) throw new FormatError(name, 0, `the header's length is ${length}`, `at most ${limit} bytes`);
  const dataStart = lengthBytes + Number(length);
  if (dataStart > byteLength)
    throw new FormatError(
      name,
      0,
      `the header's length is ${length}`,
      `at most the ${byteLength - lengthBytes} bytes that follow`,
    );
  const bytes = await source.read(lengthBytes, dataStart, signal);
  const parsed = await parsedApart(tasks, { bytes, file: name, fileBytes: byteLength }, { signal });
  return { ...parsed, metadata: Object.assign(Object.create(null), parsed.metadata) };
}

/** Its parsing, for the thread. */
export const tasks = parser(__filename, parseHeader);

function parseHeader({ bytes, file, fileBytes }: Unparsed & { readonly fileBytes: number }): SafetensorsHeader {
  const json = new JsonReader(bytes, file, lengthBytes);
  if (bytes[0] !== 0x7b) json.fail(lengthBytes, "the header is no JSON object", 'a header that begins with "{"');
  const entries: SafetensorsEntry[] = [];
  const metadata: Record<string, string> = Object.create(null);
  json.object("the header", (name, nameAt) => {
    if (name === "__metadata__") {
      json.object("__metadata__", (key) => {
        metadata[key] = json.string(`the metadata ${quote(key)}`);
      });
      return;
    }
    if (entries.length === maxTensors)
      json.fail(nameAt, `there are more than ${maxTensors} tensors`, `at most ${maxTensors}`);
    if (name.length > maxNameLength)
      json.fail(nameAt, `a tensor's name has ${name.length} characters`, `at most ${maxNameLength}`);
    if (name.includes("\0")) json.fail(nameAt, "a tensor's name holds a NUL", "a name without NUL");
    entries.push(parseEntry(json, name, nameAt));
  });
  json.end(" ", "spaces up to the end of the header");
  const dataStart = lengthBytes + bytes.length;
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  checkCoverage(entries, file, dataStart, fileBytes);
  return { entries, metadata, dataStart };
}

function parseEntry(json: JsonReader, name: string, nameAt: number): SafetensorsEntry {
  const what = `tensor ${quote(name)}`;
  let dtype: string | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  let offsetsAt = nameAt;
  let dtypeAt = nameAt;
  let shapeAt = nameAt;
  json.object(what, (key, keyAt) => {
    if (key === "dtype") {
      dtypeAt = keyAt;
      dtype = json.string(`the dtype of ${what}`);
    } else if (key === "shape") {
      shapeAt = keyAt;
      shape = integers(json, `the shape of ${what}`, maxRank);
    } else if (key === "data_offsets") {
      offsetsAt = keyAt;
      offsets = integers(json, `data_offsets of ${what}`, 2);
    } else {
      json.fail(keyAt, `${what} has the key ${quote(key)}`, "dtype, shape and data_offsets, nothing else");
    }
  });
  if (dtype === undefined) json.fail(nameAt, `${what} has no dtype`, "dtype, shape and data_offsets");
  if (shape === undefined) json.fail(nameAt, `${what} has no shape`, "dtype, shape and data_offsets");
  if (offsets === undefined) json.fail(nameAt, `${what} has no data_offsets`, "dtype, shape and data_offsets");
  const bits = safetensorsBits.get(dtype);
  if (bits === undefined)
    json.fail(dtypeAt, `${what} has dtype ${quote(dtype)}`, `one of ${[...safetensorsBits.keys()].join(", ")}`);
  if (offsets.length !== 2)
    json.fail(offsetsAt, `data_offsets of ${what} has ${offsets.length} numbers`, "two, [begin, end]");
  const [begin, end] = offsets;
  if (end < begin) json.fail(offsetsAt, `${what} ends at ${end}, before it begins at ${begin}`, "begin ≤ end");
  const size = sizeInBytes(json, what, shape, bits, shapeAt);
  if (end - begin !== size)
    json.fail(offsetsAt, `${what} spans ${end - begin} bytes`, `${size}, for ${dtype} [${shape.join(", ")}]`);
  return { name, dtype, shape, begin, end, nameAt, offsetsAt };
}

function integers(json: JsonReader, what: string, most: number): number[] {
  const list: number[] = [];
  json.array(what, () => {
    if (list.length === most) json.fail(json.offset, `${what} has more than ${most} numbers`, `at most ${most}`);
    list.push(json.integer(what));
  });
  return list;
}

/** Product of the shape times the size of an element, in bytes; refuses products past 2^53 on the way, whatever follows. */
function sizeInBytes(json: JsonReader, what: string, shape: Shape, bits: number, shapeAt: number): number {
  let elements = 1;
  for (const size of shape) {
    elements *= size;
    if (elements * bits > Number.MAX_SAFE_INTEGER)
      json.fail(shapeAt, `${what} has the shape [${shape.join(", ")}]`, `at most ${Number.MAX_SAFE_INTEGER} bits`);
  }
  if ((elements * bits) % 8 !== 0)
    json.fail(shapeAt, `${what} has ${elements} elements of ${bits} bits`, "a whole number of bytes");
  return (elements * bits) / 8;
}

function checkCoverage(entries: readonly SafetensorsEntry[], file: string, dataStart: number, fileBytes: number): void {
  let at = 0;
  for (const { name, begin, end, offsetsAt } of entries) {
    if (begin !== at) {
      const problem = begin < at ? "overlaps the tensor before it" : "leaves a hole behind the tensor before it";
      throw new FormatError(
        file,
        offsetsAt,
        `tensor ${quote(name)} begins at ${begin} and ${problem}`,
        `begin = ${at}`,
      );
    }
    if (dataStart + end > fileBytes)
      throw new FormatError(
        file,
        offsetsAt,
        `tensor ${quote(name)} ends at byte ${dataStart + end} of the file`,
        `at most ${fileBytes}, the file's size`,
      );
    at = end;
  }
  if (dataStart + at !== fileBytes)
    throw new FormatError(
      file,
      dataStart + at,
      `${fileBytes - dataStart - at} bytes follow the last tensor`,
      "the end of the file",
    );
}

/** The tensors of a header as lazy `Tensor`s over `source`. `CancelledError` when the signal fires. */
export function tensorsOf(
  source: ByteSource,
  { entries, dataStart }: SafetensorsHeader,
  signal?: AbortSignal,
): Promise<FileTensor[]> {
  const made = mapWithTurns(
    entries,
    ({ name, shape, dtype, begin, end }) =>
      new FileTensor(source, name, Object.freeze(shape), dtype, dataStart + begin, end - begin),
  );
  return inTurns(made, signal, `reading ${source.name}`);
}

/** A model in one safetensors file. Reads the header only. */
export async function openSafetensors(source: ByteSource, name: string, signal?: AbortSignal): Promise<Model> {
  const header = await readSafetensorsHeader(source, signal);
  const tensors = await tensorsOf(source, header, signal);
  const byName = new Map<string, FileTensor>();
  const sorting = mapWithTurns(tensors, (tensor) => void byName.set(tensor.name, tensor));
  await inTurns(sorting, signal, `reading ${source.name}`);
  return new TensorSet({
    name,
    format: "safetensors",
    tensors,
    byName,
    metadata: header.metadata,
    sha256: (options) => hashSources([source], name, options?.signal),
  });
}
