/** What stands on a shelf has the same elements in a file as in memory. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encode, horner, huffman, planes, rans, zstd } from "../../kernel";
import { isSpilled, SpillFile } from "../../kernel/bytes/spill-file";
import { sourceOfBytes } from "../../kernel/encode";
import { wholeSource, type FloatSource } from "../../kernel/layer/float-source";
import { fileShelf, memoryShelf, type Shelf } from "../../kernel/layer/shelf";
import { packCodes, type Sized } from "../../kernel/stored/packed-codes";
import { gaussianWeights } from "../blocks/weights";

const folder = mkdtempSync(join(tmpdir(), "codebook-shelf-"));
afterAll(() => rmSync(folder, { recursive: true }));

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

let files = 0;
/** Puts something on both shelves, in the file behind other bytes. */
function expectSame(put: <Place extends Sized>(shelf: Shelf<Place>) => ArrayBufferView | Place): void {
  const file = new SpillFile(join(folder, String(files++)));
  file.append(Uint8Array.of(1, 2, 3));
  const found = put(fileShelf(file));
  const expected = put(memoryShelf);
  file.close();
  if (!isSpilled(found)) throw new Error("it is not in the file");
  if (!ArrayBuffer.isView(expected)) throw new Error("it is not in memory");
  expect([found.start, found.byteLength, found.type]).toEqual([3, expected.byteLength, expected.constructor.name]);
  const written = readFileSync(found.spilledTo).subarray(found.start, found.start + found.byteLength);
  expect(Buffer.compare(written, bytesOf(expected))).toBe(0);
  expect(file.length).toBe(3 + expected.byteLength);
}

const floats = gaussianWeights(40_000, 5);
const codes = Int8Array.from(floats, (value) => Math.round(4 * value));
const coders = [
  rans(),
  rans({ classes: 3 }),
  rans({ adaptive: true }),
  huffman(),
  huffman({ streams: 1 }),
  horner(),
  zstd(),
];

test.each(coders.map((coder) => [coder.kind, coder] as const))("codes by %s", (_, coder) => {
  expectSame((shelf) => shelf.coded(codes, coder));
});

const floatCoders = [planes({ type: "F32" }), ...coders.slice(0, 6).map((coder) => planes({ type: "F32", coder }))];

test.each(coders.map((coder) => [coder.kind, coder] as const))("codes that are stored wider, by %s", (_, coder) => {
  const put = <Place extends Sized>(shelf: Shelf<Place>) => shelf.coded(codes, coder, "Int32Array");
  expectSame(put);
  expect(put(memoryShelf)).toEqual(encode(Int32Array.from(codes), coder).bytes);
  const { type, bytes } = memoryShelf.packed(codes, 6, "Int32Array");
  expect([type, bytes]).toEqual(["Int32Array", packCodes(Int32Array.from(codes), 6).bytes]);
});

test.each([zstd({ level: 1 }), ...floatCoders])("floats by $kind", (step) => {
  const bytes = bytesOf(floats);
  expectSame((shelf) => shelf.coded(sourceOfBytes(bytes), step));
});

test("packed codes, with and without gaps, and floats in pieces", () => {
  expectSame((shelf) => shelf.packed(codes, 6).bytes);
  expectSame(
    (shelf) =>
      shelf.packed(
        Int8Array.from(codes, (code) => (code < 0 ? -1 : 1)),
        1,
      ).bytes,
  );
  const source: FloatSource = {
    length: floats.length,
    pieces: 4,
    startOf: (at) => 10_000 * at,
    piece: (at) => floats.subarray(10_000 * at, 10_000 * (at + 1)),
  };
  expectSame((shelf) => shelf.floats(source));
  expectSame((shelf) => shelf.floats(wholeSource(floats)));
});
