import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { crc32 } from "node:zlib";
import {
  compress,
  decode,
  encode,
  fromArrays,
  horner,
  huffman,
  kMeans,
  linear,
  magnitude,
  pack,
  rans,
} from "../../../kernel";
import type { Model, Recipe } from "../../../kernel";
import { Random } from "../../../kernel/bytes/random";
import { memorySource } from "../../../kernel/bytes/source";
import type { ByteSource } from "../../../kernel/bytes/source";
import { readIndex } from "../../../kernel/archive/contents-reader";
import { unwrapArchive } from "../../../kernel/archive/source";
import { hash64 } from "../../../kernel/loops/xxh64";
import { FormatError } from "../../../kernel/errors";
import { openHdf5 } from "../../../kernel/formats/hdf5/hdf5";
import { openGguf } from "../../../kernel/formats/gguf/gguf";
import { openSource } from "../../../kernel/open/open";
import { openSafetensors } from "../../../kernel/formats/safetensors";
import { openIndex } from "../../../kernel/formats/shards";
import type { Siblings } from "../../../kernel/formats/siblings";
import { readSentencePiece } from "../../../kernel/llama-cpp/sentencepiece-model";
import { withDequantized } from "../../../kernel/formats/onnx/dequantized";
import { openOnnx } from "../../../kernel/formats/onnx/onnx";
import { openPyTorchStream } from "../../../kernel/formats/pytorch-stream";
import { openPyTorchTar } from "../../../kernel/formats/pytorch-tar";
import { openTfjs } from "../../../kernel/formats/tfjs";
import { readMember, readZip } from "../../../kernel/formats/zip";
import { awkwardFile } from "../../archive/archives";
import { entry, ggufFile, pair, safetensorsFile } from "../../formats/files";
import { bytesOf as kerasBytes } from "../../formats/keras/files";
import { mutate, zipOf } from "./mutate";

/** What is fuzzed: for each format some sound files, a way to change them, and a reader that must open a mutant or refuse it. */
export interface Target {
  readonly corpus: readonly Sample[];
  /** A mutant of a sample. `deep` mutants have their checksums made right again, so that what stands behind the checksum is reached. */
  mutate(sample: Sample, random: Random): { readonly bytes: Uint8Array; readonly isDeep: boolean };
  /** Opens and reads all of it. Throws what the reader throws. */
  read(source: ByteSource, bytes: Uint8Array): Promise<void>;
  /** True when bytes of the format are under a checksum, so that only the sample itself opens as long as a mutant is not deep. */
  readonly isChecked?: boolean;
  /** For comparison with other readers. */
  readonly open?: (source: ByteSource) => Promise<Model>;
}

export interface Sample {
  readonly bytes: Uint8Array;
  /** For archives: where the blocks of the file lie. */
  readonly blocks?: readonly (readonly [from: number, to: number])[];
  /** Members of a zip. */
  readonly members?: readonly { readonly name: string; readonly bytes: Uint8Array; readonly isDeflated: boolean }[];
}

const fixture = (name: string): Uint8Array[] => {
  const path = resolve(__dirname, "../../../../test/fixtures/formats", name);
  const cases: Record<string, { file: string }> = JSON.parse(readFileSync(path, "utf8"));
  return Object.values(cases).map(({ file }) => new Uint8Array(Buffer.from(file, "base64")));
};
const small = (files: readonly Uint8Array[], most = 8000): Sample[] =>
  files.filter((bytes) => bytes.length < most).map((bytes) => ({ bytes }));
const text = (...values: unknown[]): Sample[] =>
  values
    .flatMap((value) => [JSON.stringify(value), JSON.stringify(value, undefined, 1)])
    .map((json) => ({ bytes: new Uint8Array(Buffer.from(json)) }));

const plain = ({ bytes }: Sample, random: Random): { bytes: Uint8Array; isDeep: boolean } => ({
  bytes: mutate(bytes, random),
  isDeep: false,
});

/** Reads every tensor's bytes, and the values of types that can be read. */
async function readAll(model: Model): Promise<void> {
  for (const tensor of model.tensors) {
    const bytes = await tensor.readBytes();
    // A weight of codes gives the bytes of its values.
    if (tensor.scheme === undefined && bytes.length !== tensor.sizeBytes)
      throw new Error(`${tensor.name} gave ${bytes.length} bytes`);
    const values = await tensor.read().catch((error: { code?: string }) => {
      if (error.code !== "UNSUPPORTED") throw error;
      return undefined;
    });
    if (values && values.length !== tensor.parameters) throw new Error(`${tensor.name} gave ${values.length} values`);
  }
  JSON.stringify(model.metadata);
}

