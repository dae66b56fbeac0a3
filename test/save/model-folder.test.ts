/** A folder as transformers opens it: what it takes from the original, what of the old folder stays, and that it is one. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compress,
  fromArrays,
  linear,
  magnitude,
  nf4,
  open,
  OptionError,
  saveSafetensors,
  type CompressedModel,
} from "../../kernel";

import { folderOptionNames } from "../../kernel/save/model-folder";
import { TensorSet } from "../../kernel/tensor/tensor-set";

let root: string;
let from: string;
let to: string;
let packed: CompressedModel;
let plain: CompressedModel;
const config =
  '{\n  "model_type": "own",\n  "eps": 1e-05, "theta": 30.0,\n  "big": 12345678901234567890, "cap": Infinity\n}\n';

test("a model of a GGUF file is refused as a folder, with what opens it", async () => {
  const { tensors } = fromArrays({ "blk.0.ffn_up.weight": { shape: [4, 32], values: new Float32Array(128).fill(1) } });
  const sha256 = () => Promise.resolve("00".repeat(32));
  const metadata = { "general.architecture": "llama" };
  const model = new TensorSet({ name: "own", format: "gguf", tensors, metadata, sha256 });
  for (const steps of [linear({ bits: 4, group: 32 }), nf4(), magnitude({ sparsity: 0.5 })]) {
    const saving = (await compress(model, steps)).save(`${to}/`, { from });
    await expect(saving).rejects.toThrow(OptionError);
    await expect(saving).rejects.toThrow(/none of its names, such as blk\.0\.ffn_up\.weight; save\("small\.gguf"\)/);
  }
});

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "codebook-model-folder-"));
  [from, to] = [join(root, "from"), join(root, "to")];
  mkdirSync(join(from, "1_Pooling"), { recursive: true });
  writeFileSync(join(from, "config.json"), config);
  writeFileSync(join(from, "README.md"), "# Own\n\nWords.\n");
  writeFileSync(join(from, "tokenizer.json"), "{}");
  writeFileSync(join(from, "1_Pooling/config.json"), '{"pooling_mode_mean_tokens": true}');
  writeFileSync(join(from, "pytorch_model.bin"), "other weights");
  const values = Float32Array.from({ length: 256 }, (_, i) => Math.sin(i));
  const shape = [4, 32];
  const model = fromArrays({
    "a.weight": { shape, values: values.subarray(0, 128) },
    "b.weight": { shape, values: values.subarray(128) },
  });
  await saveSafetensors(model, join(from, "model.safetensors"));
  const opened = await open(from);
  packed = await compress(opened, linear({ bits: 4, group: 32 }));
  plain = await compress(opened, magnitude({ sparsity: 0.5 }));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const inFolder = () => readdirSync(to, { recursive: true }).map(String).sort();
const textOf = (name: string) => readFileSync(join(to, name), "utf8");
const usual = ["1_Pooling", "1_Pooling/config.json", "README.md", "config.json", "model.safetensors", "tokenizer.json"];

test("what lies beside the weights comes along, config.json with its characters, and the card says what was done", async () => {
  await plain.save(`${to}/`);
  expect(inFolder()).toEqual(usual);
  expect(textOf("config.json")).toBe(config);
  expect(textOf("README.md")).toMatch(
    /^# Own\n\nWords\.\n\n<!-- codebook:begin -->\n[^]*`1_Pooling\/config\.json` \| 34 \|/,
  );
  expect(textOf("README.md")).not.toContain(root);
  await packed.save(`${to}/`);
  expect(textOf("config.json").startsWith(config.slice(0, -3))).toBe(true);
  expect(textOf("config.json")).toContain('"quant_method": "compressed-tensors"');
  expect((await open(to)).metadata).toMatchObject({ format: "pt", "codebook.seed": "0" });
});

test("the same call gives the same bytes, and without provenance the files are as the library writes them", async () => {
  await packed.save(`${to}/`);
  const first = inFolder()
    .filter((name) => /\./.test(name))
    .map((name) => readFileSync(join(to, name)));
  await packed.save(`${to}/`, { resume: true });
  expect(
    inFolder()
      .filter((name) => /\./.test(name))
      .map((name) => readFileSync(join(to, name))),
  ).toEqual(first);
  await packed.save(`${to}/`, { provenance: false });
  expect(textOf("README.md")).toBe("# Own\n\nWords.\n");
  expect((await open(to)).metadata).toEqual({ format: "pt" });
});

test("one file becomes several and back, and nothing of the other lies about; the reader's own files and words stay", async () => {
  const { bytes, files } = await plain.save(`${to}/`, { maxShardSize: "600B" });
  const shards = [
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
  ];
  expect(files.filter((name) => name.startsWith("model"))).toEqual(shards);
  expect(bytes).toBe(shards.slice(0, 2).reduce((sum, name) => sum + readFileSync(join(to, name)).length, 0));
  writeFileSync(join(to, "notes.txt"), "mine");
  writeFileSync(join(to, "1_Pooling/mine.txt"), "mine");
  writeFileSync(join(to, "README.md"), textOf("README.md").replace("Words.", "Other words."));
  rmSync(join(from, "tokenizer.json"));
  await plain.save(`${to}/`);
  expect(inFolder()).toEqual(
    [...usual, "1_Pooling/mine.txt", "notes.txt"].filter((name) => name !== "tokenizer.json").sort(),
  );
  expect(textOf("README.md")).toMatch(/^# Own\n\nOther words\./);
  expect((await open(to)).tensors).toHaveLength(2);
});

test("a card of another model's save gives way to the original's", async () => {
  await plain.save(`${to}/`);
  const other = await compress(
    fromArrays({ "a.weight": { shape: [1, 32], values: new Float32Array(32).fill(1) } }, { name: "other" }),
    linear({ bits: 4, group: 32 }),
  );
  await other.save(`${to}/`, { from });
  expect(textOf("README.md")).toMatch(/^# Own\n\nWords\.\n\n<!-- codebook:begin -->[^]*Made from `other`/);
});

test("a large file stays behind, and the card says so", async () => {
  writeFileSync(join(from, "large.txt"), "");
  truncateSync(join(from, "large.txt"), 200 * 1024 * 1024);
  await plain.save(`${to}/`);
  expect(inFolder()).toEqual(usual);
  expect(textOf("README.md")).toContain("did not come along, being large: `large.txt` (209715200 bytes).");
});

test("the original's folder is refused, and options that are none", async () => {
  expect(folderOptionNames).toEqual(expect.arrayContaining(["replace", "maxShardSize", "provenance"]));
  await expect(plain.save(`${from}/`)).rejects.toThrow(
    "is the original's own folder; name another, or { replace: true }",
  );
  for (const wrong of [{ maxShardSize: "big" }, { replace: "yes" }, { provenance: 1 }])
    await expect(plain.save(`${to}/`, wrong as object)).rejects.toThrow(OptionError);
  await expect(plain.save(join(root, "a.safetensors"), { maxShardSize: "1GB" })).rejects.toThrow(
    "maxShardSize goes with a folder",
  );
  expect(readdirSync(root)).toEqual(["from"]);
});
