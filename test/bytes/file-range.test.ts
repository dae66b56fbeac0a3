import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FileRangeReader, readFileRange, type FileRange } from "../../kernel/bytes/file-range";
import { fileSource } from "../../kernel/bytes/source";
import { SourceError } from "../../kernel/errors";

const folder = mkdtempSync(join(tmpdir(), "codebook-range-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function rangeOf(start: number, end: number): Promise<{ path: string; range: FileRange; reads: number }> {
  const path = join(folder, "bytes");
  writeFileSync(path, Uint8Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  const source = await fileSource(path);
  const range = source.rangeOf?.(start, end);
  if (!range) throw new Error("a file gives no range");
  return { path, range, reads: source.bytesRead };
}

test("the bytes of a range, whole and in parts; they count as read", async () => {
  const { range, reads } = await rangeOf(2, 7);
  expect(reads).toBe(5);
  expect([...readFileRange(range)]).toEqual([2, 3, 4, 5, 6]);
  const reader = new FileRangeReader(range);
  const two = new Uint8Array(2);
  reader.read(two, 3);
  expect([...two]).toEqual([5, 6]);
  expect(() => reader.read(two, 4)).toThrow("bytes 4 to 6 of a range of 5");
  expect(() => reader.read(two, -1)).toThrow(SourceError);
  reader.finish();
});

test("a file that grows while it is read is found out at the end, one that is gone at the beginning", async () => {
  const { path, range } = await rangeOf(0, 10);
  const reader = new FileRangeReader(range);
  reader.read(new Uint8Array(4), 0);
  appendFileSync(path, "more");
  expect(() => reader.finish()).toThrow("has 14 bytes now and had 10 when it was opened");
  expect(() => new FileRangeReader(range)).toThrow("has 14 bytes now");
  rmSync(path);
  expect(() => readFileRange(range)).toThrow("there is no such file");
});

test("a range of more bytes than a call takes is read on to its end", async () => {
  const path = join(folder, "long");
  const bytes = Uint8Array.from({ length: 20 * 2 ** 20 + 3 }, (_, i) => (i * 7) >> 8);
  writeFileSync(path, bytes);
  const range = (await fileSource(path)).rangeOf?.(1, bytes.length);
  if (!range) throw new Error("a file gives no range");
  expect(Buffer.compare(readFileRange(range), bytes.subarray(1))).toBe(0);
});

test("a range is within the file, and a source that was closed gives none", async () => {
  const source = await fileSource((await rangeOf(0, 1)).path);
  expect(() => source.rangeOf?.(5, 11)).toThrow("bytes 5 to 11 were asked for");
  await source.close();
  expect(() => source.rangeOf?.(0, 1)).toThrow("was closed");
});
