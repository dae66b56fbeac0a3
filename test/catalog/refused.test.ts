import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { open } from "../../kernel";
import { refusedFile, refusedFolder } from "../../kernel/catalog/refused";
import { zipOf } from "../hostile/fuzz/mutate";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-refused-"))));
afterEach(() => rmSync(folder, { recursive: true }));

describe("a file that is not read is named, with what to open instead", () => {
  it.each([
    ["model.tflite", "\x1c\0\0\0TFL3\x14\0\0\0", "a TensorFlow Lite model; expected", "tf2onnx"],
    ["saved_model.pb", "\x08\x01\x12\x90\x01\x0a", "a SavedModel of TensorFlow", "tf2onnx"],
    ["flax_model.msgpack", "\x83\xa5model\x81", "msgpack, in which flax saves parameters", "safetensors.flax"],
    ["flax_model.msgpack", "\xde\0\x10\xa5model", "msgpack, in which flax saves parameters", "safetensors.flax"],
    ["weather.mlmodel", "\x08\x04\x12\x10\x0a\x04", "a Core ML model", "ONNX"],
    ["old.bin", "tjgg\x03\0\0\0", "a file of an ancestor of GGUF", "convert_llama_ggml_to_gguf"],
    [
      "model.pkl",
      "\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x1asklearn.linear_model._base\x94",
      "a Python pickle of sklearn",
      "numpy.savez",
    ],
    ["model.pkl", "\x80\x02csklearn.svm\nSVC\n", "a Python pickle of sklearn", "numpy.savez"],
    ["data.pkl", "\x80\x04}q.", "a Python pickle; expected", "torch.save"],
    ["model.joblib", "\x78\x9c\xed\xbd", "a file packed by zlib", "numpy.savez"],
    ["model.gguf.gz", "\x1f\x8b\x08\0", "a file packed by gzip", "gunzip"],
    ["net.xml", '<?xml version="1.0"?><net name="x">', "a web page or XML", "ONNX"],
    ["model.pte", "\0\0\0\0ET12\0\0", "a program of ExecuTorch", "the model that it was made from"],
    ["cc.en.300.bin", "\xba\x16\x4f\x2f\x0c\0\0\0", "a model of fastText", "numpy.savez"],
    ["model.params", "\x12\x01\0\0\0\0\0\0", "parameters of MXNet", "numpy.savez"],
  ])("%s: %j", async (name, bytes, what, remedy) => {
    const path = join(folder, name);
    writeFileSync(path, Buffer.from(bytes, "latin1"));
    const error = await open(path).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "FORMAT", message: expect.stringContaining(`this is ${what}`) });
    expect((error as Error).message).toContain(remedy);
  });
});

describe("a zip archive of something else is named by what it holds", () => {
  it.each([
    [["m/data.pkl", "m/constants.pkl", "m/code/__torch__.py"], "a TorchScript program"],
    [["m/code/__torch__/net.py", "m/model.json"], "a TorchScript program"],
    [
      ["config.json", "model.weights.json", "model_00000.weights.h5"],
      "a model of Keras 3 whose weights are in several files",
    ],
    [["m/archive_format", "m/models/model.json"], "a program of torch.export"],
    [["a.safetensors", "b.txt"], "a zip archive with models in it"],
    [["a.txt"], "a zip archive of something else"],
  ])("%j: %s", async (names, what) => {
    const path = join(folder, "model.zip");
    writeFileSync(path, zipOf(names.map((name) => ({ name, bytes: Buffer.from("x"), isDeflated: false }))));
    await expect(open(path)).rejects.toThrow(`this is ${what}`);
  });
});

describe("a folder without a model is named by its files", () => {
  it.each([
    ["saved_model.pb", "a SavedModel of TensorFlow"],
    ["flax_model.msgpack", "parameters of flax"],
    ["_CHECKPOINT_METADATA", "a checkpoint of Orbax"],
    ["model.ckpt-100.index", "a checkpoint of TensorFlow"],
    ["__0_0.distcp", "a distributed checkpoint of torch"],
    ["mp_rank_00_model_states.pt2", undefined],
  ])("%s: %s", async (name, what) => {
    mkdirSync(join(folder, "m"));
    writeFileSync(join(folder, "m", name), "x");
    const says = what === undefined ? "the folder holds no model" : `this is ${what}, which is not read here`;
    await expect(open(join(folder, "m"))).rejects.toMatchObject({
      code: "SOURCE",
      message: expect.stringContaining(says),
    });
  });
});

it("what nobody knows is refused without a name", () => {
  expect(refusedFile("hello, world", "m.xyz")).toBeUndefined();
  expect(refusedFolder("m", ["notes.txt"], "it holds no model").message).toBe("m: it holds no model");
});

test("a folder of folders with models names them", async () => {
  for (const [name, file] of Object.entries({
    unet: "diffusion_pytorch_model.safetensors",
    scheduler: "config.json",
  })) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, file), "x");
  }
  await expect(open(folder)).rejects.toThrow(`there are models in its folders: ${join(folder, "unet")}`);
  writeFileSync(join(folder, "model_index.json"), "{}");
  await expect(open(folder)).rejects.toThrow(/a pipeline of diffusers, whose parts are models.*unet$/);
});

test.each([
  [["openvino_model.xml", "openvino_model.bin", "config.json"], "a network of OpenVINO"],
  [["ndarray-cache.json", "params_shard_0.bin"], "a model of MLC"],
  [["config.cfg", "meta.json", "tokenizer"], "a pipeline of spaCy"],
  [["model.bin", "config.json", "vocabulary.json"], "a model of CTranslate2"],
])("%j: %s", (names, what) => {
  expect(refusedFolder("m", names, "").message).toContain(`this is ${what}`);
});