const modelTarget = (corpus: readonly Sample[], open: (source: ByteSource) => Promise<Model>): Target => ({
  corpus,
  mutate: plain,
  read: async (source) => readAll(await open(source)),
  open,
});

function safetensors(): Target {
  return modelTarget(small(fixture("safetensors.json")), (source) => openSafetensors(source, "m"));
}

function gguf(): Target {
  const strings = pair("k", 9, ["u32", 8], ["u64", 2], ["string", "ab"], ["string", "é"]);
  const own = ggufFile({
    pairs: [pair("general.alignment", 4, ["u32", 32]), strings],
    tensors: [
      { name: "w", sizes: [32, 2], type: 2, offset: 0 },
      { name: "b", sizes: [3], type: 0, offset: 64 },
    ],
    dataBytes: 76,
  });
  return modelTarget(small([...fixture("gguf.json"), own]), (source) => openGguf(source, "m"));
}

/** The first of two parts is changed, or the second; half the mutants begin with the length of the first. */
function ggufParts(): Target {
  const part = (no: number, tensor: string): Uint8Array =>
    ggufFile({
      pairs: [
        pair("split.no", 2, ["u16", no]),
        pair("split.count", 2, ["u16", 2]),
        pair("split.tensors.count", 5, ["u32", 2]),
      ],
      tensors: [{ name: tensor, sizes: [8], type: 0, offset: 0 }],
      dataBytes: 32,
    });
  const parts = [part(0, "a"), part(1, "b")];
  const names = ["m-00001-of-00002.gguf", "m-00002-of-00002.gguf"];
  const open = async (bytes: Uint8Array): Promise<Model> => {
    const changed = bytes[0] % 2;
    const own = bytes.subarray(1);
    const files = parts.map((sound, at) => (at === changed ? own : sound));
    return openGguf(memorySource(files[0], names[0]), "m", undefined, async (name) =>
      memorySource(files[names.indexOf(name)], name),
    );
  };
  return {
    corpus: parts.map((bytes) => ({ bytes })),
    mutate: ({ bytes }, random) => ({
      bytes: new Uint8Array([bytes === parts[0] ? 0 : 1, ...mutate(bytes, random)]),
      isDeep: false,
    }),
    read: async (_, bytes) => readAll(await open(bytes)),
  };
}

/** Files that an index or a manifest may name; any other is missing. */
const shelf = (files: Readonly<Record<string, Uint8Array>>): Siblings => {
  const known = new Map(Object.entries(files));
  return async (name, at) => {
    const bytes = known.get(name);
    if (!bytes) throw new FormatError("index", at, `${name} is missing`, "a file that is there");
    return memorySource(bytes, name);
  };
};

function index(): Target {
  const files = {
    "m-1.safetensors": safetensorsFile(`{${entry("a.weight", "F32", [1], 0, 4)}}`, 4),
    "m-2.safetensors": safetensorsFile(`{${entry("b", "U8", [2], 0, 2)}}`, 2),
    "m-1.bin": fixture("arrays.json").find((bytes) => bytes[0] === 0x50) ?? new Uint8Array(0),
  };
  const corpus = text(
    {
      metadata: { total_size: 12, note: ["x", { deep: null }] },
      weight_map: { "a.weight": "m-1.safetensors", b: "m-2.safetensors" },
    },
    { weight_map: { w: "m-1.bin" } },
  );
  return modelTarget(corpus, (source) => openIndex(source, "m", undefined, shelf(files)));
}

function tfjs(): Target {
  const files = { "a.bin": new Uint8Array(24), "b.bin": new Uint8Array(7) };
  const manifest = {
    format: "layers-model",
    modelTopology: { layers: [{ deep: [[1, 2.5, null]] }] },
    weightsManifest: [
      { paths: ["a.bin"], weights: [{ name: "k", shape: [2, 3], dtype: "float32" }] },
      {
        paths: ["b.bin"],
        weights: [
          { name: "q", shape: [4], dtype: "float32", quantization: { dtype: "uint8", scale: 0.1, min: -3.3 } },
          { name: "h", shape: [1], dtype: "float32", quantization: { dtype: "float16" } },
          { name: "y", shape: [], dtype: "bool" },
        ],
      },
    ],
  };
  return modelTarget(text(manifest, manifest.weightsManifest), (source) =>
    openTfjs(source, "m", undefined, shelf(files)),
  );
}

