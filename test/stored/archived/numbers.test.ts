import { packCodes, unpackCodes } from "../../../kernel/stored/packed-codes";
import {
  readFloats,
  readPacked,
  readTable,
  writeFloats,
  writePacked,
  writeTable,
} from "../../../kernel/stored/archived/numbers";
import { PartReader, PartWriter } from "../../../kernel/stored/archived/parts";
import type { Table } from "../../../kernel/quantize/quantizer";

const most = 1000;
function through<Entry, Result>(
  write: (writer: PartWriter) => Entry,
  read: (reader: PartReader, entry: Entry) => Result,
) {
  const writer = new PartWriter();
  const entry = write(writer);
  const bytes = writer.finish();
  const reader = new PartReader(bytes, "m: w");
  const result = read(reader, JSON.parse(JSON.stringify(entry)) as Entry);
  reader.end();
  return { entry, bytes, result };
}

test("floats take the bytes of their narrowest type", () => {
  const values = Float32Array.from({ length: 9 }, (_, i) => 1 + i / 1024);
  const { bytes, result } = through(
    (writer) => writeFloats(writer, values, false),
    (reader, entry) => readFloats(reader, entry, 9),
  );
  expect([bytes.length, result]).toEqual([18, values]);
});

test.each([
  ["4 bits", Int8Array.of(-8, 7, 0, 3, -1), 4, 3],
  ["one bit with a gap", Int8Array.of(-1, 1, 1, -1, 1, 1, 1, 1, -1), 1, 2],
  ["five of three in a byte", Int8Array.of(-1, 0, 1, 1, 0, -1, 1), 1.625, 2],
])("codes: %s", (_, codes, bits, size) => {
  const { bytes, result } = through(
    (writer) => writePacked(writer, packCodes(codes, bits)),
    (reader, entry) => unpackCodes(readPacked(reader, entry, codes.length)),
  );
  expect([bytes.length, result]).toEqual([size, codes]);
});

const tables: [string, Table, number][] = [
  ["float16", { name: "scale", data: Float32Array.of(1.5, 1 + 2 ** -10), shape: [2], bitsPerEntry: 16 }, 4],
  ["E8M0", { name: "scale", data: Float32Array.of(0.25, 4), shape: [2, 1], bitsPerEntry: 8 }, 2],
  ["4 bits", { name: "zeroPoint", data: Uint8Array.of(0, 15, 7), shape: [3], bitsPerEntry: 4 }, 2],
  ["more than its bits", { name: "q", data: Uint8Array.of(0, 200, 7), shape: [3], bitsPerEntry: 1 }, 1],
  ["words", { name: "w", data: Uint32Array.of(2 ** 32 - 1), shape: [1], bitsPerEntry: 32 }, 4],
];
test.each(tables)("table: %s", (_, table, size) => {
  const { bytes, result } = through(
    (writer) => writeTable(writer, table),
    (reader, entry) => readTable(reader, entry, most),
  );
  expect([bytes.length, result]).toEqual([size, table]);
});

test("refused: other lengths, types, too many entries", () => {
  const reader = () => new PartReader(new Uint8Array(8), "m: w");
  const floats = { type: "F16", length: 4, part: { bytes: 8 } };
  expect(() => readFloats(reader(), floats, 5)).toThrow(/4 floats; expected 5/);
  expect(() => readFloats(reader(), { ...floats, type: "F12" }, 4)).toThrow(/floats of type "F12"/);
  const packed = { bits: 4, length: 16, type: "Uint8Array", first: 0, part: { bytes: 8 } };
  expect(readPacked(reader(), packed, 16).length).toBe(16);
  expect(() => readPacked(reader(), { ...packed, bits: 64 }, 16)).toThrow(/codes of 64 bits/);
  expect(() => readPacked(reader(), { ...packed, type: "Float32Array" }, 16)).toThrow(/codes of type/);
  expect(() => readPacked(reader(), { ...packed, symbols: ["a"] }, 16)).toThrow(/list of symbols/);
  expect(() => readPacked(reader(), { ...packed, perByte: 5 }, 16)).toThrow(/5 codes in a byte/);
  const table = { name: "scale", shape: [1], bitsPerEntry: 16, data: { ...floats, length: 1e9 } };
  expect(() => readTable(reader(), table, most)).toThrow(/has 1000000000 entries; expected at most 1000/);
  expect(() => readTable(reader(), { name: "scale" }, most)).toThrow(/no name, shape or bits/);
});
