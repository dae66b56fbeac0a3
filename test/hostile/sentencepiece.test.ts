import { memorySource, type ByteSource } from "../../kernel/bytes/source";
import { readSentencePiece } from "../../kernel/llama-cpp/sentencepiece-model";

/** A varint of protobuf, of `size` bytes at least. */
function varint(value: bigint | number, size = 1): Buffer {
  const bytes: number[] = [];
  for (let left = BigInt(value); left > 0n || bytes.length < size; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  bytes[bytes.length - 1] &= 0x7f;
  return Buffer.from(bytes);
}
const key = (number: number, wire: number): Buffer => varint(number * 8 + wire);
const bytes = (number: number, content: Uint8Array | string): Buffer =>
  Buffer.concat([key(number, 2), varint(Buffer.byteLength(content)), Buffer.from(content as string)]);
const whole = (number: number, value: bigint | number): Buffer => Buffer.concat([key(number, 0), varint(value)]);
const float = (number: number, value: number): Buffer => {
  const four = Buffer.alloc(4);
  four.writeFloatLE(value);
  return Buffer.concat([key(number, 5), four]);
};
const piece = (...parts: Uint8Array[]): Buffer => bytes(1, Buffer.concat(parts));
const sound = piece(bytes(1, "▁a"), float(2, -1.5), whole(3, 1));

const read = (content: Uint8Array) => readSentencePiece(memorySource(new Uint8Array(content), "tokenizer.model"));

type Hostile = readonly [what: string, file: Uint8Array, offset: number, says: RegExp];
/** What follows a sound piece. */
const behind = (what: string, tail: Uint8Array, offset: number, says: RegExp): Hostile => [
  what,
  Buffer.concat([sound, tail]),
  sound.length + offset,
  says,
];
/** What is inside a piece. */
const inside = (what: string, content: Uint8Array, offset: number, says: RegExp): Hostile =>
  behind(what, piece(content), 2 + offset, says);

const table: readonly Hostile[] = [
  ["an empty file", Buffer.alloc(0), 0, /no pieces/],
  ["a text file", Buffer.from("not a model\n"), 0, /wire type 6/],
  ["settings only", bytes(2, whole(3, 2)), 4, /no pieces/],
  behind("a key that is cut off", Buffer.from([0x80]), 0, /varint is cut off/),
  behind("a key without its value", key(4, 0), 1, /varint is cut off/),
  behind("a length that is cut off", Buffer.from([0x0a, 0xff, 0xff]), 1, /varint is cut off/),
  behind("a length past the end", Buffer.from([0x0a, 5, 1]), 1, /5 bytes, where 1 are left/),
  behind("a length of 1 GB", Buffer.concat([key(1, 2), varint(2 ** 30)]), 1, /1073741824 bytes, where 0 are left/),
  behind("a length of 1 GB in an unknown field", Buffer.concat([key(9, 2), varint(2 ** 30)]), 1, /1073741824 bytes/),
  behind("a length of 2^63", Buffer.concat([key(1, 2), varint(2n ** 63n)]), 1, /where 0 are left/),
  behind("a length of 2^64 - 1", Buffer.concat([key(1, 2), varint(2n ** 64n - 1n)]), 1, /where 0 are left/),
  behind("a varint of 65 bits", Buffer.concat([key(4, 0), varint(2n ** 64n)]), 1, /more than 64 bits/),
  behind("a varint of eleven bytes", Buffer.concat([key(4, 0), varint(1, 11)]), 1, /more than 64 bits/),
  behind("a varint without an end", Buffer.concat([key(4, 0), Buffer.alloc(99, 0xff)]), 1, /more than 64 bits/),
  behind("a key of 2^32", varint(2 ** 32 + 8), 0, /key 4294967304/),
  behind("field 0", Buffer.from([0x02, 0]), 0, /key 2/),
  behind("a group", key(4, 3), 0, /wire type 3/),
  behind("the end of a group", key(4, 4), 0, /wire type 4/),
  behind("wire type 6", key(4, 6), 0, /wire type 6/),
  behind("wire type 7", key(4, 7), 0, /wire type 7/),
  behind("eight bytes that are seven", Buffer.concat([key(4, 1), Buffer.alloc(7)]), 1, /8 bytes, where 7 are left/),
  behind("four bytes that are none", key(4, 5), 1, /4 bytes, where 0 are left/),
  behind("a piece that is a varint", whole(1, 7), 0, /a piece has the wire type 0/),
  behind("a piece that is four bytes", float(1, 7), 0, /a piece has the wire type 5/),
  behind("a piece of nothing", bytes(1, ""), 0, /no text/),
  behind("trainer_spec that is a varint", whole(2, 7), 0, /trainer_spec has the wire type 0/),
  behind("a model type that is text", bytes(2, bytes(3, "bpe")), 2, /model_type has the wire type 2/),
  behind("trainer_spec cut off within", bytes(2, Buffer.from([0x18])), 3, /varint is cut off/),
  inside("a text that is a varint", whole(1, 65), 0, /text has the wire type 0/),
  inside("a text past its piece", Buffer.from([0x0a, 2, 0x61]), 1, /2 bytes, where 1 are left/),
  inside("a text of 1 GB", Buffer.concat([key(1, 2), varint(2 ** 30)]), 1, /1073741824 bytes/),
  inside("a text that is no UTF-8", bytes(1, Buffer.from([0x61, 0xc3, 0x28])), 3, /not UTF-8/),
  inside("a text with half a surrogate pair", bytes(1, Buffer.from([0xed, 0xa0, 0x80])), 2, /not UTF-8/),
  inside("no text", Buffer.concat([float(2, 1), whole(3, 1)]), -2, /no text/),
  inside("an empty text", Buffer.concat([bytes(1, "a"), bytes(1, "")]), -2, /no text/),
  inside("a score that is a varint", Buffer.concat([bytes(1, "a"), whole(2, 3)]), 3, /score has the wire type 0/),
  inside(
    "a score of eight bytes",
    Buffer.concat([bytes(1, "a"), key(2, 1), Buffer.alloc(8)]),
    3,
    /score has the wire type 1/,
  ),
  inside("a score cut off", Buffer.concat([bytes(1, "a"), key(2, 5), Buffer.alloc(3)]), 4, /4 bytes, where 3 are left/),
  inside("a score that is NaN", Buffer.concat([bytes(1, "a"), float(2, NaN)]), 4, /score is NaN/),
  inside("an infinite score", Buffer.concat([bytes(1, "a"), float(2, -Infinity)]), 4, /score is -Infinity/),
  inside("type 0", Buffer.concat([bytes(1, "a"), whole(3, 0)]), 4, /type is 0/),
  inside("type 7", Buffer.concat([bytes(1, "a"), whole(3, 7)]), 4, /type is 7/),
  inside("type -1", Buffer.concat([bytes(1, "a"), whole(3, 2n ** 64n - 1n)]), 4, /type is 1844674407370955/),
  inside("a type that is text", Buffer.concat([bytes(1, "a"), bytes(3, "x")]), 3, /type has the wire type 2/),
];

describe("hostile models of SentencePiece", () => {
  it.each(table)("%s", async (_, content, offset, says) => {
    const error = await read(content).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error?.message).toMatch(says);
    expect(error).toMatchObject({ code: "FORMAT", file: "tokenizer.model", offset });
    expect(error.expected.length).toBeGreaterThan(0);
  });

  it("every cut of a sound file is refused, or is one of fewer fields", async () => {
    const content = Buffer.concat([sound, piece(bytes(1, "b"), float(2, -2)), bytes(2, whole(3, 2))]);
    const ends = new Set([sound.length, sound.length + 10, content.length]);
    for (let length = 0; length <= content.length; length++) {
      const result = await read(content.subarray(0, length)).then(
        ({ pieces }) => pieces.length,
        (error) => error.code,
      );
      expect([length, result]).toEqual([length, ends.has(length) ? (length > sound.length ? 2 : 1) : "FORMAT"]);
    }
  });

  it("a file of 1 GB is refused before it is read", async () => {
    const source = { name: "tokenizer.model", byteLength: 2 ** 30, read: () => Promise.reject(new Error("was read")) };
    await expect(readSentencePiece(source as unknown as ByteSource)).rejects.toMatchObject({
      code: "FORMAT",
      message: expect.stringMatching(/1073741824 bytes/),
    });
  });

  it("more than 2^20 pieces are refused", async () => {
    const one = piece(bytes(1, "a"));
    const content = Buffer.alloc(one.length * (2 ** 20 + 1), one);
    await expect(read(content)).rejects.toMatchObject({ code: "FORMAT", offset: one.length * 2 ** 20 });
  });

  it("other fields are passed over, the last of two counts, and what is missing has its default", async () => {
    const content = Buffer.concat([
      piece(
        whole(9, 2n ** 64n - 1n),
        bytes(1, "x"),
        bytes(1, "é🦊"),
        float(2, 1),
        float(2, -3),
        key(8, 1),
        Buffer.alloc(8),
      ),
      bytes(3, "normalizer"),
      bytes(2, Buffer.concat([bytes(1, "in"), whole(3, 1), whole(40, 2n ** 64n - 1n)])),
      bytes(2, whole(3, 2)),
      piece(bytes(1, "<0x0A>"), Buffer.concat([key(3, 0), varint(6, 10)])),
      whole(2 ** 29 - 1, 5),
    ]);
    expect(await read(content)).toEqual({
      modelType: 2,
      pieces: [
        { text: "é🦊", score: -3, type: 1 },
        { text: "<0x0A>", score: 0, type: 6 },
      ],
    });
    expect((await read(sound)).modelType).toBe(1);
  });
});
