import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fromArrays, ggufValue, open, saveGguf } from "../../../kernel";
import type { GgufTypeName, SavedTensor } from "../../../kernel";
import { memorySource } from "../../../kernel/bytes/source";
import { openGguf } from "../../../kernel/formats/gguf/gguf";
import { fileTypeOf, ggufFileType, ggufPlan } from "../../../kernel/formats/gguf/writer";
import { setHostProvider } from "../../../kernel/host";
import { itWith, smolLm } from "../../references";

/** Files that gguf-py's GGUFWriter wrote: test/fixtures/formats/make_gguf.py. */
const fixtures: Record<string, { file: string }> = JSON.parse(
  readFileSync(resolve(__dirname, "../../../../test/fixtures/formats/gguf.json"), "utf8"),
);
const bytesOf = (name: string): Uint8Array => new Uint8Array(Buffer.from(fixtures[name].file, "base64"));

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codebook-"));
  path = join(folder, "out.gguf");
});
afterEach(() => rmSync(folder, { recursive: true }));

const toy = (name = "w", shape: number[] = [2, 3]): ReturnType<typeof fromArrays> =>
  fromArrays({
    [name]: { shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i) },
  });
const metadata = { "general.architecture": "test" };

async function sha256(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest("hex");
}

it("hands the signal to each tensor that it reads, as values or as bytes", async () => {
  const seen: (AbortSignal | undefined)[] = [];
  const { signal } = new AbortController();
  const tensor = (name: string, dtype: string): SavedTensor => ({
    name,
    dtype,
    shape: [2],
    sizeBytes: dtype === "F32" ? 8 : 4,
    read: (options) => Promise.resolve((seen.push(options?.signal), Float32Array.of(1, 2))),
    readBytes: (options) => Promise.resolve((seen.push(options?.signal), new Uint8Array(dtype === "F32" ? 8 : 4))),
  });
  const tensors = [tensor("a", "F32"), tensor("b", "F16")];
  await saveGguf({ tensors, metadata }, path, { signal, dtype: "F16" });
  expect(seen.map((one) => one === signal)).toEqual([true, true]);
});

it("refuses a tensor that gives other bytes than its shape and type have", async () => {
  const short = { ...toy().tensors[0], name: "w", dtype: "F32", shape: [2, 3], sizeBytes: 24 };
  const tensor = {
    ...short,
    read: () => Promise.resolve(new Float32Array(5)),
    readBytes: () => Promise.resolve(new Uint8Array(20)),
  };
  await expect(saveGguf({ tensors: [tensor], metadata }, path)).rejects.toThrow(
    "w, byte 0: the tensor gave 20 bytes; expected 24, for its shape and type",
  );
  expect(existsSync(path)).toBe(false);
});

describe("the bytes of gguf-py's writer", () => {
  it.each(Object.keys(fixtures))("opened and saved: %s", async (name) => {
    const model = await openGguf(memorySource(bytesOf(name)), name);
    const size = await saveGguf(model, path);
    expect(size).toBe(bytesOf(name).length);
    expect(Buffer.compare(readFileSync(path), bytesOf(name))).toBe(0);
    expect(readdirSync(folder)).toEqual(["out.gguf"]);
  });

  it("values of every type, given by hand", async () => {
    const typed: [string, GgufTypeName | undefined, unknown][] = [
      ["general.architecture", undefined, "test"],
      ["u8", "uint8", 255],
      ["i8", "int8", -128],
      ["u16", "uint16", 65535],
      ["i16", "int16", -32768],
      ["u32", undefined, 4294967295],
      ["i32", undefined, -2147483648],
      ["u64", "uint64", 2 ** 53 - 1],
      ["u64.large", "uint64", 2n ** 64n - 1n],
      ["i64", undefined, -(2 ** 53 - 1)],
      ["i64.large", "int64", "-9223372036854775808"],
      ["f32", undefined, 0.1],
      ["f64", "float64", 0.1],
      ["yes", undefined, true],
      ["no", undefined, false],
      ["text", undefined, "ünï\ncode 😀\0end"],
      ["list.strings", undefined, ["a", "ü", "日本"]],
      ["list.ints", undefined, [1, -2, 3]],
      ["list.floats", undefined, [0.5, -1.25]],
      ["list.bools", undefined, [true, false]],
      ["list.long", undefined, Array.from({ length: 1000 }, (_, i) => i)],
      ["list.tokens", undefined, Array.from({ length: 300 }, (_, i) => `token ${i} é`)],
    ];
    const given = Object.fromEntries(typed.map(([key, type, value]) => [key, type ? ggufValue(type, value) : value]));
    const ones = fromArrays({ w: { shape: [2], values: Float32Array.of(1, 1) } });
    await saveGguf(ones, path, { metadata: given });
    expect(Buffer.compare(readFileSync(path), bytesOf("metadata"))).toBe(0);
  });

  itWith(smolLm)(
    "SmolLM2, opened and saved: the same file, tokenizer and all",
    async () => {
      await saveGguf(await open(smolLm), path);
      expect(await sha256(path)).toBe(await sha256(smolLm));
    },
    120_000,
  );
});

