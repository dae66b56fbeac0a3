/** A model in one safetensors file or in several: what is in which, and what the index says. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OptionError } from "../../kernel/errors";
import { fromArrays } from "../../kernel/formats/arrays";
import { shardBytesOf, shardedFiles, usualShardBytes, writeShards } from "../../kernel/formats/safetensors-shards";
import { open } from "../../kernel/open/open";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codebook-shards-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const sizes = { a: 10, b: 100, c: 3, d: 4, e: 300, f: 1 };
const model = fromArrays(
  Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => [name, { shape: [size], values: new Float32Array(size).fill(size) }]),
  ),
);
const divided = (shardBytes: number) => shardedFiles(model.tensors, { metadata: { format: "pt" }, shardBytes });
const write = (shardBytes: number, resume = false) =>
  writeShards(model, root, divided(shardBytes), { resume, signal: undefined });

test("sizes are read as transformers reads them", () => {
  expect(shardBytesOf("save")).toBe(5_000_000_000);
  expect(["5GB", "500MiB", "1.5 kb", "7B", "2TiB"].map((size) => shardBytesOf("save", size))).toEqual([
    5e9,
    500 * 2 ** 20,
    1500,
    7,
    2 ** 41,
  ]);
  expect(shardBytesOf("save", 12)).toBe(12);
  for (const wrong of ["5", "GB", "5 G", "-1GB", "", 0, -1, 1.5, NaN])
    expect(() => shardBytesOf("save", wrong)).toThrow(OptionError);
  expect(() => shardBytesOf("save", "5 gigs")).toThrow(
    'save(): maxShardSize is "5 gigs"; it takes a size as "5GB" or "500MiB", or a number of bytes',
  );
});

test("a model under the size is one file", async () => {
  expect(await write(usualShardBytes)).toEqual(["model.safetensors"]);
  expect(readdirSync(root)).toEqual(["model.safetensors"]);
  expect(statSync(join(root, "model.safetensors")).size).toBe(divided(usualShardBytes).bytes);
});

test("above it tensors go to files in their order, a large one alone, and an index says where each is", async () => {
  const names = [1, 2, 3, 4].map((at) => `model-0000${at}-of-00004.safetensors`);
  expect(await write(430)).toEqual([...names, "model.safetensors.index.json"]);
  expect(JSON.parse(readFileSync(join(root, "model.safetensors.index.json"), "utf8"))).toEqual({
    metadata: { total_size: 4 * 418 },
    weight_map: { a: names[0], b: names[1], c: names[1], d: names[1], e: names[2], f: names[3] },
  });
  const total = names.reduce((sum, name) => sum + statSync(join(root, name)).size, 0);
  expect(total).toBe(divided(430).bytes);
  const opened = await open(root);
  for (const [name, size] of Object.entries(sizes))
    expect(await opened.tensor(name).read()).toEqual(new Float32Array(size).fill(size));
});

test("files that have their names are not written again when a writing is taken up", async () => {
  const names = await write(430, true);
  const before = names.map((name) => statSync(join(root, name)).ino);
  rmSync(join(root, names[1]));
  await write(430, true);
  const after = names.map((name) => statSync(join(root, name)).ino);
  expect([0, 2, 3].map((at) => after[at] === before[at])).toEqual([true, true, true]);
  expect((await open(root)).tensors).toHaveLength(6);
});

test("a name that comes twice is refused, though in two files", () => {
  const [a, b] = model.tensors;
  expect(() => shardedFiles([a, b, a], { metadata: {}, shardBytes: 40 })).toThrow('the name "a" is used already');
});

test("no tensors are one file", async () => {
  mkdirSync(join(root, "empty"));
  const none = shardedFiles([], { metadata: {}, shardBytes: 1 });
  expect(await writeShards({}, join(root, "empty"), none, { resume: false, signal: undefined })).toEqual([
    "model.safetensors",
  ]);
});
