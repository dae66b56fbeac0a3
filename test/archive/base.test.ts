import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  open,
  OptionError,
  pack,
  saveSafetensors,
  fromArrays,
  SourceError,
  unpack,
  verify,
  type Model,
} from "../../kernel";
import { baseOf, maxBaseChain, openBase } from "../../kernel/archive/base";
import { memorySource } from "../../kernel/bytes/source";
import { bfloat16FromBits } from "../../kernel/bytes/half-float";
import { Random } from "../../kernel/bytes/random";
import { generateWeights } from "../quantize/generator";
import { manyBlocksFile } from "./archives";

let folder = "";
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "base-"))));
afterEach(() => rmSync(folder, { recursive: true }));
const place = (...names: string[]): string => join(folder, ...names);

const weights = generateWeights(300 * 1000, 17);
const modelOf = (values: Float32Array): Model => fromArrays({ w: { values, shape: [300, 1000] } });
const save = async (name: string, values: Float32Array, dtype: "F32" | "BF16" | "F16" = "F32"): Promise<string> => {
  await saveSafetensors(modelOf(values), place(name), { dtype });
  return place(name);
};

/** Packs against the base and alone, unpacks, and gives both ratios. */
async function ratios(file: string, base: string): Promise<{ alone: number; against: number }> {
  const alone = await pack(file, place("alone.codebook"));
  const against = await pack(file, place("against.codebook"), { base });
  await unpack(place("against.codebook"), place("restored"), { base });
  expect(Buffer.compare(readFileSync(place("restored")), readFileSync(file))).toBe(0);
  expect(await verify(place("against.codebook"), { base })).toEqual(against);
  return { alone: alone.ratio, against: against.ratio };
}

test("a copy of the base takes next to nothing", async () => {
  const base = await save("base.safetensors", weights);
  const copy = await save("copy.safetensors", weights);
  expect((await ratios(copy, base)).against).toBeLessThan(0.002);
});

test("a fine-tune: each weight moved by up to a thousandth costs its difference, not itself", async () => {
  const random = new Random(3);
  const base = await save("base.safetensors", weights);
  const tuned = await save(
    "tuned.safetensors",
    weights.map((w) => w * (1 + (random.uniform() - 0.5) / 500)),
  );
  const { alone, against } = await ratios(tuned, base);
  expect(against).toBeLessThan(alone * 0.75);
});

test("a copy in fewer bits is made again from the base: BF16 and F16 of F32", async () => {
  const base = await save("base.safetensors", weights);
  for (const dtype of ["BF16", "F16"] as const) {
    const copy = await save(`${dtype}.safetensors`, weights, dtype);
    expect((await ratios(copy, base)).against).toBeLessThan(0.004);
  }
});

test("the F32 of a BF16 base: the upper halves are there already", async () => {
  const base = await save("base.safetensors", weights, "BF16");
  const full = await save("full.safetensors", weights);
  const { alone, against } = await ratios(full, base);
  expect(against).toBeLessThan(alone - 0.25);
});

test("blocks of ggml that were quantized from the base take next to nothing", async () => {
  const source = generateWeights(256 * 24, 5);
  writeFileSync(place("quantized.gguf"), manyBlocksFile(source));
  const names = (await open(place("quantized.gguf"))).tensors.map(({ name }) => name);
  const copies = Object.fromEntries(names.map((name) => [name, { values: source, shape: [source.length] }]));
  await saveSafetensors(fromArrays(copies), place("base.safetensors"), { dtype: "F32" });
  const { alone, against } = await ratios(place("quantized.gguf"), place("base.safetensors"));
  // MXFP4 and the types that are only read here stay as they are.
  expect(against).toBeLessThan(alone / 2);
});

test("a base that has nothing in common, or is no model, does no harm", async () => {
  const file = await save("file.safetensors", weights);
  writeFileSync(place("text"), "no model");
  const { alone, against } = await ratios(file, place("text"));
  expect(Math.abs(against - alone)).toBeLessThan(0.001);
});

