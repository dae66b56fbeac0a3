/** Files that are small and ask for much: each is opened or refused, and costs no more than what is stored is worth. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateRawSync } from "node:zlib";
import { pack } from "../../kernel";
import { fields, pair } from "../formats/files";

/** A zip archive; members deflated, or stored as they are. */
export function zipOf(members: readonly { name: string; data: Uint8Array; isStored?: boolean }[]): Buffer {
  const parts: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, data, isStored = false } of members) {
    const body = isStored ? Buffer.from(data) : deflateRawSync(data, { level: 6 });
    const shared = Buffer.alloc(26);
    shared.writeUInt16LE(20, 0);
    shared.writeUInt16LE(isStored ? 0 : 8, 4);
    shared.writeUInt32LE(crc32(data), 10);
    shared.writeUInt32LE(body.length, 14);
    shared.writeUInt32LE(data.length, 18);
    shared.writeUInt16LE(name.length, 22);
    parts.push(Buffer.from("PK\x03\x04", "latin1"), shared, Buffer.from(name), body);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    entries.push(Buffer.from("PK\x01\x02\x14\0", "latin1"), shared, place, Buffer.from(name));
    at += 30 + name.length + body.length;
  }
  const directory = Buffer.concat(entries);
  const end = fields(
    ["bytes", "PK\x05\x06"],
    ["u32", 0],
    ["bytes", Buffer.from([members.length & 255, members.length >> 8, members.length & 255, members.length >> 8])],
    ["u32", directory.length],
    ["u32", at],
    ["bytes", Buffer.alloc(2)],
  );
  return Buffer.concat([...parts, directory, end]);
}

const million = 1_000_000;
const repeated = (text: string, count: number): Buffer => Buffer.alloc(text.length * count, text, "latin1");

/** A file of torch whose pickle has these instructions. */
const torch = (pickle: Buffer, isStored = false): Buffer =>
  zipOf([{ name: "m/data.pkl", data: Buffer.concat([Buffer.from("\x80\x02", "latin1"), pickle]), isStored }]);

function npy(bytes: number): Buffer {
  const header = `{'descr': '|u1', 'fortran_order': False, 'shape': (${bytes},), }`.padEnd(117) + "\n";
  return Buffer.concat([
    fields(["bytes", Buffer.from("\x93NUMPY\x01\0", "latin1")], ["bytes", Buffer.from([118, 0])], ["bytes", header]),
    Buffer.alloc(bytes),
  ]);
}

/** A text of 4,000 letters, then a dict under it that holds one tensor of torch again and again under numbers. */
function longNames(count: number): Buffer {
  const storage = "(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0" + "0X\x03\0\0\0cpuK\x01tQ";
  const numbered = Array.from(
    { length: count },
    (_, i) => `J${String.fromCharCode(i & 255, (i >> 8) & 255, (i >> 16) & 255)}\0h\x01`,
  );
  return Buffer.from(
    `}X\xa0\x0f\0\0${"a".repeat(4000)}}(${"X\x01\0\0\0t"}ctorch._utils\n_rebuild_tensor_v2\n(${storage}K\0K\x01\x85K\x01\x85\x89)tRq\x01${numbered.join("")}us.`,
    "latin1",
  );
}

/** Makes of the value on the stack a pair of itself, 40 times over, between these two marks. */
const doubled = (open: string, close: string): string =>
  Array.from(
    { length: 40 },
    (_, i) => `q${String.fromCharCode(i)}0${open}h${String.fromCharCode(i)}h${String.fromCharCode(i)}${close}`,
  ).join("");

/** A tensor of a class, made of one of a class, so many times. */
const fromTypes = (levels: number): string => {
  const name = "ctorch._tensor\n_rebuild_from_type_v2\n";
  return `${name}q\xff${"(h\xffh\xff".repeat(levels)})${"}t".repeat(levels)}R.`;
};

const text = (...parts: string[]): Buffer => Buffer.from(parts.join(""), "latin1");

/** A GGUF file without tensors that says this of its network. */
export function ggufSaying(...pairs: Buffer[]): Buffer {
  const architecture = pair("general.architecture", 8, ["string", "llama"]);
  const all = [architecture, ...pairs];
  const head = Buffer.concat([fields(["bytes", "GGUF"], ["u32", 3], ["u64", 0], ["u64", all.length]), ...all]);
  return Buffer.concat([head, Buffer.alloc((32 - (head.length % 32)) % 32)]);
}

