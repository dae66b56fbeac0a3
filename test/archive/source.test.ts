import { mkdtempSync, rmSync, writeFileSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pack } from "../../kernel/archive/archive";
import { unwrapArchive } from "../../kernel/archive/source";
import { fromArrays, saveSafetensors } from "../../kernel";
import { fileSource, memorySource } from "../../kernel/bytes/source";
import * as threads from "../../kernel/threads/pool";
import { entry, safetensorsFile } from "../formats/files";

let folder: string;
let original: Uint8Array;
let archived: Uint8Array;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "source-"));
  const data = Uint8Array.from({ length: 1_200_000 }, (_, i) => (i * i) >> 7);
  original = safetensorsFile(
    `{${entry("a", "U8", [1_000_000], 0, 1_000_000)},${entry("b", "F16", [100_000], 1_000_000, 1_200_000)}}`,
    data,
  );
  writeFileSync(join(folder, "m.safetensors"), original);
  await pack(join(folder, "m.safetensors"), join(folder, "m.codebook"), { workers: 1 });
  archived = new Uint8Array(readFileSync(join(folder, "m.codebook")));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the file inside an archive", () => {
  test("has the original's bytes, any part of them", async () => {
    const source = await unwrapArchive(memorySource(archived, "m.codebook"));
    expect([source.name, source.byteLength]).toEqual(["m.codebook", original.length]);
    const ends = [0, 1, 8, 200, 524_288, 524_500, 1_000_100, original.length];
    for (const start of ends)
      for (const end of ends)
        if (start <= end) expect(Buffer.compare(await source.read(start, end), original.subarray(start, end))).toBe(0);
  });

  test("reads of the archive what the part needs, and a block once for neighbours", async () => {
    const inner = memorySource(archived, "m.codebook");
    const source = await unwrapArchive(inner);
    const before = inner.bytesRead;
    await source.read(300, 310);
    const first = inner.bytesRead - before;
    expect(first).toBeLessThan(600_000);
    await source.read(320, 330);
    expect(inner.bytesRead - before).toBe(first);
  });

  test.each([
    [-1, 2],
    [2, 1],
    [0, 10_000_000],
    [0.5, 2],
  ])("refuses bytes %d to %d", async (start, end) => {
    const source = await unwrapArchive(memorySource(archived, "m.codebook"));
    await expect(source.read(start, end)).rejects.toMatchObject({ code: "SOURCE" });
  });

  test("with a damaged block is refused where that is read, and not elsewhere", async () => {
    const near = archived.slice();
    near[1000] ^= 1;
    const source = await unwrapArchive(memorySource(near, "m.codebook"));
    await expect(source.read(0, original.length)).rejects.toMatchObject({ code: "FORMAT" });
    expect(Buffer.compare(await source.read(1_100_000, 1_100_050), original.subarray(1_100_000, 1_100_050))).toBe(0);
  });
});

test("threads make what has to be rounded from the base first; the rest is read here", async () => {
  const place = (name: string) => join(folder, name);
  const model = fromArrays({ w: { values: Float32Array.from({ length: 3000 }, (_, i) => i / 7), shape: [3000] } });
  await saveSafetensors(model, place("base.safetensors"), { dtype: "F32" });
  await saveSafetensors(model, place("half.safetensors"), { dtype: "F16" });
  await pack(place("half.safetensors"), place("half.codebook"), { base: place("base.safetensors") });
  const spy = jest.spyOn(threads, "sharedPool");
  const half = readFileSync(place("half.safetensors"));
  const source = await unwrapArchive(await fileSource(place("half.codebook")));
  expect(Buffer.compare(await source.read(half.length - 5000, half.length), half.subarray(half.length - 5000))).toBe(0);
  expect(spy).toHaveBeenCalledTimes(1);
  await (await unwrapArchive(memorySource(archived, "m.codebook"))).read(0, original.length);
  expect(spy).toHaveBeenCalledTimes(1);
});
