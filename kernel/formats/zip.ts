import { promisify } from "node:util";
import { crc32, inflateRaw, inflateRawSync } from "node:zlib";
import { pause, throwIfStopped } from "../bytes/pause";
import type { ByteSource } from "../bytes/source";
import { decodeUtf8, firstInvalidUtf8 } from "../bytes/utf8";
import { FormatError } from "../errors";
import { parsedApart, parser, type Unparsed } from "./apart";
import { headerLimit } from "./budget";
import { quote } from "./json-reader";
import { readFront } from "./zip-front";

/** Zip archives as numpy (.npz) and torch (.pt, .bin) write them: stored or deflated members, with or without the 64-bit extensions.
 *  The central directory is what counts; each member's local header must agree with it, members must not overlap, and a member may
 *  inflate to no more than it says. Source: PKWARE, APPNOTE.TXT 6.3.10. */

/** Members of the largest checkpoints are some tens of thousands. */
export const maxMembers = 200_000;
const maxNameBytes = 4096;
/** deflate cannot do better than 1032 to 1. */
const maxRatio = 1032;
const endBytes = 22;
const localBytes = 30;
const centralBytes = 46;
const wide = 0xffffffff;

/** A member of a zip archive. */
export interface ZipMember {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly crc: number;
  readonly sizeBytes: number;
  readonly storedBytes: number;
  /** The file's byte where the member's own begin, and where the directory speaks of it. */
  readonly start: number;
  readonly at: number;
}

const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The members, in the order of the directory. Reads the directory and the local headers, no content. `FormatError` for an archive that
 *  breaks any rule. */
export async function readZip(source: ByteSource, signal?: AbortSignal): Promise<ZipMember[]> {
  const fail: Fail = (at, problem, expected) => {
    throw new FormatError(source.name, at, problem, expected);
  };
  const { byteLength } = source;
  if (byteLength < endBytes) fail(0, `the archive has ${byteLength} bytes`, `at least ${endBytes}`);
  const tailStart = Math.max(0, byteLength - endBytes - 65_535);
  const tail = await source.read(tailStart, byteLength, signal);
  let end = tail.length - endBytes;
  const data = view(tail);
  while (
    end >= 0 &&
    !(data.getUint32(end, true) === 0x06054b50 && data.getUint16(end + 20, true) === tail.length - end - endBytes)
  )
    end--;
  if (end < 0)
    fail(tailStart, "there is no end of a zip directory", "PK\\5\\6 and a comment up to the end of the file");
  const endAt = tailStart + end;
  if (data.getUint16(end + 4, true) !== 0 || data.getUint16(end + 6, true) !== 0)
    fail(endAt + 4, "the archive has several disks", "one");
  let count = data.getUint16(end + 10, true);
  let size = data.getUint32(end + 12, true);
  let start = data.getUint32(end + 16, true);
  let directoryEnd = endAt;
  const number64 = numbersWithin(byteLength, fail);
  const isWide = count === 0xffff || size === wide || start === wide;
  const locator = endAt >= 20 + 56 ? view(await source.read(endAt - 20, endAt, signal)) : undefined;
  // torch writes the 64-bit end always; it is used wherever it is.
  if (locator?.getUint32(0, true) === 0x07064b50) {
    directoryEnd = number64(locator, 8, endAt - 12);
    if (directoryEnd + 56 > endAt - 20) fail(endAt - 12, `the 64-bit end is at ${directoryEnd}`, "before its locator");
    const end64 = view(await source.read(directoryEnd, directoryEnd + 56, signal));
    if (end64.getUint32(0, true) !== 0x06064b50) fail(directoryEnd, "there is no 64-bit end", "PK\\6\\6");
    count = number64(end64, 32, directoryEnd + 32);
    size = number64(end64, 40, directoryEnd + 40);
    start = number64(end64, 48, directoryEnd + 48);
  } else if (isWide) fail(endAt, "the 64-bit end of the directory is missing", "one before the end");
  if (count > maxMembers) fail(endAt, `there are ${count} members`, `at most ${maxMembers}`);
  if (start + size !== directoryEnd)
    fail(endAt + 12, `the directory has ${size} bytes from ${start} on`, `its end at ${directoryEnd}`);
  const limit = headerLimit(source, Infinity);
  if (size > limit) fail(endAt + 12, `the directory has ${size} bytes`, `at most ${limit}`);
  if (count * centralBytes > size) fail(endAt + 10, `there are ${count} members`, `no more than ${size} bytes hold`);
  const bytes = await source.read(start, start + size, signal);
  const directory = { bytes, file: source.name, start, count, byteLength };
  const members = await parsedApart(tasks, directory, { signal });
  return checkLocals(source, members, start, signal, fail);
}