/** The cases: a file's name, its bytes, and what `open` says of it ("" where it opens). */
export function boundedFiles(): readonly (readonly [name: string, bytes: Buffer, says: RegExp | ""])[] {
  const storage = { name: "m/data/0", data: Buffer.alloc(4), isStored: true };
  const named = (pickle: Buffer): Buffer =>
    zipOf([{ name: "m/data.pkl", data: Buffer.concat([text("\x80\x02"), pickle]), isStored: true }, storage]);
  return [
    ["dicts.pt", torch(Buffer.concat([repeated("}", 19 * million), text(".")])), /the pickle has 19000003 bytes/],
    ["lists.pt", torch(Buffer.concat([repeated("]", 5 * million), text(".")])), /the pickle has 5000003 bytes/],
    ["marks.pt", torch(Buffer.concat([repeated("(", 5 * million), text(".")])), /the pickle has/],
    ["memo.pt", torch(Buffer.concat([text("}"), repeated("\x94", 5 * million), text(".")])), /the pickle has/],
    ["tuples.pt", torch(Buffer.concat([text(")"), repeated("\x85", 5 * million), text(".")])), /the pickle has/],
    ["stored dicts.pt", torch(Buffer.concat([repeated("}", million), text(".")]), true), /bytes of memory/],
    [
      "stored memo.pt",
      torch(Buffer.concat([text("}"), repeated("\x94", million), text(".")]), true),
      /bytes of memory/,
    ],
    [
      "texts again.pt",
      torch(Buffer.concat([text("X\x01\0\0\0aq\0"), repeated("h\0", million), text(".")]), true),
      /values are left over/,
    ],
    ["long names.pt", named(longNames(60_000)), /bytes of memory/],
    ["a long number.pt", torch(text("\x8b", "\xff\xff\xff\x7f", "."), true), /2147483647 more bytes/],
    // Each level holds the one before twice: 2^40 items, were they walked or written out.
    [
      "doubled lists.pt",
      torch(text("]", doubled("(", "l"), "."), true),
      /over 4000000 values|there are no tensors|nest too deep/,
    ],
    [
      "a name of doubled lists.pt",
      torch(text("]", doubled("(", "l"), "X\x01\0\0\0a\x93."), true),
      /a name of Python is no text/,
    ],
    ["a key of doubled tuples.pt", torch(text("}", ")", doubled("(", "t"), "K\0s."), true), /there are no tensors/],
    ["classes of classes.pt", torch(text(fromTypes(9000)), true), /made of one of a class/],
    ["zeros.npz", zipOf(Array.from({ length: 3 }, (_, i) => ({ name: `a${i}.npy`, data: npy(40 * million) }))), ""],
    ["many small.npz", zipOf(Array.from({ length: 1000 }, (_, i) => ({ name: `a${i}.npy`, data: npy(20_000) }))), ""],
    ["minus four heads.gguf", ggufSaying(pair("llama.attention.head_count", 5, ["u32", 2 ** 32 - 4])), /is "-4"/],
    ["a billion blocks.gguf", ggufSaying(pair("llama.block_count", 4, ["u32", 1e9])), /from 0 to 65536/],
    ["2^40 experts.gguf", ggufSaying(pair("llama.expert_count", 10, ["u64", 2n ** 40n])), /from 0 to 65536/],
    ["heads of text.gguf", ggufSaying(pair("llama.attention.head_count", 8, ["string", "many"])), /is "many"/],
    [
      "heads by block.gguf",
      ggufSaying(pair("llama.attention.head_count_kv", 9, ["u32", 5], ["u64", 2], ["u32", 8], ["u32", 2 ** 31])),
      /is "-2147483648"/,
    ],
  ];
}

/** An archive of some kilobytes around a safetensors file with a header of 8 MB, in `folder`. */
export async function archiveOfLongHeader(folder: string): Promise<string> {
  const json = Buffer.from('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.padEnd(8 * million));
  const file = join(folder, "long header.safetensors");
  writeFileSync(file, Buffer.concat([fields(["u64", json.length]), json, Buffer.alloc(4)]));
  const target = join(folder, "long header.codebook");
  await pack(file, target, { workers: 1 });
  return target;
}
