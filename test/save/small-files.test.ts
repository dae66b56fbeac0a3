/** What comes along beside a model's weights, and what stays behind. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { FormatError, SourceError } from "../../kernel/errors";
import { copySmallFiles, smallFilesOf } from "../../kernel/save/small-files";

let root: string;
let from: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "small-"));
  from = join(root, "from");
  mkdirSync(from);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(...names: string[]): void {
  for (const name of names) {
    mkdirSync(dirname(join(from, name)), { recursive: true });
    writeFileSync(join(from, name), name);
  }
}
const paths = async () => (await smallFilesOf(from)).files.map(({ path }) => path);

test("tokenizers, settings, templates, code and licences come along", async () => {
  const names = [
    "LICENSE",
    "additional_chat_templates/tool.jinja",
    "chat_template.jinja",
    "generation_config.json",
    "merges.txt",
    "modeling_own.py",
    "parts/__init__.py",
    "parts/deeper/layers.py",
    "sentencepiece.bpe.model",
    "tokenizer.json",
    "tokenizer.model",
    "vocab.txt",
  ];
  put(...names);
  expect(await paths()).toEqual(names);
  mkdirSync(join(root, "to"));
  await copySmallFiles(from, join(root, "to"), (await smallFilesOf(from)).files);
  expect(readFileSync(join(root, "to/parts/deeper/layers.py"), "utf8")).toBe("parts/deeper/layers.py");
  expect(readdirSync(join(root, "to"))).toHaveLength(11);
});

test("weights in any form, their indices, caches, and what is written anew stay behind", async () => {
  put(
    "config.json",
    "README.md",
    "quantize_config.json",
    "adapter_config.json",
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model-00001-of-00002.bin",
    "pytorch_model.bin.index.json",
    "tf_model.h5",
    "flax_model.msgpack",
    "rust_model.ot",
    "model.onnx",
    "model.onnx_data",
    "model.onnx.data",
    "model-Q4_K_M.gguf",
    "openvino_model.xml",
    "optimizer.pt",
    "consolidated.00.pth",
    "model.ckpt.data-00000-of-00001",
    "model.json",
    ".gitattributes",
    ".git/HEAD",
    ".cache/huggingface/x.json",
    "__pycache__/a.txt",
    ".x.tmp",
    "tokenizer.json",
  );
  expect(await paths()).toEqual(["tokenizer.json"]);
});

test("a folder with weights is another form of the model and stays behind whole, unless it is a module of sentence-transformers", async () => {
  put("onnx/model.onnx", "onnx/config.json", "openvino/deep/openvino_model.bin", "openvino/config.json");
  put("original/params.json", "original/consolidated.00.pth", "1_Pooling/config.json", "2_Dense/config.json");
  put("2_Dense/model.safetensors");
  expect(await paths()).toEqual(["1_Pooling/config.json"]);
  writeFileSync(
    join(from, "modules.json"),
    JSON.stringify([{ path: "" }, { path: "1_Pooling" }, { path: "2_Dense" }, { path: 3 }, null]),
  );
  expect(await paths()).toEqual([
    "1_Pooling/config.json",
    "2_Dense/config.json",
    "2_Dense/model.safetensors",
    "modules.json",
  ]);
});

test("large files and folders with much are told, and stay behind", async () => {
  put("a.json", "large.txt", "data/x.txt");
  truncateSync(join(from, "large.txt"), 128 * 1024 * 1024 + 1);
  truncateSync(join(from, "data/x.txt"), 200 * 1024 * 1024);
  mkdirSync(join(from, "many"));
  for (let i = 0; i <= 1000; i++) writeFileSync(join(from, `many/${i}.txt`), "");
  expect(await smallFilesOf(from)).toEqual({
    files: [{ path: "a.json", bytes: 6 }],
    leftOut: [
      { path: "data/", bytes: 200 * 1024 * 1024 },
      { path: "large.txt", bytes: 128 * 1024 * 1024 + 1 },
      { path: "many/", bytes: 0 },
    ],
  });
});

test("a link to a file is the file, as in a download cache; a link to a folder and one to nothing are none", async () => {
  writeFileSync(join(root, "blob"), "text");
  symlinkSync(join(root, "blob"), join(from, "tokenizer.json"));
  symlinkSync(root, join(from, "elsewhere"));
  symlinkSync(join(root, "none"), join(from, "nothing.json"));
  expect((await smallFilesOf(from)).files).toEqual([{ path: "tokenizer.json", bytes: 4 }]);
});

test("a folder that is gone, and a list of modules that is none, are told", async () => {
  await expect(smallFilesOf(join(root, "none"))).rejects.toThrow(SourceError);
  writeFileSync(join(from, "modules.json"), "[");
  await expect(smallFilesOf(from)).rejects.toThrow(FormatError);
  await expect(smallFilesOf(from)).rejects.toThrow(
    "this is no JSON; expected the list of modules of sentence-transformers",
  );
});