test("NaN payloads and infinities in either come back", async () => {
  const bits = Uint32Array.from(new Uint32Array(weights.buffer), (x, i) =>
    i % 7 === 0 ? 0x7f800000 + ((i * 2654435761) >>> 9) : i % 11 === 0 ? 0xff800000 : x,
  );
  const base = await save("base.safetensors", new Float32Array(bits.buffer));
  const halves = Uint16Array.from(bits, (x) => bfloat16FromBits(x));
  const wide = Uint32Array.from(halves, (x) => x << 16);
  await ratios(await save("narrow.safetensors", new Float32Array(wide.buffer), "BF16"), base);
  await ratios(await save("moved.safetensors", new Float32Array(bits.map((x) => x ^ 1).buffer)), base);
});

test("the base is found beside the archive; one that is missing is named, and another is refused", async () => {
  const base = await save("base.safetensors", weights);
  const file = await save("file.safetensors", weights, "BF16");
  await pack(file, place("file.codebook"), { base });
  await unpack(place("file.codebook"), place("beside"));
  const model = await open(place("file.codebook"));
  expect(await model.tensor("w").read()).toEqual(await (await open(file)).tensor("w").read());

  mkdirSync(place("away"));
  renameSync(base, place("away", "moved.safetensors"));
  await expect(unpack(place("file.codebook"), place("x"))).rejects.toThrow(
    /was coded against base\.safetensors \(\d+ bytes, SHA-256 [0-9a-f]{64}\), which is not beside it/,
  );
  await expect((await open(place("file.codebook"))).tensor("w").read()).rejects.toThrow(SourceError);
  await unpack(place("file.codebook"), place("elsewhere"), { base: place("away", "moved.safetensors") });
  expect(Buffer.compare(readFileSync(place("elsewhere")), readFileSync(file))).toBe(0);

  await expect(unpack(place("file.codebook"), place("x"), { base: file })).rejects.toThrow(/was coded against base/);
  await pack(file, place("alone.codebook"));
  await expect(unpack(place("alone.codebook"), place("x"), { base: file })).rejects.toThrow("not coded against a base");
  await expect(pack(file, place("x"), { base: place("x") })).rejects.toThrow(OptionError);
  await expect(pack(file, place("x"), { base: place("nowhere") })).rejects.toThrow("there is no such file");
});

test("an archive serves as a base as well as the file inside", async () => {
  const base = await save("base.safetensors", weights);
  const file = await save("file.safetensors", weights, "BF16");
  await pack(base, place("base.safetensors.codebook"));
  const { ratio } = await pack(file, place("file.codebook"), { base: place("base.safetensors.codebook") });
  expect(ratio).toBeLessThan(0.004);
  await unpack(place("file.codebook"), place("restored"), { base });
  expect(Buffer.compare(readFileSync(place("restored")), readFileSync(file))).toBe(0);
});

test("an archive that is its own base, by way of others too, is refused", async () => {
  const file = await save("file.safetensors", weights);
  const base = await save("base.safetensors", weights);
  await pack(file, place("a.codebook"), { base });
  // Its base is called base.safetensors, and so is it now.
  copyFileSync(place("a.codebook"), base);
  for (const path of [base, place("a.codebook")]) {
    const model = await open(path).catch((reason: unknown) => reason);
    const error = await (model as Model)
      .tensor("w")
      .read()
      .catch((reason: unknown) => reason);
    expect(String(error)).toContain("this archive is, by way of its base, its own base");
    await expect(verify(path)).rejects.toMatchObject({ code: "FORMAT" });
    await expect(unpack(path, place("out"))).rejects.toMatchObject({ code: "FORMAT" });
  }
  // The other way round: two archives, each of which is the base of the other.
  await save("two.safetensors", weights);
  await pack(file, place("one.codebook"), { base: place("two.safetensors") });
  await save("one.codebook.safetensors", weights);
  await pack(file, place("two.codebook"), { base: place("one.codebook.safetensors") });
  copyFileSync(place("one.codebook"), place("one.codebook.safetensors"));
  copyFileSync(place("two.codebook"), place("two.safetensors"));
  await expect(verify(place("one.codebook"))).rejects.toThrow("its own base");
});