type Fail = (at: number, problem: string, expected: string) => never;

/** Reads 64-bit numbers, which are positions or sizes within so many bytes; `where` is their byte of the file. */
function numbersWithin(byteLength: number, fail: Fail): (from: DataView, at: number, where: number) => number {
  return (from, at, where) => {
    const value = from.getBigUint64(at, true);
    if (value > BigInt(byteLength)) fail(where, `a 64-bit field is ${value}`, `at most ${byteLength}, the file's size`);
    return Number(value);
  };
}

/** The bytes of a directory, where they begin, its entries, and the size of the file. */
interface Directory extends Unparsed {
  readonly start: number;
  readonly count: number;
  readonly byteLength: number;
}

/** The parsing of directories, for the thread. */
export const tasks = parser(__filename, parseDirectory);

function parseDirectory({ bytes, file, start: base, count, byteLength }: Directory): ZipMember[] {
  const fail: Fail = (at, problem, expected) => {
    throw new FormatError(file, at, problem, expected);
  };
  const number64 = numbersWithin(byteLength, fail);
  const data = view(bytes);
  const members: ZipMember[] = [];
  const names = new Set<string>();
  let at = 0;
  for (let i = 0; i < count; i++) {
    const where = base + at;
    if (at + centralBytes > bytes.length || data.getUint32(at, true) !== 0x02014b50)
      fail(where, `entry ${i} of the directory is missing`, "PK\\1\\2");
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => data.getUint16(at + field, true));
    const next = at + centralBytes + nameBytes + extraBytes + commentBytes;
    if (next > bytes.length)
      fail(where + 28, `entry ${i} runs past the directory`, `at most ${bytes.length - at} bytes`);
    const nameAt = at + centralBytes;
    if (nameBytes === 0 || nameBytes > maxNameBytes)
      fail(where + 28, `a name has ${nameBytes} bytes`, `1 to ${maxNameBytes}`);
    const bad = firstInvalidUtf8(bytes, nameAt, nameAt + nameBytes);
    if (bad >= 0) fail(base + bad, "a name is not UTF-8", "UTF-8 text");
    const name = decodeUtf8(bytes, nameAt, nameAt + nameBytes);
    if (name.includes("\0") || name === "__proto__" || names.has(name))
      fail(
        base + nameAt,
        `the name ${quote(name)} comes twice, or cannot be a member's`,
        "each name once, without NUL",
      );
    names.add(name);
    if ((data.getUint16(at + 8, true) & 0x2041) !== 0) fail(where + 8, `${quote(name)} is encrypted`, "a plain member");
    const method = data.getUint16(at + 10, true);
    if (method !== 0 && method !== 8)
      fail(where + 10, `${quote(name)} is packed by method ${method}`, "0, stored, or 8, deflate");
    const extra = extra64(data, nameAt + nameBytes, extraBytes, base, fail);
    let field = extra.start;
    const wideOr = (value: number): number => {
      if (value !== wide) return value;
      if (field + 8 > extra.end) fail(where, `${quote(name)} lacks a 64-bit size`, "a field of 64 bits");
      field += 8;
      return number64(data, field - 8, base + field - 8);
    };
    const sizeBytes = wideOr(data.getUint32(at + 24, true));
    const storedBytes = wideOr(data.getUint32(at + 20, true));
    const start = wideOr(data.getUint32(at + 42, true));
    if (method === 0 ? sizeBytes !== storedBytes : sizeBytes > maxRatio * storedBytes)
      fail(
        where + 24,
        `${quote(name)} has ${sizeBytes} bytes in ${storedBytes}`,
        method === 0 ? "equal sizes" : "what deflate can do",
      );
    members.push({
      name,
      isDeflated: method === 8,
      crc: data.getUint32(at + 16, true),
      sizeBytes,
      storedBytes,
      start,
      at: where,
    });
    at = next;
  }
  if (at !== bytes.length)
    fail(base + at, `${bytes.length - at} bytes follow the last entry`, "the end of the directory");
  return members;
}

