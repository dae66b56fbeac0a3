import { deflateRawSync } from "node:zlib";
import { Random } from "../../kernel/bytes/random";
import { memorySource } from "../../kernel/bytes/source";
import { FormatError } from "../../kernel/errors";
import { readFront } from "../../kernel/formats/zip-front";

const random = new Random(11);
const noise = Uint8Array.from({ length: 100_000 }, () => random.below(256));

async function front(data: Uint8Array, size: number, stored: Uint8Array = deflateRawSync(data)) {
  const source = memorySource(Buffer.concat([Buffer.alloc(7), stored]), "f.zip");
  const member = { name: "a", start: 7, storedBytes: stored.length, sizeBytes: data.length };
  return { bytes: await readFront(source, member, size, undefined), read: source.bytesRead };
}

test.each([1, 100, 511, 513, 20_000, 65_536, 100_000])("the first %i bytes are those of the whole", async (size) => {
  for (const data of [noise, new Uint8Array(100_000), Buffer.alloc(100_000, "abcabd")])
    expect(Buffer.compare((await front(data, size)).bytes, data.subarray(0, size))).toBe(0);
});

test("no more is read than it takes", async () => {
  expect((await front(noise, 128)).read).toBe(512);
  expect((await front(noise, 20_000)).read).toBeLessThan(70_000);
});

test("a stream that gives less, or is none, is refused where it begins", async () => {
  const short = front(noise, 2000, deflateRawSync(noise.subarray(0, 1000)));
  await expect(short).rejects.toMatchObject({ offset: 7 });
  await expect(short).rejects.toThrow("does not inflate to its 100000 bytes");
  await expect(front(noise, 10, new Uint8Array(600).fill(255))).rejects.toBeInstanceOf(FormatError);
});

test("a failure to read and a stop stay what they are", async () => {
  const stored = deflateRawSync(noise);
  const source = memorySource(stored, "f.zip");
  const member = { name: "a", start: 0, storedBytes: stored.length, sizeBytes: noise.length };
  await expect(readFront(source, member, 50_000, AbortSignal.abort())).rejects.toMatchObject({ code: "CANCELLED" });
  await source.close();
  await expect(readFront(source, member, 50_000, undefined)).rejects.toMatchObject({ code: "SOURCE" });
});
