/** Sound files with headers of over a megabyte, one of each format that has one. */
import { zipOf } from "../hostile/bounds-cases";
import { entry, fields, ggufFile, pair, safetensorsFile } from "./files";

const numbers = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

const safetensors = (): Uint8Array => {
  const count = 20_000;
  const entries = numbers(count).map((i) => entry(`layers.${i}.w`, "U8", [1], i, i + 1));
  return safetensorsFile(`{${entries.join()}}`, count);
};

/** Codes of a pickle: a short text, and a number of 4 bytes. */
const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x8c, value.length]), Buffer.from(value)]);
const name = (module: string, own: string): Buffer => Buffer.from(`c${module}\n${own}\n`);
const code = (...bytes: number[]): Buffer => Buffer.from(bytes);

/** { "w": a tensor of 4 numbers, "log": [0, 1, …] }. */
export function longPickle(): Buffer {
  const log = Buffer.alloc(5 * 240_000, "J");
  for (let i = 0; i < 240_000; i++) log.writeInt32LE(i, 5 * i + 1);
  return Buffer.concat([
    code(0x80, 2, 0x7d, 0x28),
    text("w"),
    name("torch._utils", "_rebuild_tensor_v2"),
    code(0x28, 0x28),
    ...[text("storage"), name("torch", "FloatStorage"), text("0"), text("cpu"), code(0x4b, 4, 0x74, 0x51)],
    code(0x4b, 0, 0x4b, 4, 0x85, 0x4b, 1, 0x85, 0x89),
    ...[name("collections", "OrderedDict"), code(0x29, 0x52, 0x74, 0x52)],
    ...[text("log"), code(0x5d, 0x28), log, code(0x65, 0x75, 0x2e)],
  ]);
}

const torchZip = (): Uint8Array =>
  zipOf([
    { name: "m/data.pkl", data: longPickle(), isStored: true },
    { name: "m/data/0", data: new Uint8Array(new Float32Array([1, 2, 3, 4]).buffer), isStored: true },
  ]);

const torchStream = (): Uint8Array => {
  const magic = Buffer.from("\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "latin1");
  const machine = Buffer.concat([code(0x80, 2, 0x7d), text("little_endian"), code(0x88, 0x73, 0x2e)]);
  const keys = Buffer.concat([code(0x80, 2, 0x5d), text("0"), code(0x61, 0x2e)]);
  const values = Buffer.from(new Float32Array([1, 2, 3, 4]).buffer);
  return Buffer.concat([
    ...[magic, code(0x80, 2, 0x4d, 0xe9, 0x03, 0x2e), machine, longPickle(), keys],
    ...[fields(["u64", 4]), values],
  ]);
};

const npz = (): Uint8Array => {
  const array = (): Buffer => {
    const head = `{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }`.padEnd(117) + "\n";
    return Buffer.concat([Buffer.from("\x93NUMPY\x01\0", "latin1"), code(118, 0), Buffer.from(head), code(7)]);
  };
  const data = array();
  return zipOf(numbers(16_000).map((i) => ({ name: `layers.${i}.weight.npy`, data, isStored: true })));
};

const varint = (value: number): Buffer =>
  value < 128 ? code(value) : Buffer.concat([code((value & 127) | 128), varint(value >> 7)]);
const field = (number: number, bytes: Uint8Array | string): Buffer =>
  Buffer.concat([varint(8 * number + 2), varint(bytes.length), Buffer.from(bytes as string)]);

const onnx = (): Uint8Array => {
  const node = (i: number): Buffer =>
    field(1, Buffer.concat([field(1, `x${i}`), field(1, "w"), field(2, `x${i + 1}`), field(4, "MatMul")]));
  const weight = Buffer.concat([code(8, 2, 8, 2, 16, 1), field(8, "w"), field(9, Buffer.alloc(16))]);
  const graph = Buffer.concat([...numbers(38_000).map(node), field(2, "g"), field(5, weight)]);
  return Buffer.concat([code(8, 8), field(2, "t"), field(7, graph)]);
};

const gguf = (): Uint8Array => {
  const tokens = numbers(60_000).map((i) => ["string", `token ${i}`] as const);
  return ggufFile({
    pairs: [pair("tokenizer.ggml.tokens", 9, ["u32", 8], ["u64", tokens.length], ...tokens)],
    tensors: [{ name: "w", sizes: [8], type: 0, offset: 0 }],
    dataBytes: 32,
  });
};

const tfjs = (): Uint8Array => {
  const weights = numbers(20_000).map((i) => ({ name: `layer_${i}/kernel`, shape: [1], dtype: "float32" }));
  return Buffer.from(JSON.stringify({ weightsManifest: [{ paths: ["w.bin"], weights }] }));
};

const index = (): Uint8Array =>
  Buffer.from(
    JSON.stringify({
      metadata: { about: "a".repeat(400_000) },
      weight_map: Object.fromEntries(numbers(20_000).map((i) => [`layers.${i}.w`, "model.safetensors"])),
    }),
  );

/** By the name of the file. */
export const longHeaders: Readonly<Record<string, () => Uint8Array>> = {
  "m.safetensors": safetensors,
  "zip.pt": torchZip,
  "stream.pt": torchStream,
  "m.npz": npz,
  "m.onnx": onnx,
  "m.gguf": gguf,
  "model.json": tfjs,
  "model.safetensors.index.json": index,
};
