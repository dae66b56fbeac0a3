/** A model as the folder that transformers opens: which files it holds, in what order they get there, and what is refused. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CancelledError, OptionError, WriteError } from "../../kernel/errors";
import { fromArrays } from "../../kernel/formats/arrays";
import { checkGgufSizes, checkSizes, planFolder, type PlainFolderOptions } from "../../kernel/save/plain-folder";
import type { SavedModel } from "../../kernel/save/saved-model";

/** The names that files get, in their order. */
const mockOrder: string[] = [];
jest.mock("node:fs/promises", () => {
  type Call = (...words: string[]) => Promise<unknown>;
  const real = jest.requireActual<Record<string, Call>>("node:fs/promises");
  const rename = (from: string, to: string) => (mockOrder.push(to.replace(/.*[\\/]/, "")), real.rename(from, to));
  return { ...real, rename };
});

let root: string;
let from: string;
let to: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "codebook-folder-"));
  [from, to] = [join(root, "from"), join(root, "to")];
  mkdirSync(from);
  writeFileSync(join(from, "config.json"), JSON.stringify({ model_type: "own", torch_dtype: "bfloat16", layers: 2 }));
  writeFileSync(join(from, "tokenizer.json"), "{}");
  mockOrder.length = 0;
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const values = Float32Array.of(1, 2, 3);
function modelOf(more: object = {}): SavedModel {
  const { tensors, name, metadata } = fromArrays({ w: { shape: [3], values } }, { name: "tiny" });
  const report = { variants: [{}] };
  return { tensors, name, metadata, report, sha256: () => Promise.resolve("ab".repeat(32)), ...more } as never;
}
const options: PlainFolderOptions = {
  from: undefined,
  dtype: () => undefined,
  only: undefined,
  padHeads: false,
  signal: undefined,
  resume: false,
  replace: false,
  provenance: false,
  shardBytes: 5e9,
};
const saveFolder = async (model: SavedModel, folder: string, chosen: PlainFolderOptions) =>
  (await planFolder(model, chosen)).write(folder);
const save = (model: SavedModel, more: Partial<PlainFolderOptions> = {}) =>
  saveFolder(model, to, { ...options, ...more });
const configIn = (folder: string) => JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as object;
const config = { model_type: "own" };

test.each([false, true])(
  "the small files come first, the weights next, then config.json, and the folder's name last (resume: %p)",
  async (resume) => {
    const { bytes, files } = await save(modelOf(), { from, resume });
    expect(files).toEqual(["tokenizer.json", "model.safetensors", "config.json"]);
    expect(mockOrder.map((name) => name.replace(/[0-9a-f]{16}$/, "KEY"))).toEqual([...files, "to.whole-KEY", "to"]);
    expect(readdirSync(to).sort()).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
    const file = readFileSync(join(to, "model.safetensors"));
    expect(file).toHaveLength(bytes);
    expect(file.toString("latin1")).toContain('"__metadata__":{"format":"pt"}');
    expect(new Float32Array(new Uint8Array(file.subarray(file.length - 12)).buffer)).toEqual(values);
  },
);

describe("config.json", () => {
  test("is that of the original's folder, or the model's own before it", async () => {
    await save(modelOf(), { from });
    expect(configIn(to)).toEqual({ model_type: "own", torch_dtype: "bfloat16", layers: 2 });
    expect(readFileSync(join(to, "config.json"))).toEqual(readFileSync(join(from, "config.json")));
    await save(modelOf({ config: { model_type: "other" } }), { from });
    expect(configIn(to)).toEqual({ model_type: "other" });
  });

  test("names the type of the weights where all have one now, under the key that it has", async () => {
    await save(modelOf(), { from, only: "F16", dtype: () => "F16" });
    expect(configIn(to)).toMatchObject({ torch_dtype: "float16" });
    await save(modelOf({ config: { dtype: "float32", torch_dtype: "float32" } }), { only: "BF16" });
    expect(configIn(to)).toEqual({ dtype: "bfloat16", torch_dtype: "float32" });
    await save(modelOf({ config }), { only: "F32" });
    expect(configIn(to)).toEqual(config);
  });

  test("is needed, and that of another size is none", async () => {
    const words =
      'save(): tiny has no config.json, which a folder needs; save("small.safetensors") writes the weights alone';
    await expect(save(modelOf())).rejects.toThrow(words);
    const smaller = modelOf({ report: { variants: [{ parameters: 2 }] } });
    await expect(save(smaller, { from })).rejects.toThrow(words);
    expect(existsSync(to)).toBe(false);
    await save(modelOf({ report: { variants: [{ parameters: 2 }] }, config }), { from });
    expect(configIn(to)).toEqual(config);
  });
});

