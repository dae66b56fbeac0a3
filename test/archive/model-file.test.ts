/** The container of version 3: header, pieces, contents, footer. */
import { headerBytes } from "../../kernel/archive/contents";
import { readIndex } from "../../kernel/archive/contents-reader";
import {
  checkPiece,
  damagedPieces,
  endOfModel,
  hashOfPiece,
  headerOfModel,
  isModelFile,
  readModelFile,
} from "../../kernel/archive/model-file";
import { memorySource } from "../../kernel/bytes/source";
import { FormatError } from "../../kernel/errors";

const pieces = [Uint8Array.of(1, 2, 3), Uint8Array.of(9)];
const entries = pieces.map((bytes, i) => ({ name: `t${i}`, bytes: bytes.length, hash: hashOfPiece(bytes) }));

function fileOf(contents: Record<string, unknown>): Uint8Array {
  return Buffer.concat([headerOfModel(), ...pieces, endOfModel(contents, headerBytes + 4)]);
}
const read = (bytes: Uint8Array) => readModelFile(memorySource(bytes, "m.codebook"));
const sound = fileOf({ tensors: entries, odd: [NaN, -0, Infinity, 1.5], text: "é" });

test("contents and places of pieces come back, numbers that JSON has not among them", async () => {
  const { contents, pieces: places, contentsAt } = await read(sound);
  expect(contents.odd).toEqual([NaN, -0, Infinity, 1.5]);
  expect(contents.text).toBe("é");
  expect(places.map(({ name, start, byteLength }) => [name, start, byteLength])).toEqual([
    ["t0", 16, 3],
    ["t1", 19, 1],
  ]);
  expect(contentsAt).toBe(20);
});

test("long contents are coded, short ones are JSON as it is", async () => {
  const empty = Buffer.concat([headerOfModel(), endOfModel({ tensors: [] }, headerBytes)]);
  expect(empty.toString("latin1")).toContain('{"tensors":[]}');
  expect((await read(empty)).pieces).toEqual([]);
  const long = fileOf({ tensors: entries, list: Array.from({ length: 500 }, () => "the same words again") });
  expect(long.length).toBeLessThan(2000);
  expect((await read(long)).contents.list).toHaveLength(500);
});

test("contents that would unpack to more than 64 times their bytes are stored as they are", async () => {
  const list = Array.from({ length: 200_000 }, () => 0);
  const long = fileOf({ tensors: entries, list });
  expect((await read(long)).contents.list).toHaveLength(200_000);
});

test("damage is found where it is: a piece, the contents, the end", async () => {
  const piece = Uint8Array.from(sound);
  piece[17] ^= 1;
  const { pieces: places } = await read(piece);
  const damaged = await damagedPieces(memorySource(piece), places);
  expect(damaged.map(({ name }) => name)).toEqual(["t0"]);
  expect(() => checkPiece("m", places[0], piece.subarray(16, 19))).toThrow(/byte 16: the 3 bytes of "t0" are damaged/);
  const contents = Uint8Array.from(sound);
  contents[25] ^= 1;
  await expect(read(contents)).rejects.toThrow(/do not have the hash/);
  await expect(read(sound.subarray(0, -1))).rejects.toThrow(FormatError);
  await expect(read(sound.subarray(0, 20))).rejects.toThrow(/the file ends after 20 bytes/);
});

test.each([
  ["no list of tensors", {}, /list no tensors/],
  ["a nameless tensor", { tensors: [{ bytes: 4, hash: entries[0].hash }] }, /has no name/],
  ["a piece too long", { tensors: [{ ...entries[0], bytes: 5 }] }, /takes 5 bytes at 16; expected at most 4/],
  ["a piece of less than nothing", { tensors: [{ ...entries[0], bytes: -1 }] }, /takes -1 bytes/],
  ["a hash that is none", { tensors: [{ ...entries[0], hash: "xyz" }] }, /has the hash "xyz"/],
  ["pieces that end early", { tensors: [entries[0]] }, /end at 19; expected 20/],
])("refused: %s", async (_, contents, says) => {
  await expect(read(fileOf(contents))).rejects.toThrow(says);
});

test("readers of archives of files say what it is", async () => {
  const source = memorySource(sound, "m.codebook");
  expect(await isModelFile(source)).toBe(true);
  expect(await isModelFile(memorySource(Uint8Array.of(1)))).toBe(false);
  await expect(readIndex(source)).rejects.toThrow(/this is a compressed model/);
});
