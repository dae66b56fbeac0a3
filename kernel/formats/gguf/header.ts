import type { ByteSource } from "../../bytes/source";
import type { Shape } from "../../tensor/tensor";
import { ggmlTypes, removedGgmlTypes } from "./types";
import type { GgmlType } from "./types";
import { GgufCursor } from "./cursor";
import { maxKeys, readGgufMetadata } from "./metadata";
import { quote } from "../json-reader";
import { maxTensors } from "../limits";
import { FileTensor } from "../file-tensor";

/** GGUF, versions 2 and 3, little-endian: `GGUF`, u32 version, u64 number of tensors, u64 number of keys, the keys with their
 *  values, then for each tensor its name, u32 rank, u64 sizes with the *innermost first*, u32 type, u64 offset; then, at the
 *  next multiple of the alignment, the tensors' bytes, each at a multiple of the alignment. Here shapes are row-major, outermost
 *  first, as everywhere: ne = [576, 49152] is shape [49152, 576]. Source: ggml, docs/gguf.md and src/gguf.cpp. */

/** ggml's GGML_MAX_DIMS. */
export const maxGgufRank = 4;
/** The specification says 64; builds of ggml with a larger limit of their own write up to 160. */
export const maxGgufNameBytes = 256;

/** Bytes that a key takes at least (length, one letter, type, one byte), and a tensor (length, rank, type, offset). */
const leastKeyBytes = 14;
const leastTensorBytes = 24;

