import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { CancelledError, FormatError, open, OptionError, SourceError, WriteError } from "../../kernel";
import { pack, unpack, verify } from "../../kernel/archive/archive";
import { fileSource } from "../../kernel/bytes/source";
import { readIndex } from "../../kernel/archive/contents-reader";
import { unwrapArchive } from "../../kernel/archive/source";
import { isFull } from "../tiers";
import { awkwardFile, manyBlocksFile, manyTypesFile } from "./archives";

const root = resolve(__dirname, "../../..");
let folder = "";
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "archive-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
const place = (name: string, bytes?: Uint8Array): string => {
  const path = join(folder, name);
  if (bytes) writeFileSync(path, bytes);
  return path;
};

test.each([
  ["awkward tensors", awkwardFile()],
  ["a tensor of each type", manyTypesFile()],
  ["blocks of each type", manyBlocksFile()],
  ["an empty file", new Uint8Array(0)],
  ["one byte", Uint8Array.of(7)],
  ["text", Buffer.from("no model at all ".repeat(5000))],
  ["a safetensors file with a broken header", awkwardFile().subarray(0, 4000)],
  ["GGUF in name only", Buffer.from("GGUF and then nothing")],
])("%s: packed, verified, unpacked, equal in every byte", async (_, bytes) => {
  const file = place("original", bytes);
  const packed = await pack(file, place("a.codebook"));
  expect(packed).toMatchObject({ originalBytes: bytes.length, sha256: sha256(bytes) });
  expect(packed.archiveBytes).toBe(readFileSync(packed.file).length);
  expect(await verify(packed.file)).toEqual(packed);
  await unpack(packed.file, place("restored"));
  expect(Buffer.compare(readFileSync(place("restored")), bytes)).toBe(0);
});