describe("a folder that cannot be it is refused", () => {
  test("the original's own", async () => {
    await expect(saveFolder(modelOf(), from, { ...options, from })).rejects.toThrow(
      `save(): ${from} is the original's own folder; name another`,
    );
    expect(readdirSync(from)).toHaveLength(2);
  });

  test("one that cannot be made", async () => {
    writeFileSync(to, "a file");
    const saved = saveFolder(modelOf({ config }), join(to, "sub"), options);
    await expect(saved).rejects.toThrow(WriteError);
    await expect(saved).rejects.toThrow(/the folder cannot be made: .*(EEXIST|ENOTDIR)/);
  });
});

test("a signal stops it: the old config.json stays", async () => {
  await save(modelOf({ config }));
  await expect(save(modelOf({ config: { model_type: "new" } }), { signal: AbortSignal.abort() })).rejects.toThrow(
    CancelledError,
  );
  expect(configIn(to)).toEqual(config);
});

describe("sizes that differ from block to block", () => {
  const llama = { model_type: "llama", num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 8 };

  test("are refused for transformers, which builds all blocks alike", () => {
    expect(() => checkSizes(llama)).not.toThrow();
    expect(() => checkSizes({ ...llama, intermediate_size: [8, 6] })).toThrow(
      'save(): intermediate_size is [8, 6], and transformers builds all blocks alike; scope: "layer" takes the same number from each, save("small.safetensors") keeps these',
    );
    expect(() => checkSizes({ ...llama, num_attention_heads: [4, 3] })).toThrow("num_attention_heads is [4, 3]");
    expect(() => checkSizes({ ...llama, num_key_value_heads: [4, 3] })).toThrow("num_key_value_heads is [4, 3]");
    const [eight, nine] = [8, 9].map((length) => Array.from({ length }, (_, i) => i + 1));
    expect(() => checkSizes({ ...llama, intermediate_size: eight })).toThrow("is [1, 2, 3, 4, 5, 6, 7, 8], and");
    expect(() => checkSizes({ ...llama, intermediate_size: nine })).toThrow("is [1, 2, 3, 4, 5, 6, 7, 8, …], and");
  });

  test("are none where llama.cpp's architecture takes them, or the lists say the same of each", () => {
    const metadata = (architecture: string, more: object) => ({ "general.architecture": architecture, ...more });
    const uneven = { "llama.feed_forward_length": [8, 6] };
    expect(() => checkGgufSizes(metadata("llama", uneven))).toThrow(
      "save(): llama.feed_forward_length is [8, 6], and llama.cpp builds the blocks of llama alike",
    );
    expect(() => checkGgufSizes(metadata("llama", { "llama.attention.head_count": [4, 3] }))).toThrow(OptionError);
    expect(() => checkGgufSizes(metadata("llama", { "llama.attention.head_count_kv": [4, 3] }))).toThrow(OptionError);
    checkGgufSizes(metadata("llama", { "llama.feed_forward_length": [8, 8], "llama.attention.head_count": 4 }));
    checkGgufSizes(metadata("deci", { "deci.feed_forward_length": [8, 6] }));
    checkGgufSizes(metadata("openelm", { "openelm.feed_forward_length": [8, 6] }));
    checkGgufSizes(uneven);
  });

  test("a width that transformers derives cannot be another", () => {
    for (const type of ["bloom", "mpt"]) {
      expect(() => checkSizes({ model_type: type })).not.toThrow();
      expect(() => checkSizes({ model_type: type, intermediate_size: 8 })).toThrow(
        `save(): transformers gives ${type} a feed-forward part of four times its width`,
      );
    }
  });
});
