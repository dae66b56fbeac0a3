import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openingNotes } from "../../kernel/checkpoints/select-part";
import { open, saveGguf } from "../../kernel";
import { memorySource } from "../../kernel/bytes/source";
import { FormatError } from "../../kernel/errors";
import { readShardIndex } from "../../kernel/formats/shards";
import { entry, ggufFile, pair, safetensorsFile } from "./files";

/** Models in several files: GGUF as gguf-py splits it (test/fixtures/formats/make_gguf_parts.py), PyTorch's shards with their index. */

const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(resolve(__dirname, "../../../test/fixtures/formats", name), "utf8")) as T;
const parts = fixture<{ files: Record<string, string>; tensors: Record<string, [number[], string]> }>(
  "gguf_parts.json",
);
const names = Object.keys(parts.files);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-shards-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const write = (name: string, bytes: Uint8Array | string): void => writeFileSync(join(folder, name), bytes);
const failure = async (path: string): Promise<Error> =>
  open(path).then(
    () => Promise.reject(new Error("it opened")),
    (error: unknown) => error as Error,
  );

describe("GGUF in parts", () => {
  beforeEach(() => names.forEach((name) => write(name, Buffer.from(parts.files[name], "base64"))));

  it("is one model, by its first part or its folder", async () => {
    for (const path of [join(folder, names[0]), folder]) {
      const model = await open(path);
      expect(model.tensors.map(({ name, shape }) => [name, [...shape]])).toEqual(
        Object.entries(parts.tensors).map(([name, [shape]]) => [name, shape]),
      );
      for (const tensor of model.tensors)
        expect([tensor.name, sha256(await tensor.readBytes())]).toEqual([tensor.name, parts.tensors[tensor.name][1]]);
      expect(model.metadata["llama.block_count"]).toBe(5);
      expect(Object.keys(model.metadata).filter((key) => key.startsWith("split."))).toEqual([]);
      expect(await model.sha256()).toBe(sha256(Buffer.concat(names.map((name) => readFileSync(join(folder, name))))));
    }
  });

  it("saves as one file, types and lists kept", async () => {
    const model = await open(folder);
    await saveGguf(model, join(folder, "whole.gguf"));
    const whole = await open(join(folder, "whole.gguf"));
    expect(whole.tensors).toHaveLength(5);
    expect(whole.metadata["tokenizer.ggml.tokens"]).toEqual(["a", "b", "ü"]);
    expect("split.count" in whole.metadata).toBe(false);
  });

  it("says which part is the first, and which is missing", async () => {
    expect((await failure(join(folder, names[1]))).message).toMatch(
      /this is part 2 of 3; open the first, model-00001-of-00003\.gguf/,
    );
    rmSync(join(folder, names[2]));
    expect((await failure(folder)).message).toMatch(/model-00003-of-00003\.gguf: this shard is missing/);
  });

  const part = (
    no: number,
    count: number,
    total: number,
    tensor: string,
    change: Record<string, number | undefined> = {},
  ): Uint8Array => {
    const keys = { "split.no": no, "split.count": count, "split.tensors.count": total, ...change };
    const pairs = Object.entries(keys).filter(([, value]) => value !== undefined);
    return ggufFile({
      pairs: pairs.map(([key, value]) => pair(key, 4, ["u32", value as number])),
      tensors: [{ name: tensor, sizes: [8], type: 0, offset: 0 }],
      dataBytes: 32,
    });
  };
  it.each<[string, Uint8Array[], RegExp]>([
    [
      "the same tensor in two",
      [part(0, 2, 2, "a"), part(1, 2, 2, "a")],
      /part-00002-of-00002\.gguf.*the tensor "a" is in part-00001-of-00002\.gguf too/,
    ],
    ["a part out of order", [part(0, 2, 2, "a"), part(0, 2, 2, "b")], /part-00002.*split\.no is 0; expected 1/],
    ["a first that is none", [part(1, 2, 2, "a"), part(1, 2, 2, "b")], /part-00001.*split\.no is 1; expected 0/],
    ["another number of parts", [part(0, 2, 2, "a"), part(1, 3, 2, "b")], /part-00002.*split\.count is 3; expected 2/],
    ["another number of tensors", [part(0, 2, 2, "a"), part(1, 2, 3, "b")], /split\.tensors\.count is 3; expected 2/],
    [
      "fewer tensors than said",
      [part(0, 2, 5, "a"), part(1, 2, 5, "b")],
      /split\.tensors\.count is 5; expected 2, as the parts have/,
    ],
    [
      "a part without keys",
      [part(0, 2, 2, "a"), part(1, 2, 2, "b", { "split.no": undefined })],
      /split\.no is missing/,
    ],
    [
      "no number of tensors",
      [part(0, 2, 2, "a", { "split.tensors.count": undefined }), part(1, 2, 2, "b")],
      /split\.tensors\.count is missing/,
    ],
    [
      "four billion parts",
      [part(0, 2 ** 32 - 1, 2, "a"), part(1, 2, 2, "b")],
      /split\.count is 4294967295; expected a number of parts up to 10000/,
    ],
    ["more parts than the name says", [part(0, 3, 2, "a"), part(1, 3, 2, "b")], /its name does not tell the others/],
  ])("%s", async (_, files, message) => {
    files.forEach((bytes, at) => write(`part-0000${at + 1}-of-00002.gguf`, bytes));
    expect((await failure(join(folder, "part-00001-of-00002.gguf"))).message).toMatch(message);
  });

  it("made by hand opens too", async () => {
    [part(0, 2, 2, "a"), part(1, 2, 2, "b")].forEach((bytes, at) => write(`part-0000${at + 1}-of-00002.gguf`, bytes));
    expect((await open(join(folder, "part-00001-of-00002.gguf"))).tensors).toHaveLength(2);
  });

  it("a part that is a link out of the folder is refused", async () => {
    const inside = mkdtempSync(join(folder, "inside-"));
    writeFileSync(join(inside, "p-00001-of-00002.gguf"), part(0, 2, 2, "a"));
    write("secret.gguf", part(1, 2, 2, "b"));
    symlinkSync(join(folder, "secret.gguf"), join(inside, "p-00002-of-00002.gguf"));
    expect((await failure(inside)).message).toMatch(/is a link that leads out of the folder/);
  });
});

