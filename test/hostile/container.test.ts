import { createHash } from "node:crypto";
import { Random } from "../../kernel/bytes/random";
import { memorySource } from "../../kernel/bytes/source";
import { headerOfArchive, writeIndex, type Segment } from "../../kernel/archive/contents";
import { unwrapArchive } from "../../kernel/archive/source";
import type { LayoutCode } from "../../kernel/encode/byte-planes/block-layout";
import { hash64 } from "../../kernel/loops/xxh64";
import { FormatError } from "../../kernel/errors";
import { planeLoops } from "../../kernel/loops/planes";
import { encodeBytes } from "../encode/blocks";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Reads all that is inside. */
async function contents(archive: Uint8Array): Promise<Uint8Array> {
  const inside = await unwrapArchive(memorySource(archive, "hostile.codebook"));
  if (inside.byteLength > 2 ** 28) throw new Error("more than the bytes can back");
  return inside.read(0, inside.byteLength);
}

interface Part {
  readonly original: Uint8Array;
  readonly width: 1 | 2 | 4 | 8;
  readonly block?: Uint8Array;
  readonly sha256?: string;
  readonly name?: string;
}

/** An archive of segments with one block each, all hashes right, unless a part says otherwise. */
function archiveOf(parts: readonly Part[], fileSha?: string): Uint8Array {
  const whole = Buffer.concat(parts.map((part) => part.original));
  let at = 16;
  let start = 0;
  const blocks: Uint8Array[] = [];
  const segments = parts.map((part): Segment => {
    const { original, width } = part;
    const layout: LayoutCode = { width, isFloat: width > 1 };
    const block = part.block ?? encodeBytes(planeLoops.own(), original, layout);
    blocks.push(block);
    const tensor =
      part.name === undefined ? undefined : { name: part.name, dtype: "BF16", shape: [original.length / 2] };
    const segment = {
      ...(tensor ? { tensor } : {}),
      start,
      length: original.length,
      layout,
      sha256: part.sha256 ?? sha256(original),
      at: Float64Array.of(at, at + block.length),
      hashes: BigUint64Array.of(hash64(block)),
    };
    at += block.length;
    start += original.length;
    return segment;
  });
  const index = { name: "file", byteLength: whole.length, sha256: fileSha ?? sha256(whole), segments };
  return Buffer.concat([headerOfArchive(), ...blocks, writeIndex(index, at)]);
}

/** Header, these bytes as blocks, this body as index, and a right footer. */
function signed(blocks: Uint8Array, body: Uint8Array | number[]): Uint8Array {
  const bytes = Uint8Array.from(body);
  const footer = Buffer.alloc(24);
  footer.writeBigUInt64LE(BigInt(16 + blocks.length), 0);
  footer.writeBigUInt64LE(BigInt(bytes.length), 8);
  footer.writeBigUInt64LE(hash64(bytes), 16);
  return Buffer.concat([headerOfArchive(), blocks, bytes, footer, Buffer.from("CBKEND\r\n")]);
}

const weights = Uint8Array.from({ length: 600 }, (_, i) =>
  i % 2 === 1 ? 61 + ((i * i) % 7 < 3 ? 0 : i % 3) : (i * 37) & 255,
);
const soundParts: Part[] = [
  { original: Buffer.from("a header of text, text, text"), width: 1 },
  { original: weights, width: 2, name: "layer.weight" },
  { original: new Uint8Array(64), width: 4 },
];
const sound = archiveOf(soundParts);
const footerAt = sound.length - 32;

const changed = (at: number, ...bytes: number[]): Uint8Array => {
  const copy = Uint8Array.from(sound);
  copy.set(bytes, at);
  return copy;
};
const u64 = (value: bigint): number[] => Array.from({ length: 8 }, (_, k) => Number((value >> BigInt(8 * k)) & 255n));

const digest = [...Buffer.from(sha256(new Uint8Array(0)), "hex")];
const nothing = [0, 0, ...digest, 0]; // no name, no bytes, no base
const segment = (length: number[], width = 1, ...blocks: number[]): number[] => [
  0,
  ...length,
  ...digest,
  width,
  ...blocks,
];
const hash = new Array<number>(8).fill(0);
const none = new Uint8Array(0);
const raw5 = Uint8Array.of(0, 1, 2, 3, 4, 5);

