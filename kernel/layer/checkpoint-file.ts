/** A layer of a checkpoint (checkpoint.ts) as a file:
 *
 *    0   "CBLAYER1"
 *    8   u32 bytes of the JSON, u32 0
 *    16  the JSON: key and outcome, an array in it as { "$array": [type, byte, length] }, the byte counted from the end of the JSON; a
 *        number that JSON has not as { "$number": "NaN" }; filled up with spaces to a multiple of 8
 *        the arrays, each filled up to a multiple of 8
 *        SHA-256 of all before */
import { createHash } from "node:crypto";
import { isSpilled, type SpilledArray, type SpillFile } from "../bytes/spill-file";
import { FormatError } from "../errors";
import type { LayerOutcome } from "./compress-layer";

const magic = "CBLAYER1";
const headBytes = 16;
const hashBytes = 32;

const arrays = {
  Uint8Array,
  Int8Array,
  Uint16Array,
  Int16Array,
  Uint32Array,
  Int32Array,
  Float32Array,
  Float64Array,
} as const;
type ArrayName = keyof typeof arrays;

/** The file in pieces, one behind the other: the arrays of the outcome as they are, not copied, with what stands between them. `key` says
 *  which layer, of which study, by which steps; reading asks for the same. Arrays that lie in a file are read from `spilled`. */
export function layerFileParts(
  key: string,
  outcome: LayerOutcome<SpilledArray>,
  spilled: SpillFile,
): (Uint8Array | SpilledArray)[];
export function layerFileParts(key: string, outcome: LayerOutcome): Uint8Array[];
export function layerFileParts(
  key: string,
  outcome: LayerOutcome<SpilledArray>,
  spilled?: SpillFile,
): (Uint8Array | SpilledArray)[] {
  const parts: (Uint8Array | SpilledArray)[] = [];
  let size = 0;
  const placed = (type: string, length: number, bytes: Uint8Array | SpilledArray): unknown => {
    const { byteLength } = bytes;
    const at = size;
    parts.push(bytes, new Uint8Array(roundUp(byteLength) - byteLength));
    size += roundUp(byteLength);
    return { $array: [type, at, length] };
  };
  const plain = (part: unknown): unknown => {
    if (ArrayBuffer.isView(part)) {
      const { buffer, byteOffset, byteLength } = part;
      const { length } = part as Uint8Array;
      return placed(part.constructor.name, length, new Uint8Array(buffer, byteOffset, byteLength));
    }
    if (isSpilled(part)) return placed(part.type, part.length, part);
    if (typeof part === "number" && (!Number.isFinite(part) || Object.is(part, -0)))
      return { $number: Object.is(part, -0) ? "-0" : String(part) };
    if (Array.isArray(part)) return part.map(plain);
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([name, inner]) => [name, plain(inner)]));
  };
  const json = Buffer.from(JSON.stringify({ key, outcome: plain(outcome) }));
  const start = headBytes + roundUp(json.length);
  const head = new Uint8Array(start).fill(0x20);
  head.set(Buffer.from(magic));
  const view = new DataView(head.buffer);
  view.setUint32(8, start - headBytes, true);
  view.setUint32(12, 0, true);
  head.set(json, headBytes);
  const file = [head, ...parts.filter(({ byteLength }) => byteLength > 0)];
  const hash = createHash("sha256");
  for (const part of file) {
    if (!isSpilled(part)) hash.update(part);
    else spilled?.forEach(part.start, part.start + part.byteLength, (bytes) => hash.update(bytes));
  }
  return [...file, new Uint8Array(hash.digest())];
}

/** The outcome, its arrays views of `bytes`. `FormatError` for a file that is torn, changed, or another layer's. */
export function decodeLayerFile(file: string, bytes: Uint8Array<ArrayBuffer>, key: string): LayerOutcome {
  const wrong = (offset: number, problem: string, expected: string): FormatError =>
    new FormatError(file, offset, problem, expected);
  if (bytes.length < headBytes + hashBytes || Buffer.from(bytes.subarray(0, 8)).toString("latin1") !== magic)
    throw wrong(0, "this is no layer of a checkpoint", `"${magic}"`);
  const end = bytes.length - hashBytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = headBytes + view.getUint32(8, true);
  if (start > end || start % 8 !== 0) throw wrong(8, `the JSON ends at byte ${start}`, `at most ${end}, whole eights`);
  if (Buffer.compare(bytes.subarray(end), hashOf(bytes)) !== 0)
    throw wrong(end, "the bytes are not those that were written", "their SHA-256");
  const array = (parts: unknown): unknown => {
    const [name, at, length] = Array.isArray(parts) ? (parts as unknown[]) : [];
    const Type = Object.hasOwn(arrays, String(name)) ? arrays[name as ArrayName] : undefined;
    const fits =
      Type !== undefined &&
      Number.isSafeInteger(at) &&
      Number.isSafeInteger(length) &&
      (at as number) % 8 === 0 &&
      (at as number) >= 0 &&
      (length as number) >= 0 &&
      start + (at as number) + (length as number) * Type.BYTES_PER_ELEMENT <= end;
    if (!fits) throw wrong(headBytes, `an array is ${JSON.stringify(parts)}`, "its type, its place and its length");
    return new Type(bytes.buffer, bytes.byteOffset + start + (at as number), length as number);
  };
  const revive = (_: string, part: unknown): unknown => {
    if (part === null || typeof part !== "object") return part;
    if ("$array" in part) return array(part.$array);
    return "$number" in part ? Number(part.$number) : part;
  };
  const json = Buffer.from(bytes.buffer, bytes.byteOffset + headBytes, start - headBytes).toString("utf8");
  let read: { readonly key?: unknown; readonly outcome?: unknown };
  try {
    read = JSON.parse(json, revive) as typeof read;
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(file, headBytes, "this is no JSON", "what is known of the layer", { cause });
  }
  if (read.key !== key) throw wrong(headBytes, `it is of ${JSON.stringify(read.key)}`, JSON.stringify(key));
  return read.outcome as LayerOutcome;
}

function roundUp(size: number): number {
  return 8 * Math.ceil(size / 8);
}

function hashOf(file: Uint8Array): Uint8Array {
  return createHash("sha256")
    .update(file.subarray(0, file.length - hashBytes))
    .digest();
}