/** The tokenizer.model of a folder, made by hand: a few pieces and settings. */
function sentencePiece(): Target {
  const field = (number: number, content: Uint8Array | string): Buffer =>
    Buffer.concat([Buffer.from([number * 8 + 2, Buffer.byteLength(content)]), Buffer.from(content as string)]);
  const piece = (text: string, type: number): Buffer =>
    field(1, Buffer.concat([field(1, text), Buffer.from([0x15, 0, 0, 0x80, 0xbf, 0x18, type])]));
  const settings = field(2, Buffer.concat([field(1, "corpus.txt"), Buffer.from([0x18, 2, 0x98, 0x02, 1])]));
  const bytes = Buffer.concat([piece("<unk>", 2), piece("<s>", 3), piece("<0x0A>", 6), piece("▁né", 1), settings]);
  return {
    corpus: [{ bytes: new Uint8Array(bytes) }],
    mutate: plain,
    read: async (source) => {
      const { pieces } = await readSentencePiece(source);
      if (pieces.some(({ text, score }) => text === "" || !Number.isFinite(score))) throw new Error("no piece");
    },
  };
}

/** Zips: half the mutants are of the archive as a whole, half of what is in its members, in a sound archive. */
async function zips(isWanted: (name: string) => boolean): Promise<Target> {
  const corpus: Sample[] = [];
  for (const bytes of fixture("arrays.json")) {
    if (bytes[0] !== 0x50 || bytes.length > 16_000) continue;
    const source = memorySource(bytes);
    const members = await readZip(source);
    if (!members.some(({ name }) => isWanted(name))) continue;
    const read = members.map(async (member) => ({
      name: member.name,
      bytes: await readMember(source, member),
      isDeflated: member.isDeflated,
    }));
    corpus.push({ bytes, members: await Promise.all(read) });
  }
  return {
    ...modelTarget(corpus, (source) => openSource(source, { name: "m" })),
    mutate: ({ bytes, members = [] }, random) => {
      if (random.below(2) === 0) return { bytes: mutate(bytes, random), isDeep: false };
      const wanted = members.filter(({ name }) => isWanted(name));
      const victim =
        random.below(4) === 0 ? members[random.below(members.length)] : wanted[random.below(wanted.length)];
      const changed = members.map((member) =>
        member === victim ? { ...member, bytes: mutate(member.bytes, random) } : member,
      );
      return { bytes: zipOf(changed), isDeep: true };
    },
  };
}

/** Files of ONNX, with one file of values beside them. */
function onnx(): Target {
  const path = resolve(__dirname, "../../../../test/fixtures/formats/onnx.json");
  const cases: Record<string, { file: string; files?: Record<string, string> }> = JSON.parse(
    readFileSync(path, "utf8"),
  );
  const beside = Object.entries(cases.external.files ?? {}).map(([name, bytes]) => [
    name,
    Buffer.from(bytes, "base64"),
  ]);
  const corpus = small(Object.values(cases).map(({ file }) => new Uint8Array(Buffer.from(file, "base64"))));
  return modelTarget(corpus, async (source) =>
    withDequantized(await openOnnx(source, "m", undefined, shelf(Object.fromEntries(beside)))),
  );
}

/** Files of torch before 1.6. */
function checkpoint(wanted: RegExp, open: (source: ByteSource, name: string) => Promise<Model>): Target {
  const path = resolve(__dirname, "../../../../test/fixtures/formats/checkpoints.json");
  const cases: Record<string, { file: string }> = JSON.parse(readFileSync(path, "utf8"));
  const files = Object.entries(cases).flatMap(([name, { file }]) =>
    wanted.test(name) ? [Buffer.from(file, "base64")] : [],
  );
  return modelTarget(
    files.map((bytes) => ({ bytes: new Uint8Array(bytes) })),
    (source) => open(source, "m"),
  );
}