test("archives that are bases of one another in a row are read up to a limit", async () => {
  const small = fromArrays({ w: { values: weights.slice(0, 1000), shape: [10, 100] } });
  await saveSafetensors(small, place("0.safetensors"));
  renameSync(place("0.safetensors"), place("0"));
  let made = 0;
  const more = async (): Promise<void> => {
    await pack(place("0"), place(`${made + 1}`), { base: place(`${made}`), workers: 1 });
    made++;
    if (made < 3 * maxBaseChain) await more();
  };
  await expect(more()).rejects.toThrow(`at most ${maxBaseChain}`);
  expect(made).toBeGreaterThanOrEqual(maxBaseChain);
  expect(made).toBeLessThanOrEqual(maxBaseChain + 2);
});

describe("the base of an archive", () => {
  const watch = { signal: undefined };
  const unwrap = () => Promise.reject(new Error("it is no archive"));
  const index = (file: { name: string; byteLength: number; sha256: string } | undefined) => ({ base: file }) as never;

  test("is a file with its length and its hash, which is told as it goes on", async () => {
    writeFileSync(place("b.bin"), "abc");
    const told: unknown[] = [];
    const { source, file } = await openBase(place("b.bin"), { ...watch, onProgress: (one) => told.push(one) }, unwrap);
    expect(source.byteLength).toBe(3);
    expect(file).toEqual({
      name: "b.bin",
      byteLength: 3,
      sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    });
    expect(told.at(-1)).toEqual({ task: "hashing the base", done: 3, total: 3, unit: "bytes", item: "b.bin" });
  });

  test("that is an archive itself is the file inside", async () => {
    writeFileSync(place("b.codebook"), Uint8Array.of(0x89, 0x43, 0x42, 0x4b, 13, 10, 26, 10, 2));
    const inside = memorySource(Buffer.from("abc"), "inside");
    const { source, file } = await openBase(place("b.codebook"), watch, () => Promise.resolve(inside));
    expect([source, file.byteLength]).toEqual([inside, 3]);
  });

  test("is looked for beside the archive under its own name, and must have the hash of then", async () => {
    writeFileSync(place("b.bin"), "abc");
    const { file } = await openBase(place("b.bin"), watch, unwrap);
    const archive = memorySource(new Uint8Array(0), place("a.codebook"));
    expect((await baseOf(archive, index(file), undefined, watch, unwrap))?.byteLength).toBe(3);
    expect(await baseOf(archive, index(undefined), undefined, watch, unwrap)).toBeUndefined();
    await expect(baseOf(archive, index(undefined), place("b.bin"), watch, unwrap)).rejects.toThrow("is not needed");
    writeFileSync(place("b.bin"), "abd");
    await expect(baseOf(archive, index(file), undefined, watch, unwrap)).rejects.toThrow(SourceError);
    rmSync(place("b.bin"));
    await expect(baseOf(archive, index(file), undefined, watch, unwrap)).rejects.toThrow("which is not beside it");
    // A place that the caller names is spoken of as such, and an interruption is none of it.
    const named = baseOf(archive, index(file), place("none.bin"), watch, unwrap);
    await expect(named).rejects.toThrow(`${place("none.bin")}: there is no such file`);
    writeFileSync(place("b.bin"), "abc");
    const stopped = { signal: AbortSignal.abort() };
    await expect(baseOf(archive, index(file), undefined, stopped, unwrap)).rejects.toMatchObject({ code: "CANCELLED" });
    await expect(baseOf(memorySource(new Uint8Array(0)), index(file), undefined, watch, unwrap)).rejects.toThrow(
      `was coded against b.bin (3 bytes, SHA-256 ${file.sha256}), which is not beside it`,
    );
  });
});