describe("changes on the way", () => {
  it("values become F16 or BF16, shapes stay, the file type follows", async () => {
    const model = await openGguf(memorySource(bytesOf("block types in three dimensions, alignment 64")), "m");
    for (const [dtype, number] of [
      ["F32", 0],
      ["F16", 1],
      ["BF16", 32],
    ] as const) {
      await saveGguf(model, path, { dtype, metadata: { "general.file_type": undefined } });
      const saved = await open(path);
      expect(saved.tensors.map((t) => [t.name, t.dtype, [...t.shape]])).toEqual(
        model.tensors.map((t) => [t.name, dtype, [...t.shape]]),
      );
      expect("general.file_type" in saved.metadata).toBe(false);
      const name = model.tensors[0].name;
      const [before, after] = [await model.tensor(name).read(), await saved.tensor(name).read()];
      const relative = { F32: 0, F16: 2 ** -11, BF16: 2 ** -8 }[dtype];
      before.forEach((value, i) =>
        expect(Math.abs(after[i] - value)).toBeLessThanOrEqual(
          relative * Math.abs(value) + (dtype === "F16" ? 2 ** -25 : 0),
        ),
      );
      await saveGguf({ tensors: model.tensors, metadata: { ...metadata, "general.file_type": 2 } }, path, { dtype });
      expect((await open(path)).metadata["general.file_type"]).toBe(number);
    }
  });

  it("chooses by tensor; keys change in place, go, and come last; the alignment is kept and can be set", async () => {
    const model = await openGguf(memorySource(bytesOf("block types in three dimensions, alignment 64")), "m");
    const keys = Object.keys(model.metadata);
    expect(keys).toContain("general.alignment");
    await saveGguf(model, path, {
      dtype: (tensor) => (tensor.shape.length === 3 ? "BF16" : undefined),
      alignment: 8,
      metadata: { "general.name": "new", "general.architecture": "other" },
    });
    const saved = await open(path);
    expect(Object.keys(saved.metadata)).toEqual([...keys, "general.name"]);
    expect(saved.metadata["general.alignment"]).toBe(8);
    expect(saved.metadata["general.architecture"]).toBe("other");
    expect(saved.tensors.map(({ dtype }) => dtype)).toEqual(["BF16", "F32"]);
  });

  it("says the quantization version where blocks are stored", async () => {
    const block = new Uint8Array(34).fill(1);
    const tensor: SavedTensor = {
      name: "w",
      shape: [1, 32],
      dtype: "Q8_0",
      sizeBytes: 34,
      read: async () => new Float32Array(32),
      readBytes: async () => block,
    };
    await saveGguf({ tensors: [tensor], metadata }, path);
    const saved = await open(path);
    expect(saved.metadata["general.quantization_version"]).toBe(2);
    expect(Buffer.compare(await saved.tensor("w").readBytes(), block)).toBe(0);
    await saveGguf({ tensors: [tensor], metadata }, path, { metadata: { "general.quantization_version": undefined } });
    expect(Object.keys((await open(path)).metadata)).toEqual(["general.architecture"]);
  });

  it("awkward shapes: a scalar, nothing at all, one by one", async () => {
    const model = fromArrays({
      scalar: { shape: [], values: Float32Array.of(-0) },
      none: { shape: [0, 4], values: new Float32Array(0) },
      one: { shape: [1, 1, 1, 1], values: Float32Array.of(NaN) },
    });
    await saveGguf(model, path, { metadata });
    const saved = await open(path);
    expect(saved.tensors.map(({ shape }) => [...shape])).toEqual([[], [0, 4], [1, 1, 1, 1]]);
    expect(Object.is((await saved.tensor("scalar").read())[0], -0)).toBe(true);
    expect(await saved.tensor("one").read()).toEqual(Float32Array.of(NaN));
  });
});

