import { decode, encode } from "../../kernel/encode/encode";
import { huffman, huffmanCoder } from "../../kernel/encode/huffman";

const step = huffman();

test.each([
  ["one symbol", Uint8Array.of(7, 7, 7)],
  ["two", Int8Array.of(-1, 1, 1, -1)],
  ["far apart", Int32Array.of(-(2 ** 31), 0, 2 ** 31 - 1, 0)],
  ["none", new Uint16Array(0)],
])("%s come back", (_, symbols) => {
  expect(decode(encode(symbols, step).bytes)).toEqual(symbols);
});

test("the payload has Huffman's length, by hand", () => {
  // 8 a, 4 b, 2 c, 2 d: 1, 2, 3 and 3 bits.
  const symbols = Uint8Array.from([...new Array<number>(8).fill(0), 1, 1, 1, 1, 2, 2, 3, 3]);
  expect(encode(symbols, step).payloadBits).toBe(8 + 8 + 12);
});

test("long texts are cut into streams", () => {
  const symbols = Uint8Array.from({ length: 200_000 }, (_, i) => (i * i) % 7);
  const [oneStream, fourStreams] = huffmanCoder.forms;
  expect(huffmanCoder.formFor(step, symbols.length)).toBe(fourStreams);
  expect(huffmanCoder.formFor(step, 10)).toBe(oneStream);
  expect(Buffer.compare(Buffer.from(decode(encode(symbols, step).bytes) as Uint8Array), Buffer.from(symbols))).toBe(0);
});
