import { ByteReader, ByteWriter, magic } from "../../../kernel/encode/container/container";
import { readTable, writeTable } from "../../../kernel/encode/prefix/huffman-table";

const range = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
const readerOf = (write: (writer: ByteWriter) => void) => {
  const writer = new ByteWriter();
  writer.bytes(Uint8Array.from(magic));
  write(writer);
  return { reader: ByteReader.open(writer.finish(), "x"), form: writer.written[4] };
};

test.each([
  ["neighbours, as a span", [3, 4, 5, 6], [1, 2, 3, 3], 0],
  ["neighbours with gaps, as a span", [-2, 0, 1, 3], [2, 2, 2, 2], 0],
  ["far apart, as gaps", [-1000, 5, 70_000], [1, 2, 2], 1],
] as const)("symbols that are %s come back", (_, symbols, lengths, form) => {
  const written = readerOf((writer) => writeTable(symbols, Uint8Array.from(lengths), writer));
  expect(written.form).toBe(form);
  const { symbols: back, lengths: own } = readTable(written.reader, symbols.length, symbols[0], range);
  expect([Array.from(back), Array.from(own), written.reader.left]).toEqual([symbols, lengths, 0]);
});

test.each<[string, number[], number, RegExp]>([
  ["of another form", [2, 0, 0], 2, /table form 2/],
  ["that does not fill the codes", [0, 2, 0b00001_000, 0b10_000000], 2, /Σ 2\^−l = 0.75; expected exactly 1/],
  ["with padding bits", [0, 2, 0b00001_000, 0b01_000001], 2, /padding bits that are set/],
  ["with fewer symbols than announced", [0, 2, 0b00001_000, 0b00_000000], 2, /1 symbols with a code; expected 2/],
  ["with a code of no bits", [1, 0, 0b00000_000, 0b01_000000], 2, /a code length of 0/],
])("a table %s is refused", (_, bytes, count, message) => {
  const { reader } = readerOf((writer) => writer.bytes(Uint8Array.from(bytes)));
  expect(() => readTable(reader, count, 0, range)).toThrow(message);
});

test("a symbol past what the array holds is refused", () => {
  const { reader } = readerOf((writer) => writeTable([0, 1000, 2000], Uint8Array.of(1, 2, 2), writer));
  expect(() => readTable(reader, 3, 0, { minimum: 0, maximum: 255 })).toThrow("symbol 1000; expected at most 255");
});
