import { existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesOfParts, isSpilled, SpillFile, type SpilledArray } from "../../kernel/bytes/spill-file";
import { WriteError } from "../../kernel/errors";

const folder = mkdtempSync(join(tmpdir(), "codebook-spill-"));
afterAll(() => rmSync(folder, { recursive: true }));

const spilled = (path: string, start: number, length: number): SpilledArray => {
  return { spilledTo: path, type: "Uint8Array", start, length, byteLength: length };
};

test("bytes go to the end, before a place, and away again; the file comes with the first of them", () => {
  const path = join(folder, "one");
  const file = new SpillFile(path);
  expect(existsSync(path)).toBe(false);
  file.append(Uint8Array.of(1, 2, 3, 4));
  file.insert(1, Uint8Array.of(8, 9));
  file.append(Uint8Array.of(5));
  expect([...readFileSync(path)]).toEqual([1, 8, 9, 2, 3, 4, 5]);
  const two = new Uint8Array(2);
  file.read(two, 3);
  expect([...two]).toEqual([2, 3]);
  expect(() => file.read(two, 6)).toThrow("bytes 6 to 8 are asked of the 7 written");
  file.cut(3);
  file.append(Uint8Array.of(7));
  const seen: number[] = [];
  file.forEach(1, 4, (part) => seen.push(...part));
  file.close();
  expect(seen).toEqual([8, 9, 7]);
});

test("more bytes than are moved at once move by the bytes that come before them", () => {
  const path = join(folder, "large");
  const bytes = Buffer.alloc(5 * 2 ** 20, "every byte at its place");
  const file = new SpillFile(path);
  file.append(bytes);
  file.insert(3, Uint8Array.of(1, 2));
  file.close();
  const expected = Buffer.concat([bytes.subarray(0, 3), Buffer.of(1, 2), bytes.subarray(3)]);
  expect(Buffer.compare(readFileSync(path), expected)).toBe(0);
});

test("parts in memory and in files are one behind the other; a file that lost its end is an error", async () => {
  const path = join(folder, "parts");
  const file = new SpillFile(path);
  file.append(Buffer.from("abcdef"));
  file.close();
  expect([isSpilled(spilled(path, 0, 1)), isSpilled(Uint8Array.of(1)), isSpilled(undefined)]).toEqual([
    true,
    false,
    false,
  ]);
  const read = async (...parts: (Uint8Array | SpilledArray)[]): Promise<string> => {
    let text = "";
    for await (const part of bytesOfParts(parts)) text += Buffer.from(part).toString();
    return text;
  };
  expect(await read(Buffer.from("<"), spilled(path, 1, 4), Buffer.from(">"))).toBe("<bcde>");
  truncateSync(path, 3);
  await expect(read(spilled(path, 1, 4))).rejects.toThrow("it ends at byte 3; it had 5");
});

test("a disk that refuses is a WriteError with its reason", () => {
  const file = new SpillFile(join(folder, "there", "is", "none"));
  expect(() => file.append(Uint8Array.of(1))).toThrow(WriteError);
});
