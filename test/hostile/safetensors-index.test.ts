import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../kernel";
import { memorySource } from "../../kernel/bytes/source";
import { readShardIndex } from "../../kernel/formats/shards";
import { entry, safetensorsFile } from "../formats/files";

type Hostile = readonly [what: string, index: string, part: string, says: RegExp];

const shardName = (shard: string): string => `{"weight_map":{"w":${JSON.stringify(shard)}}}`;
/** An index whose shard has a bad name: the error names the tensor's key. */
const badShard = (shard: string): Hostile => [
  `the shard ${JSON.stringify(shard)}`,
  shardName(shard),
  '"w"',
  /the shard is .*plain name of a .safetensors file/,
];

const table: Hostile[] = [
  badShard("../outside.safetensors"),
  badShard("../../etc/passwd"),
  badShard("/etc/passwd"),
  badShard("/tmp/a.safetensors"),
  badShard("sub/a.safetensors"),
  badShard("./a.safetensors"),
  badShard("..\\a.safetensors"),
  badShard("C:\\a.safetensors"),
  badShard("C:a.safetensors"),
  badShard("\\\\server\\a.safetensors"),
  badShard("a\0.safetensors"),
  badShard("a\n.safetensors"),
  badShard("\u007f.safetensors"),
  badShard(".."),
  badShard("."),
  badShard(""),
  badShard(".hidden.safetensors"),
  badShard("../a.bin"),
  badShard("a.bin.exe"),
  badShard("pytorch_model.pt"),
  badShard("CON.safetensors"),
  badShard("nul.safetensors"),
  badShard("com1.safetensors"),
  badShard(`${"a".repeat(256)}.safetensors`),
  badShard("file:a.safetensors"),
  ["an empty file", "", "", /the index begins with the end/],
  ["a list", "[]", "[", /an object/],
  ["no weight_map", '{"metadata":{}}', "{", /no weight_map/],
  ["an empty weight_map", '{"weight_map":{}}', "{", /weight_map is empty/],
  ["a weight_map that is a list", '{"weight_map":[]}', "[", /an object/],
  ["the weight_map twice", '{"weight_map":{"w":"a.safetensors"}, "weight_map":{}}', ' "weight_map"', /comes twice/],
  ["a tensor twice", '{"weight_map":{"w":"a.safetensors", "w":"b.safetensors"}}', ' "w"', /"w" comes twice/],
  ["__proto__ as a tensor", '{"weight_map":{"__proto__":"a.safetensors"}}', '"__proto__"', /__proto__/],
  ["__proto__ in the metadata", '{"metadata":{"__proto__":1},"weight_map":{}}', '"__proto__"', /__proto__/],
  ["a shard that is a number", '{"weight_map":{"w":1}}', "1", /a string/],
  ["a shard that is null", '{"weight_map":{"w":null}}', "null", /a string/],
  ["metadata that is a string", '{"metadata":"x","weight_map":{}}', '"metadata"', /no object/],
  [
    "metadata nested too deep",
    `{"metadata":${'{"a":'.repeat(9)}1${"}".repeat(9)},"weight_map":{}}`,
    '{"a":1',
    /nested too deep/,
  ],
  ["a million brackets", `{"x":${"[".repeat(1_000_000)}`, "[".repeat(8), /nested too deep/],
  [
    "a number past 2^53",
    '{"metadata":{"total_size":9007199254740993},"weight_map":{}}',
    "9007",
    /at most 9007199254740991/,
  ],
  ["a number past every double", '{"metadata":{"total_size":1e999},"weight_map":{}}', "1e999", /double/],
  ["NaN", '{"metadata":{"total_size":NaN},"weight_map":{}}', "NaN", /a JSON value/],
  ["a number with a leading zero", '{"metadata":{"total_size":012},"weight_map":{}}', "012", /a JSON value/],
  ["a tail", '{"weight_map":{"w":"a.safetensors"}} x', "x", /after the end/],
  ["no end", '{"weight_map":{"w":"a.safetensors"}', "\0", /inside the index/],
];

