/** The `.codebook` file, version 3: a compressed model in its stored form, each tensor readable alone. Numbers are little-endian.
 *
 *  | bytes | what                                                                                                                    |
 *  | 8     | as of version 2 (contents.ts)                                                                                            |
 *  | 4, 4  | u32 version, 3; u32 zero                                                                                                 |
 *  | …     | a piece for each tensor, in the order of the model, without gaps: its parts, one behind the other                         |
 *  | …     | the contents: JSON in UTF-8, coded by Zstandard as `encode` writes it, or as it is (it begins with "{") where that is less |
 *  | 32    | u64 first byte of the contents, u64 their bytes, u64 their XXH64, 43 42 4B 45 4E 44 0D 0A ("CBKEND")                     |
 *
 *  Of the contents this file knows `tensors`, a list of objects with `name`, `bytes` (of the piece) and `hash` (its XXH64, 16 hex digits). What
 *  is in a piece is told by stored/archived/layer.ts, the rest by save/codebook.ts. A number that JSON has not is { "$number": "NaN" }. The
 *  contents stand behind the pieces, so that a file is written in one pass. */
import type { ByteSource } from "../bytes/source";
import { decode, encode, zstd } from "../encode";
import { hashBytes64 } from "../encode/byte-planes/hash";
import { FormatError } from "../errors";
import { unpackedLimit } from "../formats/budget";
import { parseJsonObject, type JsonObject } from "../formats/json-file";
import { maxTensors } from "../formats/limits";
import { throwIfStopped } from "../bytes/pause";
import { archiveMagic, endMagic, footerBytes, headerBytes } from "./contents";

/** The version of a file that holds a compressed model. */
export const modelVersion = 3;

/** Matches the first bytes of such a file, read as Latin-1. */
export const modelMagic = new RegExp(
  `^${[...archiveMagic, modelVersion, 0, 0, 0].map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("")}`,
);

/** Whether a file begins as one that holds a compressed model. */
export async function isModelFile(source: ByteSource, signal?: AbortSignal): Promise<boolean> {
  const head = await source.read(0, Math.min(headerBytes, source.byteLength), signal);
  return modelMagic.test(Buffer.from(head).toString("latin1"));
}

/** What the contents of real models unpack to at most: 40,000 tensors with the report of each take some 200 MB. */
const maxContentsBytes = 512 * 1024 * 1024;

/** Where the bytes of a tensor lie. */
export interface ModelPiece {
  readonly name: string;
  /** First byte in the file. */
  readonly start: number;
  readonly byteLength: number;
  /** XXH64 of the bytes, 16 hex digits. */
  readonly hash: string;
}

/** What a file says of itself. */
export interface ModelFile {
  readonly contents: JsonObject;
  /** One for each object in `contents.tensors`. */
  readonly pieces: readonly ModelPiece[];
  /** Where the contents begin: faults in them are told there. */
  readonly contentsAt: number;
}

/** The first 16 bytes. */
export function headerOfModel(): Uint8Array {
  return Uint8Array.of(...archiveMagic, modelVersion, 0, 0, 0, 0, 0, 0, 0);
}

/** XXH64 as the contents give it. */
export function hashOfPiece(bytes: Uint8Array): string {
  return hashBytes64(bytes).toString(16).padStart(16, "0");
}

/** Contents and footer of a file whose pieces end at byte `at`. */
export function endOfModel(contents: JsonObject, at: number): Uint8Array {
  const plain = Buffer.from(JSON.stringify(withoutOddNumbers(contents)));
  const coded = encode(new Uint8Array(plain), zstd({ level: plain.length < 2 ** 24 ? 19 : 9 })).bytes;
  const isCoded = coded.length < plain.length && plain.length <= unpackedLimit(coded.length, maxContentsBytes);
  const body = isCoded ? coded : plain;
  const footer = new Uint8Array(footerBytes);
  const view = new DataView(footer.buffer);
  view.setBigUint64(0, BigInt(at), true);
  view.setBigUint64(8, BigInt(body.length), true);
  view.setBigUint64(16, hashBytes64(body), true);
  footer.set(endMagic, 24);
  return Buffer.concat([body, footer]);
}

