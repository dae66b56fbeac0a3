import {
  archiveMagic,
  headerOfArchive,
  writeIndex,
  type ArchiveIndex,
  type Segment,
} from "../../kernel/archive/contents";
import { readIndex } from "../../kernel/archive/contents-reader";
import { memorySource } from "../../kernel/bytes/source";
import { hashBytes64 } from "../../kernel/encode/byte-planes/hash";
import { FormatError } from "../../kernel/errors";

const digest = "ab".repeat(32);
const segment = (more: Partial<Segment> = {}): Segment => ({
  start: 0,
  length: 600,
  layout: { width: 1, isFloat: false },
  sha256: digest,
  at: Float64Array.of(16, 216),
  hashes: BigUint64Array.of(5n),
  ...more,
});
const base = { name: "b", byteLength: 5000, sha256: digest };

/** Header, as many bytes as blocks are said to take, index and footer. */
function archive(segments: Segment[], more: Partial<ArchiveIndex> = {}): Buffer {
  const indexAt = segments.length ? segments[segments.length - 1].at[1] : 16;
  const index = writeIndex({ name: "m", byteLength: 600, sha256: digest, segments, ...more }, indexAt);
  return Buffer.concat([headerOfArchive(), Buffer.alloc(indexAt - 16), index]);
}
const read = (bytes: Uint8Array) => readIndex(memorySource(new Uint8Array(bytes), "a.codebook"));

/** The archive with its index's hash made right again. */
function rehashed(bytes: Buffer): Buffer {
  const footer = bytes.length - 32;
  const at = Number(bytes.readBigUInt64LE(footer));
  bytes.writeBigUInt64LE(hashBytes64(new Uint8Array(bytes.subarray(at, footer))), footer + 16);
  return bytes;
}

describe("an index", () => {
  test("comes back as it was written", async () => {
    const tensor = { name: "wä", dtype: "F16", shape: [300, 1] };
    const one = segment({ tensor, layout: { width: 2, isFloat: true } });
    expect(await read(archive([one]))).toEqual({
      version: 2,
      name: "m",
      byteLength: 600,
      sha256: digest,
      segments: [one],
    });
    const against = { ...one, base: { dtype: "F32", start: 8, length: 1200 } };
    expect(await read(archive([against], { base }))).toMatchObject({ base, segments: [against] });
    expect(await read(archive([], { byteLength: 0 }))).toMatchObject({ segments: [] });
  });

  test("of more than 4 KiB comes back too", async () => {
    const name = "w".repeat(20_000);
    const one = segment({ tensor: { name, dtype: "F16", shape: [300, 1] }, layout: { width: 2, isFloat: true } });
    expect((await read(archive([one]))).segments).toEqual([one]);
  });

  test.each<[string, Buffer, RegExp]>([
    ["that is too short", Buffer.from(archiveMagic), /the file ends after 8 bytes; expected 48 or more/],
    [
      "of another beginning",
      Buffer.concat([Buffer.from([0]), archive([segment()]).subarray(1)]),
      /byte 0: byte value 0; expected 137/,
    ],
    ["cut at the end", archive([segment()]).subarray(0, -1), /the file was cut short/],
    [
      "whose segments end before the file",
      archive([segment()], { byteLength: 601 }),
      /segments of 600 bytes; expected 601/,
    ],
    [
      "whose segment is longer than the file",
      archive([segment()], { byteLength: 599 }),
      /a segment's size is above the limit/,
    ],
    [
      "with a tensor that lies past its base",
      archive(
        [
          segment({
            tensor: { name: "w", dtype: "F16", shape: [300] },
            base: { dtype: "F16", start: 4500, length: 600 },
          }),
        ],
        { base },
      ),
      /600 bytes at 4500 of the base; expected at most 5000/,
    ],
    [
      "with a tensor made from a type that it cannot be made from",
      archive(
        [
          segment({
            tensor: { name: "w", dtype: "I16", shape: [300] },
            base: { dtype: "F32", start: 0, length: 1200 },
          }),
        ],
        { base },
      ),
      /I16 from F32/,
    ],
    [
      "with a tensor against a base that there is not",
      archive([
        segment({ tensor: { name: "w", dtype: "F16", shape: [300] }, base: { dtype: "F16", start: 0, length: 600 } }),
      ]),
      /segment kind 2; expected 0 to 1/,
    ],
    [
      "whose records do not divide its bytes",
      archive([segment({ layout: { width: 8, isFloat: true }, length: 601, start: 0 })], { byteLength: 601 }),
      /records of 8 bytes in 601/,
    ],
    [
      "whose block is larger than it can be",
      archive([segment({ at: Float64Array.of(16, 16 + 700) })]),
      /a block's size is above the limit/,
    ],
  ])("%s is refused", async (_, bytes, message) => {
    await expect(read(bytes)).rejects.toThrow(FormatError);
    await expect(read(bytes)).rejects.toThrow(message);
  });

  test("of a newer version says so", async () => {
    const bytes = archive([segment()]);
    bytes[8] = 4;
    await expect(read(bytes)).rejects.toThrow("version 4; expected version 1 to 3; a newer Codebook may read it");
    bytes[8] = 3;
    await expect(read(bytes)).rejects.toThrow("this is a compressed model; expected an archive of a file");
  });

  test("with any one bit changed is refused", async () => {
    const sound = archive([segment({ tensor: { name: "w", dtype: "F16", shape: [300] } })]);
    for (let at = 216; at < sound.length; at++) {
      const bytes = Buffer.from(sound);
      bytes[at] ^= 1 << (at % 8);
      await expect(read(bytes)).rejects.toThrow(FormatError);
    }
  });

  test("that spells a number longer than needed is refused, hash or no hash", async () => {
    const sound = archive([segment()]);
    const at = 216 + 2; // The file's size, 600 = d8 04.
    const longer = Buffer.concat([sound.subarray(0, at), Buffer.from([0xd8, 0x84, 0x00]), sound.subarray(at + 2)]);
    const footer = longer.length - 32;
    longer.writeBigUInt64LE(longer.readBigUInt64LE(footer + 8) + 1n, footer + 8);
    await expect(read(rehashed(longer))).rejects.toThrow("has zeros behind it; expected the shortest form");
  });

  test("with bytes behind the last segment is refused", async () => {
    const sound = archive([segment()]);
    const longer = Buffer.concat([sound.subarray(0, -32), Buffer.from([0]), sound.subarray(-32)]);
    const footer = longer.length - 32;
    longer.writeBigUInt64LE(longer.readBigUInt64LE(footer + 8) + 1n, footer + 8);
    await expect(read(rehashed(longer))).rejects.toThrow("1 bytes follow the last segment");
  });
});