describe("pytorch_model.bin.index.json", () => {
  const [, file] = Object.entries(fixture<Record<string, { file: string; tensors: object }>>("arrays.json")).find(
    ([name]) => name === "torch state dict",
  ) ?? ["", { file: "", tensors: {} }];
  const tensors = Object.keys(file.tensors);
  const index = (map: Record<string, string>): string =>
    JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
  const mapped = (shard: string): Record<string, string> => Object.fromEntries(tensors.map((name) => [name, shard]));
  beforeEach(() => write("pytorch_model-00001-of-00001.bin", Buffer.from(file.file, "base64")));

  it("opens its shards", async () => {
    write("pytorch_model.bin.index.json", index(mapped("pytorch_model-00001-of-00001.bin")));
    const model = await open(folder);
    expect([model.format, model.tensors.map(({ name }) => name)]).toEqual(["pytorch", tensors]);
    expect(tensors.length).toBeGreaterThan(0);
  });

  it.each<[string, Record<string, string>, RegExp]>([
    [
      "a tensor that is not there",
      { ...mapped("pytorch_model-00001-of-00001.bin"), more: "pytorch_model-00001-of-00001.bin" },
      /tensor "more" is not in/,
    ],
    [
      "two kinds",
      { ...mapped("pytorch_model-00001-of-00001.bin"), w: "model.safetensors" },
      /expected a file of the same kind/,
    ],
    ["a way out", { w: "../pytorch_model.bin" }, /the shard is "\.\.\/pytorch_model\.bin"/],
    ["a missing shard", { w: "nothing.bin" }, /this shard is missing/],
  ])("%s is refused", async (_, map, message) => {
    write("pytorch_model.bin.index.json", index(map));
    write("model-x.safetensors", safetensorsFile(`{${entry("w", "U8", [1], 0, 1)}}`, 1));
    expect((await failure(join(folder, "pytorch_model.bin.index.json"))).message).toMatch(message);
  });

  it("tensors that are not mapped are taken as well, with a note", async () => {
    write("pytorch_model.bin.index.json", index({ [tensors[0]]: "pytorch_model-00001-of-00001.bin" }));
    const model = await open(join(folder, "pytorch_model.bin.index.json"));
    expect(model.tensors.map(({ name }) => name)).toEqual(tensors);
    expect(openingNotes(model).join()).toContain(`${tensors.length - 1} tensors that the index does not name`);
  });

  it("a shard that is no archive, or one of something else, is refused", async () => {
    write("pytorch_model.bin.index.json", index({ w: "s.bin" }));
    write("s.bin", "hello, this is no archive of any kind");
    expect((await failure(join(folder, "pytorch_model.bin.index.json"))).message).toMatch(
      /there is no end of a zip directory/,
    );
  });
});

describe("an index", () => {
  const read = (text: string) => readShardIndex(memorySource(Buffer.from(text), "index.json"));

  it("gives each shard its tensors, with the byte that says so, and the metadata", async () => {
    const text = '{"metadata":{"total_size":12},"weight_map":{"a":"1.bin","b":"2.bin","c":"1.bin"},"more":[1]}';
    const { shards, metadata } = await read(text);
    expect(metadata).toMatchObject({ total_size: 12 });
    expect([...shards].map(([shard, tensors]) => [shard, [...tensors]])).toEqual([
      [
        "1.bin",
        [
          ["a", text.indexOf('"a"')],
          ["c", text.indexOf('"c"')],
        ],
      ],
      ["2.bin", [["b", text.indexOf('"b"')]]],
    ]);
  });

  it.each([
    ["{}", "the index has no weight_map"],
    ['{"weight_map":{}}', "the weight_map is empty"],
    ['{"metadata":[],"weight_map":{"a":"1.bin"}}', "the metadata is no object"],
    ['{"weight_map":{"a":"../1.bin"}}', 'the shard is "../1.bin"'],
    ['{"weight_map":{"a":"1.txt"}}', 'the shard is "1.txt"'],
    ['{"weight_map":{"a":"1.bin","b":"2.safetensors"}}', 'the shard is "2.safetensors"'],
    ['{"weight_map":{"a":"1.bin"}} x', "expected the end of the file"],
  ])("%s is refused", async (text, message) => {
    const error = await read(text).catch((thrown: unknown) => thrown as Error);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toContain(message);
  });
});
