import type { ByteSource } from "../bytes/source";
import { decodeUtf8, firstInvalidUtf8 } from "../bytes/utf8";
import { FormatError } from "../errors";
import { parsedApart, parser, type Unparsed } from "./apart";
import { jsonFault } from "./json-fault";

/** JSON files that Python's libraries write beside a model's weights (config.json, tokenizer.json), read as Python's `json.load` reads them: of a
 *  key that comes twice the last value counts, numbers are doubles, and the words NaN, Infinity and −Infinity are numbers. What Python refuses
 *  is refused here, by its byte; a byte order mark at the beginning is passed over. */

/** A JSON object of which nothing is known yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Levels of objects and lists: real files have some ten. What walks over the result may go as deep. */
export const maxJsonDepth = 64;
/** Objects and lists in a file, each of some 64 bytes in memory: the largest tokenizers have half a million. */
export const maxJsonParts = 4_000_000;

/** The object that a whole file holds, of at most `limit` bytes. `FormatError` for anything else. */
export async function readJsonObject(
  source: ByteSource,
  limit: number,
  signal: AbortSignal | undefined,
): Promise<JsonObject> {
  const { name, byteLength } = source;
  if (byteLength > limit) throw new FormatError(name, 0, `the file has ${byteLength} bytes`, `at most ${limit}`);
  return jsonObjectApart(await source.read(0, byteLength, signal), name, signal);
}

/** As `parseJsonObject`, on a thread where the text is long. The bytes may move there. */
export function jsonObjectApart(bytes: Uint8Array, file: string, signal: AbortSignal | undefined): Promise<JsonObject> {
  return parsedApart(tasks, { bytes, file }, { signal });
}

/** Its parsing, for the thread. */
export const tasks = parser(__filename, ({ bytes, file }: Unparsed) => parseJsonObject(bytes, file));

/** The object that `bytes`, the whole of `file`, hold. `FormatError` with the byte for what is no JSON, nests too deep, or is no object. */
export function parseJsonObject(bytes: Uint8Array, file: string): JsonObject {
  const fail = (at: number, problem: string, expected: string, cause?: unknown): never => {
    throw new FormatError(file, at, problem, expected, cause === undefined ? {} : { cause });
  };
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const bad = firstInvalidUtf8(bytes, start, bytes.length);
  if (bad >= 0) fail(bad, "this is no text in UTF-8", "a JSON object");
  const words = numberWords(bytes, start, fail);
  let value: unknown;
  try {
    value = words.length === 0 ? JSON.parse(decodeUtf8(bytes, start, bytes.length)) : parsedWith(words, bytes, start);
  } catch (cause) {
    fail(
      jsonFault(bytes, start),
      start === bytes.length ? "the file is empty" : "this is no JSON",
      "a JSON object",
      cause,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail(
      start,
      `this is ${Array.isArray(value) ? "a list" : JSON.stringify(value).slice(0, 40)}`,
      "a JSON object",
    );
  return value as JsonObject;
}

type Fail = (at: number, problem: string, expected: string) => never;

const nan = Buffer.from("NaN");
const infinity = Buffer.from("Infinity");
const startsWith = (bytes: Uint8Array, at: number, word: Uint8Array): boolean =>
  word.every((byte, i) => bytes[at + i] === byte);

/** Where the words NaN and Infinity stand outside of strings. Refuses what nests too deep, or has too many parts. */
function numberWords(bytes: Uint8Array, start: number, fail: Fail): number[] {
  const words: number[] = [];
  let depth = 0;
  let parts = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === 0x22) {
      for (at++; at < bytes.length && bytes[at] !== 0x22; at++) if (bytes[at] === 0x5c) at++;
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxJsonDepth) fail(at, "this is nested too deep", `at most ${maxJsonDepth} levels`);
      if (++parts > maxJsonParts) fail(at, "there are too many objects and lists", `at most ${maxJsonParts}`);
    } else if (byte === 0x7d || byte === 0x5d) depth--;
    else if ((byte === 0x4e && startsWith(bytes, at, nan)) || (byte === 0x49 && startsWith(bytes, at, infinity)))
      words.push(at);
  }
  return words;
}

/** JSON has no such numbers: a literal beyond all doubles is parsed as Infinity, and NaN is first a text that no file holds. */
function parsedWith(words: readonly number[], bytes: Uint8Array, start: number): unknown {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const stand = standIn(text);
  const pieces: string[] = [];
  let from = start;
  for (const at of words) {
    const isNaN = bytes[at] === nan[0];
    pieces.push(decodeUtf8(bytes, from, at), isNaN ? `"${stand}"` : "1e999");
    from = at + (isNaN ? nan : infinity).length;
  }
  pieces.push(decodeUtf8(bytes, from, bytes.length));
  return JSON.parse(pieces.join(""), (_, value: unknown) => (value === stand ? NaN : value));
}

/** A text that does not occur in another one. */
function standIn(text: Buffer): string {
  let number = 0;
  while (text.includes(`NaN ${number}`)) number++;
  return `NaN ${number}`;
}