/** Reads and checks header, footer and contents; no piece. `FormatError` for what no writer wrote. */
export async function readModelFile(source: ByteSource, signal?: AbortSignal): Promise<ModelFile> {
  const { name: file, byteLength } = source;
  const fail = (offset: number, problem: string, expected: string): never => {
    throw new FormatError(file, offset, problem, expected);
  };
  if (byteLength < headerBytes + footerBytes)
    fail(byteLength, `the file ends after ${byteLength} bytes`, `${headerBytes + footerBytes} or more`);
  const head = await source.read(0, headerBytes, signal);
  headerOfModel().forEach((byte, i) => {
    if (head[i] !== byte) fail(i, `byte value ${head[i]}`, `${byte}, the beginning of a compressed model`);
  });
  const footerAt = byteLength - footerBytes;
  const footer = await source.read(footerAt, byteLength, signal);
  endMagic.forEach((byte, i) => {
    if (footer[24 + i] !== byte)
      fail(footerAt + 24 + i, `byte value ${footer[24 + i]}`, `${byte}: the file was cut short`);
  });
  const view = new DataView(footer.buffer, footer.byteOffset);
  const [at, bytes] = [view.getBigUint64(0, true), view.getBigUint64(8, true)];
  if (at < BigInt(headerBytes) || at + bytes !== BigInt(footerAt))
    fail(footerAt, `contents of ${bytes} bytes at ${at}`, `some that end at ${footerAt}`);
  const contentsAt = Number(at);
  const body = await source.read(contentsAt, footerAt, signal);
  if (hashBytes64(body) !== view.getBigUint64(16, true))
    fail(footerAt + 16, "the contents do not have the hash that stands here", "undamaged contents");
  const contents = revived(parseJsonObject(plainOf(body, file), file)) as JsonObject;
  return { contents, pieces: piecesOf(contents, file, contentsAt), contentsAt };
}

function plainOf(body: Uint8Array, file: string): Uint8Array {
  if (body[0] === 0x7b) return body;
  const limit = unpackedLimit(body.length, maxContentsBytes);
  const plain = decode(body, { name: file, maximumSymbols: limit });
  if (plain instanceof Uint8Array) return plain;
  throw new FormatError(file, 0, "the contents are no bytes", "JSON in UTF-8");
}

function piecesOf({ tensors }: JsonObject, file: string, contentsAt: number): ModelPiece[] {
  const fail = (problem: string, expected: string): never => {
    throw new FormatError(file, contentsAt, problem, expected);
  };
  if (!Array.isArray(tensors) || tensors.length > maxTensors)
    return fail("the contents list no tensors", `a list of at most ${maxTensors}`);
  let start = headerBytes;
  const pieces = tensors.map((tensor: unknown, i): ModelPiece => {
    const { name, bytes, hash } = Object(tensor) as Partial<Record<string, unknown>>;
    if (typeof name !== "string") return fail(`tensor ${i} has no name`, "a text");
    if (typeof bytes !== "number" || !Number.isSafeInteger(bytes) || bytes < 0 || bytes > contentsAt - start)
      return fail(`"${name}" takes ${String(bytes)} bytes at ${start}`, `at most ${contentsAt - start}`);
    if (typeof hash !== "string" || !/^[0-9a-f]{16}$/.test(hash))
      return fail(`"${name}" has the hash ${JSON.stringify(hash) ?? "none"}`, "16 hex digits");
    start += bytes;
    return { name, start: start - bytes, byteLength: bytes, hash };
  });
  if (start !== contentsAt) fail(`the pieces end at ${start}`, `${contentsAt}, where the contents begin`);
  return pieces;
}

/** `FormatError`, which names the tensor, for bytes that are not those that were written. */
export function checkPiece(file: string, { name, start, hash }: ModelPiece, bytes: Uint8Array): void {
  const found = hashOfPiece(bytes);
  if (found !== hash)
    throw new FormatError(file, start, `the ${bytes.length} bytes of "${name}" are damaged (XXH64 ${found})`, hash);
}

/** Reads every piece and holds it against its hash; returns those that are damaged. */
export async function damagedPieces(
  source: ByteSource,
  pieces: readonly ModelPiece[],
  { signal, onBytes }: { readonly signal?: AbortSignal | undefined; readonly onBytes?: (done: number) => void } = {},
): Promise<ModelPiece[]> {
  const damaged: ModelPiece[] = [];
  let done = 0;
  for (const piece of pieces) {
    throwIfStopped(signal, "verifying");
    const bytes = await source.read(piece.start, piece.start + piece.byteLength, signal);
    if (hashOfPiece(bytes) !== piece.hash) damaged.push(piece);
    onBytes?.((done += piece.byteLength));
  }
  return damaged;
}

/** `value` with what JSON has not as objects. */
function withoutOddNumbers(value: unknown): unknown {
  if (typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $number: Object.is(value, -0) ? "-0" : String(value) };
  if (Array.isArray(value)) return value.map(withoutOddNumbers);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withoutOddNumbers(inner)]));
}

function revived(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(revived);
  if (value === null || typeof value !== "object") return value;
  if ("$number" in value) return Number(value.$number);
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revived(inner)]));
}
