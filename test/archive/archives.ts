/** Archives and the files in them, made by hand for the tests. */
import { blockCodecs, encodeBlocks } from "../../kernel/blocks";
import { Random } from "../../kernel/bytes/random";
import { ggufFile, safetensorsFile, type GgufTensor } from "../formats/files";
import { generateWeights } from "../quantize/generator";

/** A safetensors file with awkward tensors of many types: NaN payloads, −0, subnormals, constants, noise, nothing. */
export function awkwardFile(): Uint8Array {
  const random = new Random(7);
  const parts: Uint8Array[] = [];
  const entries: string[] = [];
  let at = 0;
  const add = (name: string, dtype: string, shape: number[], bytes: Uint8Array): void => {
    entries.push(
      JSON.stringify(name) +
        `:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${at},${at + bytes.length}]}`,
    );
    parts.push(bytes);
    at += bytes.length;
  };
  const bytesOf = (array: ArrayBufferView): Uint8Array =>
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const normal = (): number => (random.below(1000) + random.below(1000) + random.below(1000) - 1498.5) / 30_000;
  const weights = Float32Array.from({ length: 37 * 41 }, normal);
  add("f32", "F32", [37, 41], bytesOf(weights));
  add("bf16", "BF16", [41, 37], bytesOf(Uint16Array.from(new Uint32Array(weights.buffer), (bits) => bits >>> 16)));
  const special = [0x7fc00000, 0x7f800001, 0xffc12345, 0x80000000, 0x00000001, 0x7f800000, 0xff800000];
  add("special", "F32", [7], bytesOf(Uint32Array.from(special)));
  add("f64", "F64", [5, 33], bytesOf(Float64Array.from({ length: 165 }, normal)));
  add("positions", "I64", [1, 128], bytesOf(BigInt64Array.from({ length: 128 }, (_, i) => BigInt(i))));
  add("zeros", "F16", [999], new Uint8Array(1998));
  add("one", "BF16", [], Uint8Array.of(0x80, 0xff));
  add("nothing", "F32", [0, 4], new Uint8Array(0));
  add(
    "noise",
    "U8",
    [301],
    Uint8Array.from({ length: 301 }, () => random.below(256)),
  );
  add(
    "f8",
    "F8_E4M3",
    [500],
    Uint8Array.from({ length: 500 }, () => 60 + random.below(5) * random.below(4)),
  );
  return safetensorsFile(`{"__metadata__":{"made":"by hand"},${entries.join(",")}}`, Buffer.concat(parts));
}

/** A safetensors file with a tensor of each type that the format has, of more than one block here and there, and with planes that take
 *  each of the forms: noise, constants, weights, weights that are nearly all zero, unequal parts. */
export function manyTypesFile(): Uint8Array {
  const random = new Random(21);
  const types: Record<string, number> = {
    ...{ F64: 8, I64: 8, U64: 8, F32: 4, I32: 4, U32: 4, F16: 2, BF16: 2, I16: 2, U16: 2 },
    ...{ I8: 1, U8: 1, BOOL: 1, F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1 },
  };
  const tensors: [name: string, dtype: string, shape: number[], bytes: Uint8Array][] = Object.entries(types).map(
    ([dtype, width]) => {
      const bytes = Uint8Array.from({ length: 601 * width }, (_, i) =>
        dtype === "BOOL"
          ? random.below(2)
          : i % width === width - 1
            ? 58 + random.below(3) * random.below(4)
            : random.below(256),
      );
      return [`of ${dtype}`, dtype, [601], bytes];
    },
  );
  tensors.push(["of F4", "F4", [2, 400], Uint8Array.from({ length: 400 }, () => random.below(16) & random.below(256))]);
  const bits = new Uint32Array(generateWeights(270_000, 8).buffer);
  const bf16 = Uint16Array.from(bits, (x, i) => (i < 20_000 || i > 265_000 ? x >>> 16 : 0x3f80 | (i >> 13)));
  tensors.push(["larger than a block", "BF16", [270, 1000], new Uint8Array(bf16.buffer)]);
  const pruned = Uint8Array.from({ length: 90_000 }, () => (random.below(40) === 0 ? random.below(20) : 0));
  tensors.push(["nearly all zero", "I8", [300, 300], pruned]);
  const unequal = Uint8Array.from({ length: 70_000 }, (_, i) => ((i >> 14) % 2 === 0 ? random.below(256) : i & 3));
  tensors.push(["of unequal parts", "U8", [70_000], unequal]);
  let at = 0;
  const entries = tensors.map(([name, dtype, shape, bytes]) => {
    const range = [at, (at += bytes.length)];
    return `${JSON.stringify(name)}:{"dtype":"${dtype}","shape":[${shape.join(",")}],"data_offsets":[${range.join(",")}]}`;
  });
  return safetensorsFile(`{${entries.join(",")}}`, Buffer.concat(tensors.map(([, , , bytes]) => bytes)));
}

/** A GGUF file with a tensor of each block type: weights as llama.cpp quantizes them, where it writes that type. */
export function manyBlocksFile(weights: Float32Array = generateWeights(256 * 24, 5)): Uint8Array {
  return blocksFile(weights, [...blockCodecs.keys(), "F32"]);
}

/** A GGUF file with the weights in each of these types. */
export function blocksFile(weights: Float32Array, types: readonly string[]): Uint8Array {
  const random = new Random(22);
  const parts: Uint8Array[] = [];
  let offset = 0;
  const add = (name: string, type: number, bytes: Uint8Array): GgufTensor => {
    const tensor = { name, sizes: [weights.length], type, offset };
    const padded = new Uint8Array(Math.ceil(bytes.length / 32) * 32);
    padded.set(bytes);
    parts.push(padded);
    offset += padded.length;
    return tensor;
  };
  const codecs = [...blockCodecs.values()].filter(({ name }) => types.includes(name));
  const tensors = codecs.map((codec) => {
    const bytes = codec.encode
      ? encodeBlocks(codec, weights, weights.length)
      : Uint8Array.from({ length: (weights.length / codec.weights) * codec.bytes }, () => random.below(190));
    return add(codec.name, codec.id, bytes);
  });
  if (types.includes("F32"))
    tensors.push(add("F32", 0, new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)));
  return Buffer.concat([ggufFile({ tensors }), ...parts]);
}