/** One segment of `n` bytes whose one block is `block`. */
const block = (n: number, width: 1 | 2 | 4 | 8, ...bytes: number[]): Uint8Array =>
  archiveOf([{ original: new Uint8Array(n), width, block: Uint8Array.from(bytes) }]);
const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
/** A block of 400 bytes, one Huffman plane with that part. */
const huffman = (...part: number[]): Uint8Array => block(400, 1, 1, 2, ...u32(part.length), ...part);
const sizes = (a: number, b: number, c: number): number[] => [...u32(a), ...u32(b), ...u32(c)];
/** A block of 40,000 bytes, one plane of two parts. */
const parts = (...bytes: number[]): Uint8Array => block(40_000, 1, 1, 3, ...u32(bytes.length), ...bytes);
/** A block of 400 bytes, one range-coded plane. */
const range = (...bytes: number[]): Uint8Array => block(400, 1, 1, 4, ...u32(bytes.length), ...bytes);
const states = [...u32(2 ** 16), ...u32(2 ** 16), ...u32(2 ** 16), ...u32(2 ** 16)];
const text = (word: string): number[] => [word.length, ...Buffer.from(word)];
/** One tensor of 4 bytes against a base of 10. */
const based = (dtype: string, there: string, start: number, layout: number): Uint8Array =>
  signed(raw5, [
    ...[0, 4, ...digest, 1, ...text("base"), 10, ...digest, 1],
    ...[2, ...text("w"), ...text(dtype), 1, 1, ...text(there), start, 4, ...digest, layout, 5, ...hash],
  ]);
const stream = new Array<number>(13).fill(0); // 100 codes of one bit, and padding
const four = [...stream, ...stream, ...stream, ...stream];

