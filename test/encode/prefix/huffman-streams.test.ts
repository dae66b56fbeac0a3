import { ByteReader, ByteWriter, magic } from "../../../kernel/encode/container/container";
import { codeLengths } from "../../../kernel/loops/prefix-code";
import { decodeStreams, encodeStreams } from "../../../kernel/encode/prefix/huffman-streams";

const coded = (values: Int32Array, symbols: number[], lengths: Uint8Array) => {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.from(magic));
  encodeStreams(values, symbols, lengths, writer);
  return writer.finish();
};
const decoded = (bytes: Uint8Array, symbols: number[], lengths: Uint8Array, count: number) => {
  const out = new Int32Array(count);
  decodeStreams(ByteReader.open(bytes, "x"), { symbols: Int32Array.from(symbols), lengths }, count, () => out);
  return out;
};

test("four streams have a quarter each, the first bit of a code lowest", () => {
  // Codes 0, 10, 11 of 1, 2, 2 bits; eight symbols, two a stream.
  const symbols = [5, 6, 7];
  const lengths = Uint8Array.of(1, 2, 2);
  const bytes = coded(Int32Array.of(5, 6, 7, 7, 5, 5, 6, 5), symbols, lengths);
  expect(Array.from(bytes.subarray(4, 12))).toEqual([1, 1, 1, 1, 0b010, 0b1111, 0b00, 0b001]);
});

test.each([
  ["few symbols, by WebAssembly", 3, 11, 70_000],
  ["long codes, plainly", 20, 20, 5000],
  ["fewer than four", 3, 11, 3],
])("%s come back", (_, count, limit, length) => {
  const symbols = Array.from({ length: count }, (_, i) => 10 * i - 7);
  const values = Int32Array.from(
    { length },
    (_, i) => symbols[Math.min(count - 1, Math.clz32((i * 2654435761) >>> 0))],
  );
  const counts = symbols.map((_, i) => 2 ** (count - i));
  const lengths = codeLengths(counts, limit);
  const back = decoded(coded(values, symbols, lengths), symbols, lengths, length);
  expect(Buffer.compare(Buffer.from(back.buffer), Buffer.from(values.buffer))).toBe(0);
});

test("padding that is set, and streams that are longer than what is left, are refused", () => {
  const lengths = Uint8Array.of(1, 1);
  const sound = coded(Int32Array.of(0, 1, 0, 1), [0, 1], lengths);
  const change = (at: number, value: number) => {
    const writer = new ByteWriter();
    const bytes = sound.slice(0, -4);
    bytes[at] = value;
    writer.bytes(bytes);
    return writer.finish();
  };
  expect(() => decoded(change(8, 0b10), [0, 1], lengths, 4)).toThrow("padding bits that are set");
  expect(() => decoded(change(4, 2), [0, 1], lengths, 4)).toThrow(
    "streams of 5 bytes; expected at most the 4 that are left",
  );
});
