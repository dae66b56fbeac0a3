import { fields, ggufFile, pair } from "../formats/files";
import type { GgufTensor } from "../formats/files";

/** Hand-made GGUF files, each wrong in one way: the classes of llama.cpp's own tests and of the published holes of GGUF readers (named where
 *  they have a number). */

/** What, the file, the byte that the error must name, and what it must say. */
export type Hostile = readonly [what: string, file: Uint8Array, offset: number, says: RegExp];

const header = 24;
const huge = 2n ** 64n - 1n;
/** One pair with key "k", type and value; its type is at byte 33 and its value at 37. */
const one = (type: number, ...value: Parameters<typeof fields>): Uint8Array =>
  ggufFile({ pairs: [pair("k", type, ...value)] });
const typeAt = header + 9;
const valueAt = typeAt + 4;
/** One tensor "w": rank at 33, sizes from 37 on. */
const tensor = (change: Partial<GgufTensor>, dataBytes = 128): Uint8Array =>
  ggufFile({ tensors: [{ name: "w", sizes: [32], type: 0, offset: 0, ...change }], dataBytes });
const rankAt = header + 9;
const sizesAt = rankAt + 4;
/** A sound file. */
export const whole = tensor({});
/** A sound file of two tensors, unless the second is changed. */
export const two = (second: Partial<GgufTensor>, dataBytes = 256): Uint8Array =>
  ggufFile({
    tensors: [
      { name: "w", sizes: [32], type: 0, offset: 0 },
      { name: "v", sizes: [32], type: 0, offset: 128, ...second },
    ],
    dataBytes,
  });
const infoBytes = 8 + 1 + 4 + 8 + 4 + 8;
const alignment = (value: number, type = 4): Uint8Array =>
  ggufFile({ pairs: [pair("general.alignment", type, [type === 10 ? "u64" : "u32", value])] });
const alignmentTypeAt = header + 8 + "general.alignment".length;