const cases: [string, Uint8Array][] = [
  ["nothing", none],
  ["a header alone", sound.subarray(0, 16)],
  ["47 bytes", sound.subarray(0, 47)],
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((i): [string, Uint8Array] => [`another byte ${i} of the magic`, changed(i, 0x41)]),
  ["version 0", changed(8, 0)],
  ["version 3", changed(8, 3)],
  ["version 2^24 + 1", changed(11, 1)],
  ...[12, 13, 14, 15].map((i): [string, Uint8Array] => [`byte ${i} set`, changed(i, 1)]),
  ...[0, 1, 2, 3, 4, 5, 6, 7].map((i): [string, Uint8Array] => [
    `another byte ${i} of the end`,
    changed(footerAt + 24 + i, 0),
  ]),
  ["the index inside the header", changed(footerAt, ...u64(8n))],
  ["the index beyond the file", changed(footerAt, ...u64(2n ** 40n))],
  ["the index at 2^64 − 1", changed(footerAt, ...u64(2n ** 64n - 1n))],
  ["an index of 2^63 bytes", changed(footerAt + 8, ...u64(2n ** 63n))],
  [
    "an index and its place that wrap around",
    changed(footerAt, ...u64(2n ** 64n - 16n), ...u64(BigInt(footerAt) + 16n)),
  ],
  ["another hash of the index", changed(footerAt + 16, 0, 0, 0, 0)],
  ["an empty index", signed(none, [])],
  ["a name longer than the index", signed(none, [200, 1, 65])],
  ["a name above the limit", signed(none, [0x81, 0x80, 0x04, 65])],
  ["a name that is no UTF-8", signed(none, [1, 0xff, 0, ...digest, 0, 0])],
  ["a varint that does not end", signed(none, new Array<number>(40).fill(0xff))],
  ["a varint with zeros behind it", signed(none, [0x80, 0, 0, ...digest, 0, 0])],
  ["a size beyond 2^53", signed(none, [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, ...digest, 0, 0])],
  ["a SHA-256 cut short", signed(none, [0, 0, ...digest.slice(1)])],
  ["no number of segments", signed(none, nothing)],
  ["a billion segments", signed(none, [...nothing, 0x80, 0x94, 0xeb, 0xdc, 0x03])],
  ["one segment more than there are", signed(none, [...nothing, 1])],
  ["bytes behind the last segment", signed(none, [...nothing, 0, 0])],
  ["segments that miss the file's size", signed(none, [0, 5, ...digest, 0, 0])],
  ["a segment beyond the file", signed(none, [...nothing, 1, ...segment([1]), 2, ...hash])],
  ["segment kind 2", signed(none, [...nothing, 1, 2, 0, ...digest, 1])],
  ["elements of 3 bytes", signed(none, [...nothing, 1, ...segment([0], 3)])],
  ["elements of 0 bytes", signed(none, [...nothing, 1, ...segment([0], 0)])],
  ["elements of 16 bytes", signed(none, [...nothing, 1, ...segment([0], 16)])],
  ["elements that do not divide the segment", signed(raw5, [0, 5, ...digest, 0, 1, ...segment([5], 2, 6, ...hash)])],
  [
    "a petabyte of blocks",
    signed(none, [
      0,
      ...[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
      ...digest,
      0,
      1,
      ...segment([0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1], 1, 6, ...hash),
    ]),
  ],
  ["a block of no bytes", signed(none, [0, 5, ...digest, 0, 1, ...segment([5], 1, 0, ...hash)])],
  ["a block of one byte", signed(raw5.subarray(0, 1), [0, 5, ...digest, 0, 1, ...segment([5], 1, 1, ...hash)])],
  ["a block larger than raw", signed(raw5, [0, 5, ...digest, 0, 1, ...segment([5], 1, 7, ...hash)])],
  ["a block inside the index", signed(none, [0, 5, ...digest, 0, 1, ...segment([5], 1, 6, ...hash)])],
  [
    "bytes between blocks and index",
    signed(Buffer.concat([raw5, raw5]), [0, 5, ...digest, 0, 1, ...segment([5], 1, 6, ...hash)]),
  ],
  ["a block's hash cut short", signed(raw5, [0, 5, ...digest, 0, 1, ...segment([5], 1, 6, ...hash.slice(1))])],
  ["another hash of a block", signed(raw5, [0, 5, ...digest, 0, 1, ...segment([5], 1, 6, ...hash)])],
  ["a tensor's name longer than the index", signed(none, [...nothing, 1, 1, 250, 1, 65, ...digest, 1, 0])],
  ["65 dimensions", signed(none, [...nothing, 1, 1, 0, 0, 65, ...new Array<number>(65).fill(1), 0, ...digest, 1])],
  ["dimensions beyond the index", signed(none, [...nothing, 1, 1, 0, 0, 64, ...digest, 1])],
  ["another SHA-256 of a segment", archiveOf([{ original: weights, width: 2, sha256: sha256(none) }])],
  ["a block of method 2", block(40, 1, 2, 0, 0, 0, 0, 0, 0, 0)],
  ["a block of method 3 without a base", block(40, 1, 3, 0, 0, 0, 0, 0, 0, 0)],
  ["a block of method 7", block(40, 1, 7, 0, 0, 0, 0, 0, 0, 0)],
  ["a raw block that is too short", block(40, 1, 0, 1, 2, 3, 4, 5, 6, 7)],
  ["planes whose table ends early", block(40, 8, 1, 0, 0, 0, 0, 0, 0, 0)],
  ["a plane beyond the block", block(40, 1, 1, 0, ...u32(41), 1, 2)],
  ["a plane of 4 GB", block(40, 1, 1, 0, 255, 255, 255, 255, 1, 2)],
  ["a raw plane that is too short", block(40, 1, 1, 0, ...u32(3), 1, 2, 3)],
  ["a constant of two bytes", block(40, 1, 1, 1, ...u32(2), 1, 2)],
  ["a constant of no bytes", block(40, 1, 1, 1, ...u32(0), 1)],
  ["parts of a short plane", block(40, 1, 1, 3, ...u32(1), 1)],
  ["plane form 5", block(40, 1, 1, 5, ...u32(1), 1)],
  ["bytes behind the last plane", block(40, 1, 1, 1, ...u32(1), 0, 0)],
  ["Huffman codes of no bytes", block(400, 1, 1, 2, ...u32(0), 0)],
  ["symbols in the wrong order", huffman(9, 3, 0x11, ...sizes(13, 13, 13), ...four)],
  ["one symbol", huffman(3, 3, 1, ...sizes(13, 13, 13), ...four)],
  ["a code table beyond the plane", huffman(0, 255, 0x11, 0x11)],
  ["a first symbol without a code", huffman(3, 5, 0x10, 1, ...sizes(13, 13, 13), ...four)],
  ["a last symbol without a code", huffman(3, 4, 0x01, ...sizes(13, 13, 13), ...four)],
  ["a code of 12 bits", huffman(3, 4, 0xc1, ...sizes(13, 13, 13), ...four)],
  ["codes that leave room", huffman(3, 4, 0x21, ...sizes(13, 13, 13), ...four)],
  ["too many codes", huffman(3, 5, 0x11, 1, ...sizes(13, 13, 13), ...four)],
  ["padding in the code table", huffman(3, 5, 0x21, 0x12, ...sizes(13, 13, 13), ...four)],
  ["streams beyond the plane", huffman(3, 4, 0x11, ...sizes(13, 13, 99), ...four)],
  ["a stream of 4 GB", huffman(3, 4, 0x11, ...u32(-1), ...u32(13), ...u32(13), ...four)],
  ["a stream that is too short", huffman(3, 4, 0x11, ...sizes(12, 14, 13), ...four)],
  ["a stream that is too long", huffman(3, 4, 0x11, ...sizes(13, 13, 12), ...four)],
  ["a last stream that is too short", huffman(3, 4, 0x11, ...sizes(13, 13, 13), ...four.slice(1))],
  ["no parts", parts()],
  ["a part beyond the plane", parts(0, 255, 255)],
  ["a part whose header is cut", parts(1, 1, 0, 9, 1, 1)],
  ["one part too few", parts(1, 1, 0, 9)],
  ["one part too many", parts(1, 1, 0, 9, 1, 1, 0, 9, 1, 1, 0, 9)],
  ["parts within a part", parts(3, 1, 0, 9, 1, 1, 0, 9)],
  ["part form 5", parts(5, 1, 0, 9, 1, 1, 0, 9)],
  ["a raw part that is too short", parts(0, 1, 0, 9, 1, 1, 0, 9)],
  ["a range code of no bytes", range()],
  ["7 table bits", range(7, 3, 4, 0x40, 0x40, ...states)],
  ["15 table bits", range(15, 3, 4, 0x80, 0x80, 1, 0x80, 0x80, 1, ...states)],
  ["a range code of one symbol", range(8, 3, 3, 0x80, 2, ...states)],
  ["a range code with symbols in the wrong order", range(8, 4, 3, 0x80, 1, 0x80, 1, ...states)],
  ["places that end early", range(8, 3, 4, 0x80)],
  ["places of four bytes", range(8, 3, 4, 0x80, 0x80, 0x80, 1, 0x80, 1, ...states)],
  ["places with zeros behind them", range(8, 3, 4, 0x80, 0x81, 0, 0xff, 0, ...states)],
  ["no places for the first symbol", range(8, 3, 5, 0, 0x80, 1, 0x80, 1, ...states)],
  ["no places for the last symbol", range(8, 3, 5, 0x80, 1, 0x80, 1, 0, ...states)],
  ["too many places", range(8, 3, 4, 0x80, 2, 1, ...states)],
  ["places left over", range(8, 3, 4, 0x80, 1, 1, ...states)],
  ["states cut short", range(8, 3, 4, 0x80, 1, 0x80, 1, ...states.slice(1))],
  ["a state of zero", range(8, 3, 4, 0x80, 1, 0x80, 1, ...u32(0), ...states.slice(4))],
  ["words left over", range(8, 3, 4, 0x80, 1, 0x80, 1, ...states, ...new Array<number>(60).fill(0))],
  ["no words", range(8, 3, 4, 0x80, 1, 0x80, 1, ...states)],
  ["whether there is a base: 2", signed(none, [0, 0, ...digest, 2, 0])],
  ["a base cut short", signed(none, [0, 0, ...digest, 1, 1, 65, 9, ...digest.slice(1)])],
  ["a tensor against no base", signed(none, [...nothing, 1, 2, 0, 0, 0, 3, 70, 51, 50, 0, 0, ...digest, 20])],
  ["a tensor beyond its base", based("F32", "F32", 8, 20)],
  ["a type that is not made from the base's", based("I32", "F32", 0, 4)],
  ["blocks of an unknown type", signed(none, [...nothing, 1, 0, 0, ...digest, 64, 250, 1])],
  ["blocks of no type", signed(none, [...nothing, 1, 0, 0, ...digest, 64])],
  ["bytes that are no whole blocks", signed(raw5, [0, 5, ...digest, 0, 1, 0, 5, ...digest, 64, 2, 6, ...hash])],
  ["padding of a stream", huffman(3, 4, 0x11, ...sizes(13, 13, 13), ...four.slice(0, -1), 0x80)],
];

test(`there are ${cases.length} cases, at least 60`, () => expect(cases.length).toBeGreaterThanOrEqual(60));

test("the sound archive reads", async () => {
  expect((await contents(sound)).length).toBe(28 + 600 + 64);
  const codes = huffman(3, 4, 0x11, ...sizes(13, 13, 13), ...four);
  await expect(contents(codes)).rejects.toThrow("another SHA-256"); // decodes to threes, which are no zeros
});

test.each(cases)("%s", async (_, archive) => {
  const error = await contents(archive).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(FormatError);
  const { offset, message } = error as FormatError;
  expect(offset).toBeGreaterThanOrEqual(0);
  expect(offset).toBeLessThanOrEqual(archive.length);
  expect(message).not.toContain("undefined");
});

test("every turned bit and every cut of an archive is found", async () => {
  let found = 0;
  let tried = 0;
  const expectRefusal = async (bytes: Uint8Array): Promise<void> => {
    tried++;
    await contents(bytes).catch((error: unknown) => (found += Number(error instanceof FormatError)));
  };
  for (let bit = 0; bit < sound.length * 8; bit++)
    await expectRefusal(changed(bit >> 3, sound[bit >> 3] ^ (1 << (bit & 7))));
  for (let length = 0; length < sound.length; length++) await expectRefusal(sound.subarray(0, length));
  // the same over a larger file, at seeded places
  const random = new Random(20_261_124);
  const large = archiveOf([
    { original: Uint8Array.from({ length: 40_000 }, () => random.below(9) * random.below(5)), width: 4 },
  ]);
  while (tried < 10_000) {
    const copy = Uint8Array.from(large);
    copy[random.below(copy.length)] ^= 1 << random.below(8);
    await expectRefusal(tried % 2 === 0 ? copy : large.subarray(0, random.below(large.length)));
  }
  expect([found, tried]).toEqual([tried, tried]);
}, 120_000);

const seed = Number(process.env.CODEBOOK_FUZZ_SEED ?? 20_261_124);
test(`20,000 mutants, their hashes made right again: the same bytes or a FormatError (seed ${seed})`, async () => {
  const random = new Random(seed);
  const original = await contents(sound);
  const indexAt = Number(Buffer.from(sound).readBigUInt64LE(footerAt));
  let refused = 0;
  for (let i = 0; i < 20_000; i++) {
    const blocks = Uint8Array.from(sound.subarray(16, indexAt));
    let body = Uint8Array.from(sound.subarray(indexAt, footerAt));
    for (let changes = 1 + random.below(3); changes > 0; changes--) {
      const target = random.below(2) === 0 ? blocks : body;
      const at = random.below(target.length);
      const kind = random.below(4);
      if (kind === 0) target[at] ^= 1 << random.below(8);
      else if (kind === 1) target[at] = random.below(256);
      else if (kind === 2) target[at] = [0, 1, 127, 128, 255][random.below(5)];
      else if (target === body)
        body = Uint8Array.from([...body.subarray(0, at), random.below(256), ...body.subarray(at + random.below(3))]);
    }
    try {
      resignBlocks(blocks, body);
      const read = await contents(signed(blocks, body));
      if (Buffer.compare(read, original) !== 0)
        throw new Error(`mutant ${i}: other bytes came out, and nobody noticed`);
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(10_000);
}, 120_000);

/** Puts the blocks' new hashes where the old ones stand in the index, as far as they still stand there. */
function resignBlocks(blocks: Uint8Array, body: Uint8Array): void {
  const indexAt = Number(Buffer.from(sound).readBigUInt64LE(footerAt));
  const old = sound.subarray(16, indexAt);
  for (const { from, to } of blockRanges) {
    const place = Buffer.from(body.buffer, body.byteOffset, body.length).indexOf(
      Buffer.from(u64(hash64(old.subarray(from, to)))),
    );
    if (place >= 0) body.set(u64(hash64(blocks.subarray(from, to))), place);
  }
}

const blockRanges = (() => {
  let from = 0;
  return soundParts.map(({ original, width }) => {
    const range = { from, to: from + encodeBytes(planeLoops.own(), original, { width, isFloat: width > 1 }).length };
    from = range.to;
    return range;
  });
})();