test.each([
  ["safetensors", awkwardFile()],
  ["safetensors", manyTypesFile()],
  ["gguf", manyBlocksFile()],
])("open() shows the model inside, tensor for tensor: %s", async (format, bytes) => {
  const file = place("model", bytes);
  await pack(file, place("model.codebook"));
  // The types of codes alone, which `open` takes for those of weights, are tensors like others here.
  const raw = { raw: true };
  const [model, original] = [await open(place("model.codebook"), raw), await open(file, raw)];
  expect(model.format).toBe(format);
  expect(model.metadata).toEqual(original.metadata);
  expect(model.tensors.map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual(
    original.tensors.map(({ name, dtype, shape }) => [name, dtype, shape]),
  );
  for (const tensor of original.tensors)
    expect(Buffer.compare(await model.tensor(tensor.name).readBytes(), await tensor.readBytes())).toBe(0);
  expect(await model.sha256()).toBe(await original.sha256());
});

test("one tensor is read without the rest; any range of bytes too", async () => {
  const bytes = awkwardFile();
  await pack(place("r.safetensors", bytes), place("r.codebook"));
  const archive = await fileSource(place("r.codebook"));
  const index = await readIndex(archive);
  const inside = await unwrapArchive(archive);
  const before = archive.bytesRead;
  const segment = index.segments.find((one) => one.tensor?.name === "f64");
  if (!segment) throw new Error("no such tensor");
  await inside.read(segment.start, segment.start + segment.length);
  expect(archive.bytesRead - before).toBe(segment.at[segment.at.length - 1] - segment.at[0]);
  for (let start = 0; start < bytes.length; start += 977)
    for (const length of [0, 1, 5, 3000]) {
      const end = Math.min(bytes.length, start + length);
      expect(Buffer.compare(await inside.read(start, end), bytes.subarray(start, end))).toBe(0);
    }
  await expect(inside.read(0, bytes.length + 1)).rejects.toThrow(SourceError);
});

test("the same bytes from one, two and three workers, over several batches and blocks", async () => {
  const values = new Uint8Array(11_000_003);
  for (let i = 0; i < values.length; i++) values[i] = ((i * i) >> 7) & 31;
  const file = place("large", values);
  const archives = [];
  for (const workers of [1, 2, 3]) {
    await pack(file, place(`w${workers}`), { workers });
    archives.push(sha256(readFileSync(place(`w${workers}`))));
  }
  expect(new Set(archives).size).toBe(1);
  expect((await unpack(place("w2"), place("large.out"), { workers: 2 })).sha256).toBe(sha256(values));
  expect(Buffer.compare(readFileSync(place("large.out")), values)).toBe(0);
});

test("progress reaches the whole; a stop leaves no file behind", async () => {
  const file = place("stopped", new Uint8Array(9_000_000));
  const seen: number[] = [];
  await pack(file, place("p.codebook"), { onProgress: ({ task, done }) => task === "packing" && seen.push(done) });
  expect(seen[seen.length - 1]).toBe(9_000_000);
  const stop = new AbortController();
  const names = readdirSync(folder);
  const stopped = pack(file, place("s.codebook"), { signal: stop.signal, onProgress: () => stop.abort() });
  await expect(stopped).rejects.toThrow(CancelledError);
  expect(existsSync(place("s.codebook"))).toBe(false);
  expect(readdirSync(folder)).toEqual(names);
});

test("a damaged archive unpacks to nothing, and the old file stays", async () => {
  await pack(place("d", awkwardFile()), place("d.codebook"));
  const bytes = readFileSync(place("d.codebook"));
  bytes[300] ^= 4;
  place("d.codebook", bytes);
  place("d.out", Buffer.from("old"));
  await expect(unpack(place("d.codebook"), place("d.out"))).rejects.toThrow(FormatError);
  expect(readFileSync(place("d.out"), "utf8")).toBe("old");
});

test("words that make no sense", async () => {
  const file = place("x", Uint8Array.of(1));
  await expect(pack(file, file)).rejects.toThrow(OptionError);
  await expect(pack(file, place("y"), { worker: 2 } as never)).rejects.toThrow('did you mean "workers"?');
  await expect(pack(place("missing"), place("y"))).rejects.toThrow("there is no such file");
  await expect(pack(file, join(folder, "no", "y"))).rejects.toThrow(WriteError);
});

test("the command line: pack, verify, unpack; nothing is overwritten unasked", () => {
  const cli = join(root, "lib/kernel/cli.js");
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [cli, ...args], { encoding: "utf8", stdio: "pipe" });
  const file = place("c.safetensors", awkwardFile());
  expect(run("pack", file)).toContain("10 tensors");
  expect(run("verify", `${file}.codebook`)).toContain(sha256(awkwardFile()));
  const info = run("info", `${file}.codebook`);
  expect(info).toContain(`SHA-256 ${sha256(awkwardFile())}`);
  expect(info.split("\n").filter((line) => / %/.test(line)).length).toBeGreaterThan(10);
  expect(() => run("info", `${file}.codebook`, "--force")).toThrow("info does not take --force");
  expect(() => run("unpack", `${file}.codebook`)).toThrow("exists already");
  rmSync(file);
  run("unpack", `${file}.codebook`);
  expect(Buffer.compare(readFileSync(file), awkwardFile())).toBe(0);
  expect(() => run("pack")).toThrow("takes one file");
});

// In its layers a model of 10 GB, which only a full run packs, is one of 1 GB ten times over.
const gigabytes = isFull ? 10 : 1;
test(
  `${gigabytes} GB: quantized, and packed, by processes of 512 MB that stay under 300 MB`,
  () => {
    const script = join(root, "test", "bench", "large.mjs");
    const printed = execFileSync(process.execPath, [script, String(gigabytes)], {
      encoding: "utf8",
      timeout: gigabytes * 240_000,
    });
    const peaks = [...printed.matchAll(/(\w+): .* (\d+) MB resident/g)].map(([, name, peak]) => ({
      name,
      peak: Number(peak),
    }));
    expect(peaks.map(({ name }) => name)).toEqual(["pack", "quantize"]);
    for (const { peak } of peaks) expect(peak).toBeLessThan(300);
  },
  gigabytes * 250_000,
);