async function container(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), "codebook-fuzz-"));
  const random = new Random(20261205);
  const originals = [
    awkwardFile(),
    fixture("gguf.json").find((bytes) => bytes.length < 4000) ?? new Uint8Array(0),
    Uint8Array.from({ length: 700 }, (_, i) => (i % 7 === 0 ? random.below(256) : i % 5)),
    new Uint8Array(0),
  ];
  const corpus: Sample[] = [];
  for (const original of originals) {
    const [from, to] = [join(folder, "file"), join(folder, "file.codebook")];
    writeFileSync(from, original);
    await pack(from, to, { workers: 1 });
    const bytes = new Uint8Array(readFileSync(to));
    const { segments } = await readIndex(memorySource(bytes));
    const blocks = segments.flatMap(({ at }) => Array.from(at.slice(1), (end, i) => [at[i], end] as const));
    corpus.push({ bytes, blocks });
  }
  rmSync(folder, { recursive: true });
  return {
    corpus,
    isChecked: true,
    mutate: (sample, draw) =>
      draw.below(3) === 0 ? plain(sample, draw) : { bytes: resigned(sample, draw), isDeep: true },
    read: async (source) => {
      const inside = await unwrapArchive(source);
      if (inside.byteLength > 2 ** 28) throw new Error("more than the bytes can back");
      const bytes = await inside.read(0, inside.byteLength);
      // Each segment is under its SHA-256: a mutant may leave some out, and no other bytes come out.
      if (!originals.some((original) => Buffer.from(original).includes(Buffer.from(bytes))))
        throw new Error("bytes came out that never went in");
    },
  };
}

/** A changed block under its new hash, or a changed index under its own. */
function resigned({ bytes, blocks = [] }: Sample, random: Random): Uint8Array {
  const out = Buffer.from(bytes);
  const footer = out.length - 32;
  const indexAt = Number(out.readBigUInt64LE(footer));
  let body = Buffer.from(out.subarray(indexAt, footer));
  if (blocks.length > 0 && random.below(2) === 0) {
    const [from, to] = blocks[random.below(blocks.length)];
    const old = hash64(bytes.subarray(from, to));
    const changed = mutate(bytes.subarray(from, to), random);
    out.set(changed.subarray(0, to - from), from);
    const place = body.indexOf(littleEndian(old));
    if (place >= 0) body.set(littleEndian(hash64(out.subarray(from, to))), place);
  } else body = Buffer.from(mutate(body, random));
  const sizes = Buffer.concat([
    littleEndian(BigInt(indexAt)),
    littleEndian(BigInt(body.length)),
    littleEndian(hash64(body)),
  ]);
  return new Uint8Array(Buffer.concat([out.subarray(0, indexAt), body, sizes, out.subarray(footer + 24)]));
}

function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

/** One-bit flips and cuts of archives (the share of cuts is a tenth): none may pass. */
async function damage(): Promise<Target> {
  const target = await container();
  return {
    ...target,
    mutate: ({ bytes }, random) => {
      if (random.below(11) === 0) return { bytes: bytes.slice(0, random.below(bytes.length)), isDeep: false };
      const out = bytes.slice();
      out[random.below(out.length)] ^= 1 << random.below(8);
      return { bytes: out, isDeep: false };
    },
  };
}

/** What `encode` wrote; three mutants of four have their CRC-32 made right again. */
function encoded(): Target {
  const random = new Random(20261206);
  const skewed = (length: number, most: number): number[] =>
    Array.from({ length }, () => Math.min(random.below(most), random.below(most)));
  const arrays = [
    Uint8Array.from(skewed(300, 16)),
    Int8Array.from(skewed(200, 7), (value) => value - 3),
    Uint16Array.from(skewed(150, 300)),
    Int32Array.from(skewed(40, 5), (value) => value * 1000 - 7),
    new Uint8Array(64).fill(9),
    new Uint8Array(0),
    "lossless text, text, text",
  ];
  const kinds = [huffman(), rans(), rans({ streams: 4 }), rans({ classes: 2 }), rans({ adaptive: true }), horner()];
  const corpus = kinds.flatMap((step) =>
    arrays.flatMap((array) => {
      try {
        return [{ bytes: encode(array, step).bytes }];
      } catch {
        return []; // A coder may not take every array.
      }
    }),
  );
  return {
    corpus,
    isChecked: true,
    mutate: (sample, draw) => {
      const { bytes } = plain(sample, draw);
      if (draw.below(4) === 0 || bytes.length < 4) return { bytes, isDeep: false };
      new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true);
      return { bytes, isDeep: true };
    },
    read: async (_, bytes) => {
      // What decode() says that it gives out at most: symbols that are all alike take no bytes.
      const value = decode(bytes);
      if (value.length > 64 * bytes.length + 2 ** 22)
        throw new Error(`${value.length} symbols came out of ${bytes.length} bytes`);
    },
  };
}