export const hostileGguf: Hostile[] = [
  // the head
  ["an empty file", new Uint8Array(0), 0, /ends within the magic/],
  ["three bytes", Buffer.from("GGU"), 0, /3 of 8 bytes/],
  ["another magic", ggufFile({ magic: "GGUX" }), 0, /begins with "GGUX"/],
  ["a magic backwards", ggufFile({ magic: "FUGG" }), 0, /begins with "FUGG"/],
  ["version 0", ggufFile({ version: 0 }), 4, /version is 0/],
  ["version 1", ggufFile({ version: 1 }), 4, /version is 1.*2 or 3/],
  ["version 4", ggufFile({ version: 4 }), 4, /version is 4/],
  ["version 2^32 − 1", ggufFile({ version: 0xffffffff }), 4, /version is 4294967295/],
  ["big-endian", ggufFile({ version: 0x03000000 }), 4, /big-endian/],
  ["no counts", whole.slice(0, 8), 8, /ends within the number of tensors/],
  ["half a count", ggufFile({}).slice(0, 20), 16, /ends within the number of keys/],
  ["2^64 − 1 tensors", ggufFile({ tensorCount: huge }), 8, /tensors is 18446744073709551615.*at most/],
  ["2^63 tensors", ggufFile({ tensorCount: 2n ** 63n }), 8, /at most/],
  ["1,000,001 tensors", ggufFile({ tensorCount: 1_000_001 }), 8, /at most 1000000/],
  [
    "more tensors than bytes",
    ggufFile({ tensorCount: 3, dataBytes: 40 }),
    8,
    /number of tensors is 3, at least 24 bytes each/,
  ],
  ["2^64 − 1 keys", ggufFile({ keyCount: huge }), 16, /at most 65536/],
  ["a hundred million keys in 44 bytes", ggufFile({ keyCount: 100_000_000, dataBytes: 12 }), 16, /at most 65536/],
  ["more keys than bytes", ggufFile({ keyCount: 3, dataBytes: 30 }), 16, /keys is 3, at least 14 bytes each/],
  [
    "one key too many",
    ggufFile({ keyCount: 2, pairs: [pair("k", 4, ["u32", 1])], dataBytes: 8 }),
    header + 17,
    /key 1 is ""/,
  ],
  // keys
  [
    "a key of 2^64 − 1 bytes",
    ggufFile({ keyCount: 1, pairs: [fields(["u64", huge], ["u64", 0])] }),
    header,
    /length of key 0 is 18446744073709551615/,
  ],
  [
    "a key past the end",
    ggufFile({ keyCount: 1, pairs: [fields(["u64", 1000], ["u64", 0])] }),
    header,
    /length of key 0 is 1000.*bytes that are left/,
  ],
  ["a key of 65,536 bytes", ggufFile({ pairs: [pair("k".repeat(65_536), 4, ["u32", 1])] }), header, /at most 65535/],
  ["an empty key", ggufFile({ pairs: [pair("", 4, ["u32", 1], ["u32", 0])] }), header, /key 0 is ""/],
  ["a NUL in a key", ggufFile({ pairs: [pair("a\0b", 4, ["u32", 1])] }), header, /without NUL/],
  [
    "a key that is no UTF-8",
    ggufFile({ pairs: [pair(Uint8Array.of(0x61, 0xff), 4, ["u32", 1])] }),
    header + 9,
    /key 0 is not UTF-8/,
  ],
  [
    "the same key twice",
    ggufFile({ pairs: [pair("k", 4, ["u32", 1]), pair("k", 4, ["u32", 2])] }),
    header + 17,
    /"k" comes twice/,
  ],
  ["__proto__ as a key", ggufFile({ pairs: [pair("__proto__", 4, ["u32", 1])] }), header, /__proto__/],
  // values
  ["type 13", one(13, ["u64", 0]), typeAt, /type of "k" is 13.*0 to 12/],
  ["type 2^32 − 1", one(0xffffffff, ["u64", 0]), typeAt, /type of "k" is 4294967295/],
  ["no value", one(4, ["u8", 1]).slice(0, valueAt + 1), valueAt, /ends within "k": 1 of 4 bytes/],
  ["no type", ggufFile({ keyCount: 1, pairs: [fields(["string", "kkkkkk"])] }).slice(0, 38), 38, /type of "kkkkkk"/],
  ["the boolean 2", one(7, ["u8", 2]), valueAt, /boolean 2.*0 or 1/],
  ["a string of 2^64 − 1 bytes", one(8, ["u64", huge]), valueAt, /length of "k" is 18446744073709551615/],
  ["a string of 2^63 bytes", one(8, ["u64", 2n ** 63n]), valueAt, /at most 16777216/],
  ["a string past the end", one(8, ["u64", 100], ["u8", 65]), valueAt, /no more than the \d+ bytes that are left/],
  [
    "a string that is no UTF-8",
    one(8, ["u64", 3], ["bytes", Uint8Array.of(0x41, 0xc0, 0x80)]),
    valueAt + 9,
    /not UTF-8/,
  ],
  ["a list of lists", one(9, ["u32", 9], ["u64", 1], ["u32", 4], ["u64", 0]), valueAt, /list of lists/],
  ["a list of type 13", one(9, ["u32", 13], ["u64", 1]), valueAt, /element type of "k" is 13/],
  ["a list of 2^64 − 1", one(9, ["u32", 4], ["u64", huge]), valueAt + 4, /elements of "k" is 18446744073709551615/],
  ["a list of 2^30 in a small file", one(9, ["u32", 0], ["u64", 2 ** 30]), valueAt + 4, /at most 67108864/],
  [
    "a list of 2^62 eight-byte numbers, whose size wraps to 0",
    one(9, ["u32", 10], ["u64", 2n ** 62n]),
    valueAt + 4,
    /at most/,
  ],
  ["a list longer than the file", one(9, ["u32", 4], ["u64", 1000]), valueAt + 4, /at least 4 bytes each/],
  ["a list of strings longer than the file", one(9, ["u32", 8], ["u64", 100]), valueAt + 4, /at least 8 bytes each/],
  [
    "a string in a list past the end",
    one(9, ["u32", 8], ["u64", 2], ["string", "a"], ["u64", 500], ["u8", 0]),
    valueAt + 21,
    /string 1 of "k" has 500 bytes/,
  ],
  [
    "a string of 2^64 − 1 bytes in a list",
    one(9, ["u32", 8], ["u64", 1], ["u64", huge]),
    valueAt + 12,
    /string 0 of "k" has 18446744073709551615 bytes/,
  ],
  [
    "a string in a list that is no UTF-8",
    one(9, ["u32", 8], ["u64", 1], ["u64", 1], ["bytes", Uint8Array.of(0x80)]),
    valueAt + 20,
    /string 0 of "k" is not UTF-8/,
  ],
  [
    "the boolean 255 in a list",
    one(9, ["u32", 7], ["u64", 3], ["u8", 0], ["u8", 1], ["u8", 255]),
    valueAt + 14,
    /boolean 255/,
  ],
  // alignment
  ["alignment 0", alignment(0), alignmentTypeAt + 4, /alignment is 0.*power of two/],
  ["alignment 4", alignment(4), alignmentTypeAt + 4, /alignment is 4/],
  ["alignment 33", alignment(33), alignmentTypeAt + 4, /alignment is 33/],
  ["alignment 2^31", alignment(2 ** 31), alignmentTypeAt + 4, /power of two from 8 to 1048576/],
  ["alignment 2^32 − 1", alignment(2 ** 32 - 1), alignmentTypeAt + 4, /alignment is 4294967295/],
  ["alignment as a 64-bit number", alignment(32, 10), alignmentTypeAt, /no uint32/],
  ["alignment as an int32", alignment(32, 5), alignmentTypeAt, /no uint32/],
  // tensors
  [
    "a tensor's name of 2^64 − 1 bytes",
    ggufFile({ tensorCount: 1, pairs: [fields(["u64", huge], ["u64", 0], ["u64", 0])], keyCount: 0 }),
    header,
    /name of tensor 0 is 18446744073709551615/,
  ],
  ["a tensor's name of 257 bytes", tensor({ name: "x".repeat(257) }), header, /at most 256/],
  ["a tensor's name that is no UTF-8", tensor({ name: Uint8Array.of(0xfe) }), header + 8, /not UTF-8/],
  ["a NUL in a tensor's name", tensor({ name: "a\0" }), header, /without NUL/],
  ["__proto__ as a tensor's name", tensor({ name: "__proto__" }), header, /safe as a key/],
  ["the same tensor twice", two({ name: "w" }), header + infoBytes, /"w" comes twice/],
  ["five dimensions", tensor({ sizes: [32, 1, 1, 1, 1] }), rankAt, /5 dimensions.*at most 4/],
  [
    "2^32 − 1 dimensions",
    Buffer.concat([whole.slice(0, rankAt), fields(["u32", 0xffffffff]), whole.slice(rankAt + 4)]),
    rankAt,
    /4294967295 dimensions/,
  ],
  ["a size of 2^64 − 1", tensor({ sizes: [huge] }), sizesAt, /at most/],
  ["a size of 2^63", tensor({ sizes: [2n ** 63n] }), sizesAt, /sizes \[9223372036854775808\]/],
  ["sizes whose product wraps to 0", tensor({ sizes: [2n ** 32n, 2n ** 32n] }), sizesAt, /at most/],
  ["sizes whose bytes wrap to 4 MB", tensor({ sizes: [2n ** 22n, 2n ** 40n + 1n] }), sizesAt, /at most/],
  ["sizes that overflow before a zero", tensor({ sizes: [2n ** 40n, 2n ** 40n, 0n] }), sizesAt, /at most/],
  ["a zero beside a size of 2^64 − 1", tensor({ sizes: [0n, huge] }), sizesAt, /at most/],
  ["a type that was removed", tensor({ type: 4 }), sizesAt + 8, /Q4_2, which ggml removed/],
  ["type 999", tensor({ type: 999 }), sizesAt + 8, /type 999, which is not known/],
  ["type 2^32 − 1", tensor({ type: 0xffffffff }), sizesAt + 8, /type 4294967295/],
  ["rows of 31 in Q4_0", tensor({ sizes: [31], type: 2 }), sizesAt, /rows of 31.*multiple of 32/],
  ["a scalar in Q4_0", tensor({ sizes: [], type: 2 }), sizesAt, /rows of 1.*multiple of 32/],
  ["rows of 32 in Q4_K", tensor({ sizes: [32], type: 12 }), sizesAt, /multiple of 256/],
  ["rows of 8 though the product fits a block", tensor({ sizes: [8, 4], type: 8 }), sizesAt, /rows of 8/],
  ["a tensor that does not begin at 0", tensor({ offset: 32 }, 160), sizesAt + 12, /begins at 32 of the data.*0/],
  ["an offset of 2^64 − 32", tensor({ offset: huge - 31n }), sizesAt + 12, /at most 9007199254740991/],
  ["an offset that is not aligned", two({ offset: 129 }), header + 2 * infoBytes - 8, /begins at 129.*128/],
  ["an overlap", two({ offset: 0 }), header + 2 * infoBytes - 8, /begins at 0 of the data.*128/],
  ["a hole", two({ offset: 160 }, 300), header + 2 * infoBytes - 8, /begins at 160/],
  ["a tensor past the end of the file", tensor({}, 127), sizesAt + 12, /ends at byte/],
  ["a terabyte in a small file", tensor({ sizes: [2 ** 38] }), sizesAt + 12, /ends at byte/],
  ["a file that ends within the tensors' list", whole.slice(0, sizesAt + 3), sizesAt, /ends within tensor "w"/],
  ["bytes behind the last tensor", tensor({}, 129), 64 + 32 + 128 - 32, /1 bytes follow the last tensor/],
  [
    "a string of 2^32 + 3 bytes, 3 in 32 bits (CVE-2025-49847)",
    one(8, ["u64", 2n ** 32n + 3n], ["bytes", "abc"]),
    valueAt,
    /length of "k" is 4294967299/,
  ],
  [
    "a string of 2^64 − 2, which grows to 0 with its end (CVE-2024-23496)",
    one(8, ["u64", huge - 1n]),
    valueAt,
    /length of "k" is 18446744073709551614/,
  ],
  [
    "lists of lists a thousand deep",
    one(9, ["bytes", Buffer.concat(Array.from({ length: 1000 }, () => fields(["u32", 9], ["u64", 1])))]),
    valueAt,
    /list of lists/,
  ],
  [
    "sizes that add up past 2^63 (CVE-2025-53630)",
    ggufFile({
      tensors: Array.from({ length: 4 }, (_, i) => ({
        name: `w${i}`,
        sizes: [2 ** 49],
        type: 0,
        offset: BigInt(i) * 2n ** 51n,
      })),
    }),
    header + 3 * (infoBytes + 1) + infoBytes + 1 - 8,
    /add up past 2\^53/,
  ],
  ["2^53 elements of one byte (CVE-2026-33298)", tensor({ sizes: [2n ** 53n], type: 24 }), sizesAt, /at most/],
  [
    "an offset that wraps with its size (CVE-2026-7482)",
    two({ offset: huge - 127n }),
    header + 2 * infoBytes - 8,
    /at most/,
  ],
  [
    "offsets made for another alignment",
    ggufFile({
      pairs: [pair("general.alignment", 4, ["u32", 64])],
      tensors: [
        { name: "w", sizes: [8], type: 0, offset: 0 },
        { name: "v", sizes: [8], type: 0, offset: 32 },
      ],
      alignment: 64,
      dataBytes: 96,
    }),
    alignmentTypeAt + 8 + 2 * infoBytes - 8,
    /begins at 32 of the data.*64/,
  ],
  ["alignment 1", alignment(1), alignmentTypeAt + 4, /alignment is 1/],
  [
    "alignment twice",
    ggufFile({ pairs: [pair("general.alignment", 4, ["u32", 32]), pair("general.alignment", 4, ["u32", 64])] }),
    alignmentTypeAt + 8,
    /"general.alignment" comes twice/,
  ],
  [
    "alignment as text",
    ggufFile({ pairs: [pair("general.alignment", 8, ["string", "32"])] }),
    alignmentTypeAt,
    /no uint32/,
  ],
  [
    "split.count that is text",
    ggufFile({ pairs: [pair("split.count", 8, ["string", "2"])] }),
    header,
    /split.count is "2"/,
  ],
  ["split.count −1", ggufFile({ pairs: [pair("split.count", 5, ["u32", 0xffffffff])] }), header, /split.count is -1/],
];