describe("what cannot be saved", () => {
  const cases: [string, Parameters<typeof saveGguf>[0], Parameters<typeof saveGguf>[2], RegExp][] = [
    [
      "an architecture that is no text",
      toy(),
      { metadata: { "general.architecture": 3 } },
      /architecture is 3; it takes/,
    ],
    ["an unknown option", toy(), { metdata: {} } as object, /unknown option "metdata"; did you mean "metadata"/],
    ["an unknown type", toy(), { metadata, dtype: "F8" as "F16" }, /dtype is "F8"/],
    ["a name of 64 bytes", toy("é".repeat(32)), { metadata }, /has 64 bytes; llama.cpp opens names of at most 63/],
    ["a name with NUL", toy("a\0"), { metadata }, /cannot be a tensor's/],
    ["half a surrogate pair", toy("\ud800"), { metadata }, /cannot be a tensor's/],
    ["five dimensions", toy("w", [1, 1, 1, 1, 2]), { metadata }, /5 dimensions; GGUF takes at most 4/],
    ["an alignment of 24", toy(), { metadata, alignment: 24 }, /alignment is 24/],
    ["an alignment that is text", toy(), { metadata: { ...metadata, "general.alignment": "32" } }, /alignment is 32/],
    [
      "a list of different things",
      toy(),
      { metadata: { ...metadata, k: [1, "a"] } },
      /"k" is a list of different things/,
    ],
    ["an empty list", toy(), { metadata: { ...metadata, k: [] } }, /list of nothing.*ggufValue/],
    ["a value that is an object", toy(), { metadata: { ...metadata, k: {} } }, /"k" is \{\}/],
    ["a uint8 of 256", toy(), { metadata: { ...metadata, k: ggufValue("uint8", 256) } }, /is 256.*from 0 to 255/],
    ["a uint32 of 1.5", toy(), { metadata: { ...metadata, k: ggufValue("uint32", 1.5) } }, /is 1.5/],
    ["a bool of 1", toy(), { metadata: { ...metadata, k: ggufValue("bool", 1) } }, /true or false/],
    ["a string of 1", toy(), { metadata: { ...metadata, k: ggufValue("string", 1) } }, /text/],
    ["a key without letters", toy(), { metadata: { ...metadata, "": 1 } }, /cannot be a key/],
  ];
  it.each(cases)("%s", async (_, model, options, says) => {
    writeFileSync(path, "before");
    await expect(saveGguf(model, path, options)).rejects.toThrow(says);
    expect(readFileSync(path, "utf8")).toBe("before");
    expect(readdirSync(folder)).toEqual(["out.gguf"]);
  });

  it("a value past float16; a tensor that gives the wrong number of bytes; a row that is no whole block", async () => {
    const large = fromArrays({ w: { shape: [1], values: Float32Array.of(65520) } });
    await expect(saveGguf(large, path, { metadata, dtype: "F16" })).rejects.toThrow(/saveGguf.*65520/);
    const wrong = {
      ...toy().tensors[0],
      name: "w",
      shape: [2],
      dtype: "F32",
      sizeBytes: 8,
      readBytes: async () => new Uint8Array(7),
    };
    await expect(saveGguf({ tensors: [wrong as SavedTensor], metadata }, path)).rejects.toThrow(/gave 7 bytes/);
    await expect(
      saveGguf({ tensors: [{ ...wrong, dtype: "Q8_0", shape: [2, 16] } as SavedTensor], metadata }, path),
    ).rejects.toThrow(/rows of 16; Q8_0 takes a multiple of 32/);
    expect(existsSync(path)).toBe(false);
    expect(() => ggufValue("uint9" as "uint8", 1)).toThrow(/did you mean "uint8"/);
  });
});

describe("the plan of a tensor", () => {
  const tensor = (dtype: string, shape: number[]) => ({ name: "w", dtype, shape }) as unknown as SavedTensor;

  it("has GGUF's number of its type and the bytes of its blocks", () => {
    expect(ggufPlan(tensor("Q4_0", [3, 64]), undefined)).toMatchObject({ id: 2, sizeBytes: 108, convertTo: undefined });
    expect(ggufPlan(tensor("F32", [3, 5]), "F16")).toMatchObject({ id: 1, sizeBytes: 30, convertTo: "F16" });
    expect(ggufPlan(tensor("F16", []), () => "F16")).toMatchObject({ sizeBytes: 2, convertTo: undefined });
  });

  it("refuses types that GGUF has not, rows that blocks do not divide, and too many dimensions", () => {
    expect(() => ggufPlan(tensor("U8", [4]), undefined)).toThrow("GGUF has no type U8 (w)");
    expect(() => ggufPlan(tensor("Q4_0", [64, 33]), undefined)).toThrow("rows of 33; Q4_0 takes a multiple of 32");
    expect(() => ggufPlan(tensor("F32", [1, 1, 1, 1, 2]), undefined)).toThrow("5 dimensions");
  });

  it("the file type is that of most weights, by llama.cpp's numbers", () => {
    const of = (...list: [string, number][]) =>
      ggufFileType(list.map(([dtype, parameters]) => ({ dtype, parameters })));
    expect(of(["F32", 10], ["Q4_K", 8], ["Q4_K", 3])).toBe(15);
    expect(of(["F32", 12], ["Q4_K", 8], ["Q4_K", 3])).toBe(0);
    expect(of(["I32", 5])).toBeUndefined();
    expect(of()).toBeUndefined();
    expect(fileTypeOf([ggufPlan(tensor("F32", [2]), undefined), ggufPlan(tensor("F32", [3]), "BF16")])).toBe(32);
  });
});

it("writes a file without an architecture, and says that no engine opens it", async () => {
  const shown: unknown[] = [];
  setHostProvider(() => ({ display: ({ data }) => void shown.push(data) }));
  await saveGguf(toy(), path);
  expect(Object.keys((await open(path)).metadata)).toEqual([]);
  expect(JSON.stringify(shown)).toContain("the file names no general.architecture");
  await saveGguf(toy(), path, { architecture: "own" }).finally(() => setHostProvider(() => ({})));
  expect((await open(path)).metadata["general.architecture"]).toBe("own");
  expect(shown).toHaveLength(1);
});
