import { memorySource } from "../../kernel/bytes/source";
import { FileTensor } from "../../kernel/formats/file-tensor";
import { fromArrays } from "../../kernel";
import { bytesOf, numbersOf, readElements, wordsOf } from "../../kernel/stored-codes/part";

const file = memorySource(Uint8Array.from({ length: 24 }, (_, i) => i));
const words = new FileTensor(file, "words", [2, 2], "I32", 4, 16);

test("a part is read by bytes, by words, by elements, and no more of it", async () => {
  const before = file.bytesRead;
  expect([...(await bytesOf(words, undefined, 2, 5))]).toEqual([6, 7, 8]);
  expect(file.bytesRead - before).toBe(3);
  expect([...(await wordsOf(words, undefined))]).toEqual([0x07060504, 0x0b0a0908, 0x0f0e0d0c, 0x13121110]);
  const one = new Float32Array(1);
  await readElements(new FileTensor(file, "bytes", [8], "U8", 0, 8), one, 5, undefined);
  expect(one[0]).toBe(5);
  await expect(words.readByteRange(8, 17)).rejects.toThrow("bytes 8 to 17 were asked for; words has bytes 0 to 16");
});

test("a tensor that is read whole only gives the same bytes", async () => {
  const tensor = fromArrays({ a: { shape: [2], values: Float32Array.of(1, 2) } }).tensor("a");
  const bytes = await bytesOf(tensor, undefined, 4, 8);
  expect([bytes.byteOffset, new Float32Array(bytes.buffer)[0]]).toEqual([0, 2]);
  expect([...(await numbersOf(tensor, undefined))]).toEqual([1, 2]);
});

test("slices of such a tensor read it once", async () => {
  let reads = 0;
  const tensor = {
    ...{ name: "a", dtype: "U8", shape: [4], parameters: 4, sizeBytes: 4 },
    read: () => Promise.reject(new Error("bytes are read")),
    readBytes: () => Promise.resolve(Uint8Array.of(1, 2, 3, ++reads)),
  };
  const slices = [await bytesOf(tensor, undefined, 0, 2), await bytesOf(tensor, undefined, 2, 4)];
  expect(slices.map((slice) => [...slice])).toEqual([
    [1, 2],
    [3, 1],
  ]);
});