/** HDF5 files, each read by a library in a process of its own; what that process asks for is no measure of this one. */
function hdf5(): Target {
  return {
    corpus: ["plain .h5", "trained .h5", "int8 .weights.h5"].map((name) => ({ bytes: kerasBytes(name) })),
    mutate: plain,
    read: async (_, bytes) => {
      const { arrays } = await openHdf5(memorySource(bytes, "mutant"), undefined);
      for (const array of arrays) {
        const values = await array.tensor(array.path).read();
        if (values.length !== array.shape.reduce((product, size) => product * size, 1))
          throw new Error(`${array.path} gave ${values.length} values`);
      }
    },
  };
}

/** JSON in which one value, at any depth, is another's, or none. */
function withChangedValue(json: Uint8Array, random: Random): Uint8Array {
  const root = JSON.parse(Buffer.from(json).toString("utf8")) as Record<string, unknown>;
  const values: unknown[] = [
    0,
    1,
    -1,
    0.5,
    2 ** 31,
    2 ** 40,
    1e300,
    "x",
    "",
    null,
    true,
    [],
    {},
    [1],
    { part: { bytes: 1 } },
  ];
  // Most of the contents is the report; what the tensors say is more telling.
  let holder = (random.below(4) === 0 ? root : { tensors: root.tensors }) as Record<string, unknown>;
  for (;;) {
    const keys = Object.keys(holder);
    const key = keys[random.below(keys.length)];
    const inner = holder[key];
    const isOpen = typeof inner === "object" && inner !== null && Object.keys(inner).length > 0;
    if (!isOpen || random.below(6) === 0) {
      if (random.below(5) === 0) Reflect.deleteProperty(holder, key);
      else
        holder[key] =
          typeof inner === "number" && random.below(2) === 0 ? inner + 1 : values[random.below(values.length)];
      return new Uint8Array(Buffer.from(JSON.stringify(root)));
    }
    holder = inner as Record<string, unknown>;
  }
}

/** Compressed models: most mutants have contents that were changed, under a sound hash. */
async function compressedModel(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), "fuzz-"));
  const values = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const toy = fromArrays({
    "a.weight": { shape: [2, 32], values },
    "a.bias": { shape: [2], values: values.slice(0, 2) },
  });
  const recipes: Recipe[] = [
    linear({ bits: 4, group: 32, symmetric: false }),
    [magnitude({ sparsity: 0.9 }), linear({ bits: 3, group: 32 }), rans()],
    kMeans({ bits: 2 }),
    magnitude({ sparsity: 0.5 }),
  ];
  const corpus: Sample[] = [];
  for (const recipe of recipes) {
    await (await compress(toy, recipe)).save(join(folder, "m.codebook"));
    corpus.push({ bytes: new Uint8Array(readFileSync(join(folder, "m.codebook"))) });
  }
  rmSync(folder, { recursive: true });
  const footerBytes = 32;
  return {
    ...modelTarget(corpus, (source) => openSource(source, { name: "m" })),
    mutate: ({ bytes }, random) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset);
      const at = Number(view.getBigUint64(bytes.length - footerBytes, true));
      if (random.below(3) === 0) return { bytes: mutate(bytes, random), isDeep: false };
      const stored = bytes.subarray(at, bytes.length - footerBytes);
      const plain = stored[0] === 0x7b ? stored : (decode(stored) as Uint8Array);
      const body = random.below(4) === 0 ? mutate(plain, random) : withChangedValue(plain, random);
      const out = Buffer.concat([bytes.subarray(0, at), body, bytes.subarray(bytes.length - footerBytes)]);
      const footer = new DataView(out.buffer, out.byteOffset + out.length - footerBytes);
      footer.setBigUint64(8, BigInt(body.length), true);
      footer.setBigUint64(16, hash64(body), true);
      return { bytes: new Uint8Array(out), isDeep: true };
    },
    isChecked: false,
  };
}

export const targets: Readonly<Record<string, () => Target | Promise<Target>>> = {
  safetensors,
  gguf,
  "gguf parts": ggufParts,
  index,
  tfjs,
  "sentencepiece model": sentencePiece,
  npz: () => zips((name) => name.endsWith(".npy")),
  pytorch: () => zips((name) => name.endsWith("data.pkl")),
  onnx,
  "pytorch stream": () => checkpoint(/^stream|module in a stream/, openPyTorchStream),
  "pytorch tar": () => checkpoint(/^tar$/, openPyTorchTar),
  codebook: container,
  "compressed model": compressedModel,
  damage,
  encoded,
  hdf5,
};