describe("hostile indexes", () => {
  it(`there are ${table.length}`, () => expect(table.length).toBeGreaterThanOrEqual(30));
  it.each(table)("%s", async (_, index, part, says) => {
    const offset =
      part === "\0"
        ? index.length
        : part === "[".repeat(8)
          ? 5 + 8
          : index.indexOf(part) + (part.startsWith(" ") ? 1 : 0);
    const error = await readShardIndex(memorySource(Buffer.from(index), "model.safetensors.index.json")).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error?.message).toMatch(says);
    expect(error).toMatchObject({ code: "FORMAT", file: "model.safetensors.index.json", offset });
  });
});

describe("an index and its shards", () => {
  let folder: string;
  const shard = (...names: string[]): Uint8Array =>
    safetensorsFile(
      `{${names.map((name, i) => entry(name, "F32", [1], 4 * i, 4 * i + 4)).join(",")}}`,
      4 * names.length,
    );
  const index = (map: Record<string, string>): string =>
    JSON.stringify({ metadata: { total_size: 12 }, weight_map: map });
  const indexName = "model.safetensors.index.json";
  const put = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, "m", name), content);
  const opened = (): Promise<unknown> => open(join(folder, "m")).then(undefined, (error) => error);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "codebook-index-"));
    mkdirSync(join(folder, "m"));
    put("b.safetensors", shard("x", "y"));
    put("a.safetensors", shard("z"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("open together, in the order of the shards", async () => {
    put(indexName, index({ x: "b.safetensors", z: "a.safetensors", y: "b.safetensors" }));
    const model = await open(join(folder, "m"));
    expect([model.name, model.format, model.tensors.map((t) => t.name), model.parameters]).toEqual([
      "m",
      "safetensors",
      ["z", "x", "y"],
      3,
    ]);
    expect({ ...model.metadata }).toEqual({ total_size: 12 });
    expect([...(await model.tensor("y").read())]).toEqual([0]);
    expect(await model.sha256()).toMatch(/^[0-9a-f]{64}$/);
    expect(await open(join(folder, "m", indexName))).toMatchObject({ name: "m", parameters: 3 });
  });

  it("a tensor that its shard does not have", async () => {
    put(indexName, index({ x: "b.safetensors", y: "b.safetensors", z: "a.safetensors", q: "a.safetensors" }));
    const offset = index({ x: "b.safetensors", y: "b.safetensors", z: "a.safetensors", q: "" }).indexOf('"q"');
    expect(await opened()).toMatchObject({
      code: "FORMAT",
      offset,
      message: expect.stringContaining('"q" is not in "a.safetensors"'),
    });
  });

  it("a shard that is missing, a folder, or hostile itself", async () => {
    put(indexName, index({ x: "c.safetensors" }));
    expect(await opened()).toMatchObject({ code: "SOURCE", message: expect.stringContaining("shard is missing") });
    mkdirSync(join(folder, "m", "c.safetensors"));
    expect(await opened()).toMatchObject({ code: "SOURCE", message: expect.stringContaining("is a folder") });
    rmSync(join(folder, "m", "c.safetensors"), { recursive: true });
    put("c.safetensors", safetensorsFile("{}", 0, 99));
    expect(await opened()).toMatchObject({ code: "FORMAT", file: join(folder, "m", "c.safetensors"), offset: 0 });
  });

  it("a link that leads out of the folder", async () => {
    writeFileSync(join(folder, "secret.safetensors"), shard("x"));
    symlinkSync(join(folder, "secret.safetensors"), join(folder, "m", "c.safetensors"));
    put(indexName, index({ x: "c.safetensors" }));
    expect(await opened()).toMatchObject({
      code: "FORMAT",
      offset: index({ x: "" }).indexOf('"x"'),
      message: expect.stringContaining("leads out of the folder"),
    });
  });

  it("a download cache, where index and shards are links into one store, opens", async () => {
    mkdirSync(join(folder, "blobs"));
    writeFileSync(join(folder, "blobs", "1"), index({ x: "c.safetensors" }));
    writeFileSync(join(folder, "blobs", "2"), shard("x"));
    mkdirSync(join(folder, "snapshot"));
    symlinkSync("../blobs/1", join(folder, "snapshot", indexName));
    symlinkSync("../blobs/2", join(folder, "snapshot", "c.safetensors"));
    expect(await open(join(folder, "snapshot"))).toMatchObject({ name: "snapshot", parameters: 1 });
  });
});