interface TensorInfo {
  readonly name: string;
  readonly shape: Shape;
  readonly type: GgmlType;
  /** From the beginning of the data. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly offsetAt: number;
}

/** What the front of a GGUF file says. */
export interface GgufHeader {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly FileTensor[];
  /** The file's byte where a key begins, 0 when it is not there. */
  readonly keyAt: (key: string) => number;
}

/** Reads and checks the header, nothing else. `FormatError` for a file that breaks any rule of the format. */
export async function readGgufHeader(source: ByteSource, signal?: AbortSignal): Promise<GgufHeader> {
  const cursor = new GgufCursor(source, signal);
  await checkVersion(cursor);
  const tensorCount = await cursor.count("the number of tensors", leastTensorBytes, maxTensors);
  const keyCount = await cursor.count("the number of keys", leastKeyBytes, maxKeys);
  const { values, alignment, offsets } = await readGgufMetadata(cursor, keyCount);
  const infos = await readTensorInfos(cursor, tensorCount, alignment);
  const dataStart = padded(cursor.offset, alignment);
  checkData(cursor, infos, dataStart, source.byteLength, alignment);
  const tensors = infos.map(
    ({ name, shape, type, offset, sizeBytes }) =>
      new FileTensor(source, name, shape, type.name, dataStart + offset, sizeBytes),
  );
  return { metadata: values, tensors, keyAt: (key) => offsets.get(key) ?? 0 };
}

async function checkVersion(cursor: GgufCursor): Promise<void> {
  await cursor.need(8, "the magic and the version");
  const magic = Buffer.from(cursor.take(4)).toString("latin1");
  if (magic !== "GGUF") cursor.fail(0, `the file begins with ${quote(magic)}`, '"GGUF"');
  const version = cursor.takeUint32();
  if (version === 2 || version === 3) return;
  if (version > 0 && (version & 0xffff) === 0)
    cursor.fail(
      4,
      "the file is big-endian",
      "a little-endian GGUF file: convert it with gguf-py's gguf_convert_endian",
    );
  cursor.fail(4, `the version is ${version}`, "2 or 3");
}

async function readTensorInfos(cursor: GgufCursor, count: number, alignment: number): Promise<TensorInfo[]> {
  const infos: TensorInfo[] = [];
  const names = new Set<string>();
  let end = 0;
  for (let i = 0; i < count; i++) {
    const nameAt = cursor.offset;
    const name = await cursor.string(`the name of tensor ${i}`, maxGgufNameBytes);
    if (names.has(name)) cursor.fail(nameAt, `the tensor ${quote(name)} comes twice`, "each name once");
    if (name === "__proto__" || name.includes("\0"))
      cursor.fail(nameAt, `a tensor's name is ${quote(name)}`, "a name that is safe as a key, without NUL");
    names.add(name);
    const info = await readTensorInfo(cursor, name);
    if (info.offset !== end)
      cursor.fail(
        info.offsetAt,
        `tensor ${quote(name)} begins at ${info.offset} of the data`,
        `${end}, behind the tensor before it`,
      );
    end = padded(end + info.sizeBytes, alignment);
    if (end > Number.MAX_SAFE_INTEGER)
      cursor.fail(info.offsetAt, "the tensors' sizes add up past 2^53", "a smaller file");
    infos.push(info);
  }
  return infos;
}

async function readTensorInfo(cursor: GgufCursor, name: string): Promise<TensorInfo> {
  const what = `tensor ${quote(name)}`;
  const rankAt = cursor.offset;
  const rank = await cursor.uint32(`the rank of ${what}`);
  if (rank > maxGgufRank) cursor.fail(rankAt, `${what} has ${rank} dimensions`, `at most ${maxGgufRank}`);
  await cursor.need(8 * rank + 12, what);
  const shapeAt = cursor.offset;
  const sizes = Array.from({ length: rank }, () => cursor.takeUint64());
  const typeAt = cursor.offset;
  const type = typeOf(cursor, what, cursor.takeUint32(), typeAt);
  const offsetAt = cursor.offset;
  const offset = cursor.takeUint64();
  if (offset > Number.MAX_SAFE_INTEGER)
    cursor.fail(offsetAt, `${what} begins at ${offset}`, `at most ${Number.MAX_SAFE_INTEGER}`);
  const sizeBytes = sizeInBytes(cursor, what, sizes, type, shapeAt);
  const shape = Object.freeze(sizes.map(Number).reverse());
  return { name, shape, type, offset: Number(offset), sizeBytes, offsetAt };
}

function typeOf(cursor: GgufCursor, what: string, id: number, at: number): GgmlType {
  const type = ggmlTypes.get(id);
  if (type) return type;
  const removed = removedGgmlTypes.get(id);
  return cursor.fail(
    at,
    removed ? `${what} has the type ${removed}, which ggml removed` : `${what} has the type ${id}, which is not known`,
    removed ? "a file made by a current converter" : "a type of ggml",
  );
}

/** Product of the sizes in bytes; refuses products past 2^53 on the way, and rows that are no whole number of blocks. */
function sizeInBytes(
  cursor: GgufCursor,
  what: string,
  sizes: readonly bigint[],
  type: GgmlType,
  shapeAt: number,
): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  let elements = 1n;
  for (const size of sizes) {
    elements *= size;
    if (size > limit || elements * BigInt(type.blockBytes) > limit)
      cursor.fail(shapeAt, `${what} has the sizes [${sizes.join(", ")}]`, `at most ${limit} bytes in all`);
  }
  const row = sizes.length > 0 ? sizes[0] : 1n;
  if (row % BigInt(type.blockElements) !== 0n)
    cursor.fail(
      shapeAt,
      `${what} has rows of ${row}`,
      `a multiple of ${type.blockElements}, the block of ${type.name}`,
    );
  return (Number(elements) / type.blockElements) * type.blockBytes;
}

/** The data must lie within the file; behind the last tensor there may be padding up to the alignment and nothing else. */
function checkData(
  cursor: GgufCursor,
  infos: readonly TensorInfo[],
  dataStart: number,
  fileBytes: number,
  alignment: number,
): void {
  for (const { name, offset, sizeBytes, offsetAt } of infos)
    if (dataStart + offset + sizeBytes > fileBytes)
      cursor.fail(
        offsetAt,
        `tensor ${quote(name)} ends at byte ${dataStart + offset + sizeBytes} of the file`,
        `at most ${fileBytes}, the file's size`,
      );
  const last = infos.at(-1);
  const end = padded(dataStart + (last ? last.offset + last.sizeBytes : 0), alignment);
  if (fileBytes > end) cursor.fail(end, `${fileBytes - end} bytes follow the last tensor`, "the end of the file");
}

function padded(size: number, alignment: number): number {
  return Math.ceil(size / alignment) * alignment;
}