/** The extra field with the 64-bit sizes, or an empty one. */
function extra64(
  data: DataView,
  from: number,
  length: number,
  base: number,
  fail: Fail,
): { start: number; end: number } {
  for (let at = from; at + 4 <= from + length;) {
    const size = data.getUint16(at + 2, true);
    if (at + 4 + size > from + length) fail(base + at, "an extra field runs past its entry", "a shorter field");
    if (data.getUint16(at, true) === 1) return { start: at + 4, end: at + 4 + size };
    at += 4 + size;
  }
  return { start: from, end: from };
}

/** Local headers read at once: over a network each takes its time. */
const headsAtOnce = 32;

/** A member's own header and its name, as far as the file goes. */
async function readHead(source: ByteSource, member: ZipMember, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const size = localBytes + Buffer.byteLength(member.name);
  const start = Math.min(member.start, source.byteLength);
  return source.read(start, Math.min(source.byteLength, start + size), signal);
}

async function checkLocals(
  source: ByteSource,
  members: readonly ZipMember[],
  directoryStart: number,
  signal: AbortSignal | undefined,
  fail: Fail,
): Promise<ZipMember[]> {
  const placed = new Map<ZipMember, ZipMember>();
  const inOrder = [...members].sort((a, b) => a.start - b.start);
  let heads: Uint8Array[] = [];
  let free = 0;
  for (let i = 0; i < inOrder.length; i++) {
    const member = inOrder[i];
    const { name, start: local, at } = member;
    if (i % headsAtOnce === 0) {
      const next = inOrder.slice(i, i + headsAtOnce);
      heads = await Promise.all(next.map((one) => readHead(source, one, signal)));
    }
    if (local < free) fail(at + 42, `${quote(name)} overlaps the member before it`, `a start of at least ${free}`);
    if (local + localBytes > directoryStart)
      fail(at + 42, `${quote(name)} begins at ${local}`, `before ${directoryStart}`);
    const bytes = heads[i % headsAtOnce];
    const head = view(bytes);
    if (head.getUint32(0, true) !== 0x04034b50) fail(local, `${quote(name)} has no header of its own`, "PK\\3\\4");
    if (head.getUint16(8, true) !== (member.isDeflated ? 8 : 0))
      fail(local + 8, `${quote(name)} has two methods`, "that of the directory");
    const nameBytes = head.getUint16(26, true);
    const start = local + localBytes + nameBytes + head.getUint16(28, true);
    if (start + member.storedBytes > directoryStart)
      fail(at + 20, `${quote(name)} ends at ${start + member.storedBytes}`, `at most ${directoryStart}`);
    const own = bytes.subarray(localBytes, localBytes + nameBytes);
    if (Buffer.compare(own, Buffer.from(name)) !== 0)
      fail(local + localBytes, `${quote(name)} has two names`, "that of the directory");
    free = start + member.storedBytes;
    placed.set(member, { ...member, start });
    throwIfStopped(signal, `reading ${source.name}`);
  }
  return members.map((member) => placed.get(member) ?? member);
}

const inflate = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflateRaw);
/** Inflated here in under a millisecond; a longer member goes to a thread. */
const inlineBytes = 64 * 1024;

async function inflated(stored: Uint8Array, sizeBytes: number): Promise<Buffer> {
  const options = { maxOutputLength: Math.max(1, sizeBytes) };
  return sizeBytes <= inlineBytes ? inflateRawSync(stored, options) : inflate(stored, options);
}

/** The whole content of a member, checked against its size and its CRC-32. */
export async function readMember(
  source: ByteSource,
  member: ZipMember,
  signal?: AbortSignal,
): Promise<Uint8Array<ArrayBuffer>> {
  const { name, start, storedBytes, sizeBytes } = member;
  const fail: Fail = (at, problem, expected) => {
    throw new FormatError(source.name, at, problem, expected);
  };
  const stored = await source.read(start, start + storedBytes, signal);
  let bytes: Uint8Array = stored;
  if (member.isDeflated)
    try {
      bytes = await inflated(stored, sizeBytes);
    } catch {
      fail(start, `${quote(name)} does not inflate to its ${sizeBytes} bytes`, "a sound deflate stream");
    }
  if (bytes.length !== sizeBytes) fail(start, `${quote(name)} has ${bytes.length} bytes`, `${sizeBytes}`);
  if (crc32(bytes) !== member.crc)
    fail(start, `${quote(name)} has another CRC-32 than its entry says`, "equal checksums");
  return new Uint8Array(bytes);
}

