import { crc32, deflateRawSync } from "node:zlib";
import type { Random } from "../../../kernel/bytes/random";

/** Changes to sound files, drawn from a seeded `Random`: the same seed gives the same mutant on every machine. */

/** Words that readers of JSON, of Python's dicts and of paths trip over. */
const words = [
  ...["__proto__", "constructor", "9007199254740993", "-1", "-0", "1e9", "1e999", "0x10", "01", "NaN", "null", "true"],
  ...['"', "{", "}", "[", "]", ",", ":", "\\ud800", "\\u0000", "\0", "\u00ff", "\u2028", "()", "(1,)", "'", "b''"],
  ...["F32", "F4", "BF16", "__metadata__", "data_offsets", "weight_map", "weightsManifest", "'<f4'", "'|O'", "True"],
  ...["../", "/etc/passwd", "C:\\", "CON", ".safetensors", ".bin", "split.count", "general.alignment"],
];
const numbers = [
  ...[0n, 1n, 2n, 7n, 8n, 255n, 256n, 65_535n, 2n ** 20n, 2n ** 30n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n],
  ...[2n ** 32n, 2n ** 40n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 62n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 32n],
  2n ** 64n - 1n,
];

/** One to four changes, half of them near the front or the end, where headers and directories are. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let out = Buffer.from(bytes);
  for (let changes = 1 + random.below(4); changes > 0 && out.length > 0; changes--) out = mutateOnce(out, random);
  return new Uint8Array(out);
}

function mutateOnce(out: Buffer<ArrayBuffer>, random: Random): Buffer<ArrayBuffer> {
  const at = place(out.length, random);
  const insert = (piece: Uint8Array): Buffer<ArrayBuffer> =>
    Buffer.concat([out.subarray(0, at), piece, out.subarray(at)]);
  switch (random.below(12)) {
    case 0:
      out[at] ^= 1 << random.below(8);
      return out;
    case 1:
      out[at] = random.below(256);
      return out;
    case 2:
      return out.subarray(0, at);
    case 3:
      return Buffer.concat([out, Buffer.alloc(1 + random.below(64), random.below(256))]);
    case 4:
      return insert(out.subarray(at, Math.min(out.length, at + random.below(40))));
    case 5:
      return Buffer.concat([out.subarray(0, at), out.subarray(Math.min(out.length, at + 1 + random.below(16)))]);
    case 6:
      return insert(Buffer.from(words[random.below(words.length)]));
    case 7: {
      // A piece of the file elsewhere in it.
      const from = random.below(out.length);
      return insert(out.subarray(from, Math.min(out.length, from + 1 + random.below(64))));
    }
    case 8: {
      // One digit of a number in text for others.
      const digit = out.findIndex((byte, i) => i >= at && byte >= 0x30 && byte <= 0x39);
      if (digit < 0) return out;
      const other = String(numbers[random.below(numbers.length)]);
      return Buffer.concat([out.subarray(0, digit), Buffer.from(other), out.subarray(digit + 1)]);
    }
    default: {
      const size = [1, 2, 4, 8][random.below(4)];
      if (at + size > out.length) return out;
      const value = BigInt.asUintN(8 * size, numbers[random.below(numbers.length)]);
      for (let i = 0; i < size; i++) out[at + i] = Number((value >> BigInt(8 * i)) & 255n);
      return out;
    }
  }
}

function place(length: number, random: Random): number {
  const near = Math.min(length, 256);
  switch (random.below(4)) {
    case 0:
      return random.below(near);
    case 1:
      return length - 1 - random.below(near);
    default:
      return random.below(length);
  }
}

export interface ZipPart {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly isDeflated: boolean;
}

const deflatedBytes = new WeakMap<Uint8Array, Uint8Array>();

/** Members that no mutant changes are packed once. */
function deflated(bytes: Uint8Array): Uint8Array {
  const known = deflatedBytes.get(bytes) ?? deflateRawSync(bytes, { level: 1 });
  deflatedBytes.set(bytes, known);
  return known;
}

/** A sound zip of these members: what is wrong with them is inside. */
export function zipOf(members: readonly ZipPart[]): Uint8Array {
  const parts: Uint8Array[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  for (const { name, bytes, isDeflated } of members) {
    const body = isDeflated ? deflated(bytes) : bytes;
    const nameBytes = Buffer.from(name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(isDeflated ? 8 : 0, 8);
    local.writeUInt16LE(nameBytes.length, 26);
    const entry = Buffer.alloc(46);
    entry.writeUInt32LE(0x02014b50, 0);
    entry.writeUInt16LE(isDeflated ? 8 : 0, 10);
    entry.writeUInt32LE(crc32(bytes), 16);
    entry.writeUInt32LE(body.length, 20);
    entry.writeUInt32LE(bytes.length, 24);
    entry.writeUInt16LE(nameBytes.length, 28);
    entry.writeUInt32LE(at, 42);
    entries.push(entry, nameBytes);
    parts.push(local, nameBytes, body);
    at += 30 + nameBytes.length + body.length;
  }
  const directory = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(members.length, 8);
  end.writeUInt16LE(members.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...parts, directory, end]));
}
