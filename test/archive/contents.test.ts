import {
  blockBytesIn,
  blockCount,
  headerOfArchive,
  tensorsOf,
  writeIndex,
  type Segment,
} from "../../kernel/archive/contents";
import { plainBytes } from "../../kernel/encode/byte-planes/block-layout";
import { hashBytes64 } from "../../kernel/encode/byte-planes/hash";

const zeros = "00".repeat(32);
const ones = "11".repeat(32);
const segment: Segment = {
  tensor: { name: "w", dtype: "F16", shape: [300, 1] },
  start: 0,
  length: 600,
  layout: { width: 2, isFloat: true },
  sha256: ones,
  at: Float64Array.of(16, 216),
  hashes: BigUint64Array.of(0x0102030405060708n),
};

test("the header is the magic, version 2 and zeros", () => {
  expect(Buffer.from(headerOfArchive()).toString("hex")).toBe("8943424b0d0a1a0a0200000000000000");
});

test("the index is as the table says, byte for byte", () => {
  const index = Buffer.from(writeIndex({ name: "m", byteLength: 600, sha256: zeros, segments: [segment] }, 216));
  const body = [
    "016d", // "m"
    "d804", // 600
    zeros,
    "00", // no base
    "01", // one segment
    "01", // a tensor
    "0177", // "w"
    "03463136", // "F16"
    "02ac0201", // rank 2, 300, 1
    "d804", // 600 bytes
    ones,
    "12", // floats of two bytes
    "c801", // 200 stored bytes
    "0807060504030201", // their hash, low byte first
  ].join("");
  expect(index.subarray(0, index.length - 32).toString("hex")).toBe(body);
  const footer = index.subarray(index.length - 32);
  expect(footer.readBigUInt64LE(0)).toBe(216n);
  expect(footer.readBigUInt64LE(8)).toBe(BigInt(body.length / 2));
  expect(footer.readBigUInt64LE(16)).toBe(hashBytes64(Buffer.from(body, "hex")));
  expect(footer.subarray(24).toString("hex")).toBe("43424b454e440d0a");
});

test("a base, and a tensor against it, stand in the index with their places", () => {
  const base = { name: "b", byteLength: 1000, sha256: ones };
  const index = writeIndex(
    {
      name: "m",
      byteLength: 600,
      sha256: zeros,
      base,
      segments: [{ ...segment, base: { dtype: "F32", start: 8, length: 1200 } }],
    },
    216,
  );
  const text = Buffer.from(index).toString("hex");
  expect(text).toContain(`01${"0162"}e807${ones}0102`);
  expect(text).toContain(`02ac0201${"03463332"}08d804`);
});

test("blocks are 512 KiB or the whole records in it; in version 1 they are 262,144 elements", () => {
  const floats = { start: 0, length: 3_000_000, layout: { width: 4, isFloat: true } as const };
  expect([blockBytesIn(2, floats), blockCount(2, floats)]).toEqual([524_288, 6]);
  expect([blockBytesIn(1, floats), blockCount(1, floats)]).toEqual([1_048_576, 3]);
  expect(blockBytesIn(2, { ...floats, layout: { block: "Q6_K" } })).toBe(Math.floor(524_288 / 210) * 210);
  expect(blockCount(2, { ...floats, length: 0 })).toBe(0);
});

test("tensors are counted, what lies between is not", () => {
  expect(tensorsOf([segment, { start: 0, length: 1, layout: plainBytes }, segment])).toBe(2);
});
