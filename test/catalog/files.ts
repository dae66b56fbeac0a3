/** A small file of each row of the table of formats, made by hand or by the reference implementation. */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { compress, fromArrays, linear } from "../../kernel";
import { pack } from "../../kernel/archive/archive";
import { bytesOf } from "../formats/keras/files";
import { entry, ggufFile, safetensorsFile } from "../formats/files";

/** Files of numpy and torch: test/fixtures/formats/make_arrays.py. */
const arrays: Record<string, { readonly file: string }> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../test/fixtures/formats/arrays.json"), "utf8"),
);
const array = (name: string): Uint8Array => new Uint8Array(Buffer.from(arrays[name].file, "base64"));

/** Files of torch before 1.6: test/fixtures/formats/make_checkpoints.py. */
const checkpoints: Record<string, { readonly file: string }> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../test/fixtures/formats/checkpoints.json"), "utf8"),
);
const checkpoint = (name: string): Uint8Array => new Uint8Array(Buffer.from(checkpoints[name].file, "base64"));

/** Files of ONNX: test/fixtures/formats/make_onnx.py. */
const graphs: Record<string, { readonly file: string }> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../test/fixtures/formats/onnx.json"), "utf8"),
);
const onnx = (name: string): Uint8Array => new Uint8Array(Buffer.from(graphs[name].file, "base64"));

const weights = Buffer.from(Float32Array.of(1, 2).buffer);
const safetensors = safetensorsFile(`{${entry("w", "F32", [2], 0, 8)}}`, weights);

/** Writes the file of a row into a folder, with those that it names; returns its usual name. */
export const files: Readonly<Record<string, (folder: string) => Promise<string>>> = {
  safetensors: (folder) => write(folder, "small.safetensors", safetensors),
  async index(folder) {
    await write(folder, "part.safetensors", safetensors);
    return write(folder, "small.safetensors.index.json", Buffer.from('{"weight_map":{"w":"part.safetensors"}}'));
  },
  gguf: (folder) =>
    write(folder, "small.gguf", ggufFile({ tensors: [{ name: "w", sizes: [2], type: 0, offset: 0 }], dataBytes: 32 })),
  async codebook(folder) {
    await write(folder, "inside.safetensors", safetensors);
    await pack(join(folder, "inside.safetensors"), join(folder, "small.codebook"));
    return "small.codebook";
  },
  async compressed(folder) {
    const model = fromArrays({ w: { shape: [1, 2], values: Float32Array.of(1, 2) } });
    await (await compress(model, linear({ bits: 8, per: "tensor" }))).save(join(folder, "small.codebook"));
    return "small.codebook";
  },
  pytorch: (folder) => write(folder, "small.pt", array("torch state dict")),
  "pytorch stream": (folder) => write(folder, "old.pt", checkpoint("stream")),
  "pytorch tar": (folder) => write(folder, "oldest.pt", checkpoint("tar")),
  onnx: (folder) => write(folder, "small.onnx", onnx("axes")),
  npz: (folder) => write(folder, "small.npz", array("npz stored")),
  npy: (folder) => write(folder, "small.npy", array("npy")),
  keras: (folder) => write(folder, "small.keras", bytesOf("float16 .keras")),
  hdf5: (folder) => write(folder, "small.h5", bytesOf("plain .h5")),
  async tfjs(folder) {
    await write(folder, "part.bin", weights);
    const group = { paths: ["part.bin"], weights: [{ name: "w", shape: [2], dtype: "float32" }] };
    return write(folder, "model.json", Buffer.from(JSON.stringify({ weightsManifest: [group] })));
  },
};

async function write(folder: string, name: string, bytes: Uint8Array): Promise<string> {
  writeFileSync(join(folder, name), bytes);
  return name;
}