/** Bytes summed between two turns of the event loop, some milliseconds' work. */
const sumBytes = 8 * 1024 * 1024;
/** A gap of this size at most, such as a header that was read before, is read again to be summed. */
const gapBytes = 64 * 1024;

/** A member as a source of its own. A stored one is read in place; its CRC-32 is summed over what is read in order, and whoever reads the
 *  last byte of it learns when it is wrong. Of a deflated one the first 64 KiB are inflated alone, so that headers cost what they have; it is
 *  inflated as a whole when more is read, and let go when its last byte was read. */
export function memberSource(source: ByteSource, member: ZipMember): ByteSource {
  const { sizeBytes } = member;
  const name = `${source.name} (${member.name})`;
  const counts = { bytesRead: 0, reads: 0 };
  const readOwn = member.isDeflated ? deflatedReader(source, member) : storedReader(source, member);
  const read = async (from: number, to: number, signal?: AbortSignal): Promise<Uint8Array> => {
    if (!(from >= 0 && to >= from && to <= sizeBytes))
      throw new FormatError(name, sizeBytes, `bytes ${from} to ${to} were asked for`, `at most ${sizeBytes}`);
    counts.reads++;
    counts.bytesRead += to - from;
    return readOwn(from, to, signal);
  };
  return {
    name,
    byteLength: sizeBytes,
    get bytesRead() {
      return counts.bytesRead;
    },
    get reads() {
      return counts.reads;
    },
    ...(source.windowBytes !== undefined && { windowBytes: source.windowBytes }),
    read,
    readInto: async (target, from, signal) => target.set(await read(from, from + target.byteLength, signal)),
    close: async () => undefined,
  };
}

type Reader = (from: number, to: number, signal: AbortSignal | undefined) => Promise<Uint8Array>;

/** Bytes of a deflated member that are inflated without the rest. */
const frontBytes = 64 * 1024;
/** A member of so many bytes is inflated whole, and checked, each time that it is read, and never kept: there may be many. */
const shortBytes = 4096;

function deflatedReader(source: ByteSource, member: ZipMember): Reader {
  let whole: Promise<Uint8Array> | undefined;
  return async (from, to, signal) => {
    if (member.sizeBytes <= shortBytes) return (await readMember(source, member, signal)).slice(from, to);
    if (!whole && to <= Math.min(frontBytes, member.sizeBytes - 1))
      return (await readFront(source, member, to, signal)).slice(from);
    whole ??= readMember(source, member, signal);
    try {
      const bytes = (await whole).slice(from, to);
      if (to === member.sizeBytes) whole = undefined;
      return bytes;
    } catch (error) {
      whole = undefined;
      throw error;
    }
  };
}

function storedReader(source: ByteSource, { name, start, sizeBytes, crc }: ZipMember): Reader {
  let isSound = false;
  /** The CRC-32 of the first bytes. */
  let sum = 0;
  let summed = 0;
  const add = async (bytes: Uint8Array, signal: AbortSignal | undefined): Promise<void> => {
    for (let at = 0; at < bytes.length; at += sumBytes) {
      if (at > 0) await pause();
      throwIfStopped(signal, `reading ${source.name}`);
      sum = crc32(bytes.subarray(at, at + sumBytes), sum);
      summed += Math.min(sumBytes, bytes.length - at);
    }
  };
  /** Adds what follows the bytes that were summed, and refuses the member when these are all and the sum is wrong. */
  const check = async (bytes: Uint8Array, from: number, signal: AbortSignal | undefined): Promise<void> => {
    if (isSound) return;
    if (from === 0) sum = summed = 0;
    if (from > summed && from - summed <= gapBytes)
      await add(await source.read(start + summed, start + from, signal), signal);
    if (from > summed) return;
    await add(bytes.subarray(summed - from), signal);
    if (summed < sizeBytes) return;
    isSound = sum === crc;
    sum = summed = 0;
    if (!isSound)
      throw new FormatError(
        source.name,
        start,
        `${quote(name)} has another CRC-32 than its entry says`,
        "equal checksums",
      );
  };
  /** One read is summed at a time. */
  let turn: Promise<void> = Promise.resolve();
  return async (from, to, signal) => {
    const bytes = await source.read(start + from, start + to, signal);
    const own = turn.then(() => check(bytes, from, signal));
    turn = own.catch(() => undefined);
    await own;
    return bytes;
  };
}
