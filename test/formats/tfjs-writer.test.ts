/** A TensorFlow.js model on its way to the disk: its bytes, and that at every moment the folder holds the old model or the new one. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { CancelledError, OptionError, WriteError } from "../../kernel/errors";
import { saveTfjs, type SaveTfjsOptions } from "../../kernel/formats/tfjs-writer";
import { setHostProvider } from "../../kernel/host";
import type { Progress } from "../../kernel/host";

/** What changes the names in the folder, in its order. */
const mockOrder: string[] = [];
/** The name whose renaming fails. */
const mockFault = { name: "" };
jest.mock("node:fs/promises", () => {
  type Call = (...words: string[]) => Promise<unknown>;
  const real = jest.requireActual<Record<string, Call>>("node:fs/promises");
  const nameOf = (path: string) => path.replace(/.*[\\/]/, "");
  return {
    ...real,
    rename: (from: string, to: string) => {
      mockOrder.push(`write ${nameOf(to)}`);
      if (nameOf(to) === mockFault.name) return Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
      return real.rename(from, to);
    },
    unlink: (path: string) => {
      if (!nameOf(path).startsWith(".")) mockOrder.push(`remove ${nameOf(path)}`);
      return real.unlink(path);
    },
  };
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "codebook-tfjs-"));
  mockOrder.length = 0;
  mockFault.name = "";
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const floats = (name: string, ...values: number[]) => ({
  name,
  shape: [values.length],
  dtype: "F32",
  sizeBytes: 4 * values.length,
  parameters: values.length,
  read: () => Promise.resolve(Float32Array.from(values)),
  readBytes: () => Promise.resolve(new Uint8Array(Float32Array.from(values).buffer)),
});
const whole = (name: string, ...values: number[]) => ({
  ...floats(name, ...values),
  dtype: "I32",
  read: () => Promise.reject(new Error("these are no floats")),
  readBytes: () => Promise.resolve(new Uint8Array(Int32Array.from(values).buffer)),
});
const modelOf = (which: string, tensors: object[] = [floats("w", 1, -2), whole("n", 7)]) =>
  ({
    tensors,
    config: { modelTopology: { which }, format: "layers-model" },
    sha256: () => Promise.resolve(createHash("sha256").update(which).digest("hex")),
  }) as Parameters<typeof saveTfjs>[0];
const save = (which: string, options: SaveTfjsOptions = {}, tensors?: object[]) =>
  saveTfjs(modelOf(which, tensors), folder, options);
const manifest = () => JSON.parse(readFileSync(join(folder, "model.json"), "utf8")) as Record<string, unknown>;
const names = () => readdirSync(folder).sort();

test("the weights lie one behind the other, and model.json names them with the topology", async () => {
  expect(await save("a")).toBe(12);
  const bytes = Buffer.concat([Buffer.from(Float32Array.of(1, -2).buffer), Buffer.from(Int32Array.of(7).buffer)]);
  expect(readFileSync(join(folder, "weights.bin"))).toEqual(bytes);
  expect(manifest()).toEqual({
    modelTopology: { which: "a" },
    format: "layers-model",
    weightsManifest: [
      {
        paths: ["weights.bin"],
        weights: [
          { name: "w", shape: [2], dtype: "float32" },
          { name: "n", shape: [1], dtype: "int32" },
        ],
      },
    ],
  });
});

test("half floats say so, and take half the room; whole numbers stay as they are", async () => {
  expect(await save("a", { dtype: "F16" })).toBe(8);
  expect(readFileSync(join(folder, "weights.bin")).toString("hex")).toBe("003c00c007000000");
  const [{ weights }] = manifest().weightsManifest as { weights: object[] }[];
  expect(weights).toEqual([
    { name: "w", shape: [2], dtype: "float32", quantization: { dtype: "float16", original_dtype: "float32" } },
    { name: "n", shape: [1], dtype: "int32" },
  ]);
});

test("progress is told tensor by tensor", async () => {
  const told: Progress[] = [];
  setHostProvider(() => ({ progress: (progress) => void told.push(progress) }));
  await save("a");
  setHostProvider(() => ({}));
  const entry = { task: "saving", total: 12, unit: "bytes" };
  expect(told).toEqual([
    { ...entry, done: 8, item: "w" },
    { ...entry, done: 12, item: "n" },
  ]);
});

describe.each([false, true])("a folder that holds a model (resume: %p)", (resume) => {
  test("keeps it until the new model.json stands, and loses its weights last", async () => {
    await save("a", { resume });
    mockOrder.length = 0;
    await save("b", { resume });
    expect(mockOrder).toEqual(["write weights-2.bin", "write model.json", "remove weights.bin"]);
    expect(names()).toEqual(["model.json", "weights-2.bin"]);
    mockOrder.length = 0;
    await save("c", { resume });
    expect(mockOrder).toEqual(["write weights.bin", "write model.json", "remove weights-2.bin"]);
    expect(names()).toEqual(["model.json", "weights.bin"]);
  });

  test("has it still where the new model.json cannot be written", async () => {
    await save("a", { resume });
    mockFault.name = "model.json";
    await expect(save("b", { resume })).rejects.toThrow("model.json: renaming failed: the disk is full");
    expect(manifest().modelTopology).toEqual({ which: "a" });
    expect(existsSync(join(folder, "weights.bin"))).toBe(true);
    mockFault.name = "";
    await save("b", { resume });
    expect([manifest().modelTopology, names()]).toEqual([{ which: "b" }, ["model.json", "weights-2.bin"]]);
  });
});

test("new weights that no model.json names are removed, unless they are to be taken up again", async () => {
  mockFault.name = "model.json";
  await expect(save("a")).rejects.toThrow(WriteError);
  expect(names()).toEqual([]);
  await expect(save("a", { resume: true })).rejects.toThrow(WriteError);
  expect(names().filter((name) => !name.startsWith("."))).toEqual(["weights.bin"]);
  mockFault.name = "";
  const made: string[] = [];
  const tensor = {
    ...floats("w", 1, -2),
    read: () => Promise.resolve(made.push("w")).then(() => Float32Array.of(1, -2)),
  };
  await save("a", { resume: true }, [tensor, whole("n", 7)]);
  expect(made).toEqual([]);
  expect(names()).toEqual(["model.json", "weights.bin"]);
});

test("weights that a model.json names stay, whatever fails", async () => {
  await save("a");
  mockFault.name = "weights-2.bin";
  await expect(save("b")).rejects.toThrow("weights-2.bin: renaming failed");
  expect([manifest().modelTopology, names()]).toEqual([{ which: "a" }, ["model.json", "weights.bin"]]);
});

test("what an earlier call left of the other name is removed, with resume", async () => {
  const broken = [floats("w", 1, -2), { ...whole("n", 7), readBytes: () => Promise.reject(new Error("gone")) }];
  await expect(save("a", { resume: true }, broken)).rejects.toThrow("gone");
  expect(names().every((name) => name.startsWith(".weights.bin."))).toBe(true);
  writeFileSync(join(folder, "model.json"), JSON.stringify({ weightsManifest: [{ paths: ["weights.bin"] }] }));
  await save("b", { resume: true });
  expect(names()).toEqual(["model.json", "weights-2.bin"]);
});

test("stops by its signal, the host's where none is given", async () => {
  await expect(save("a", { signal: AbortSignal.abort() })).rejects.toThrow(CancelledError);
  setHostProvider(() => ({ signal: AbortSignal.abort() }));
  await expect(save("a")).rejects.toThrow(CancelledError);
  await expect(save("a", { resume: true })).rejects.toThrow(CancelledError);
  setHostProvider(() => ({}));
  expect(names().filter((name) => !name.startsWith("."))).toEqual([]);
});

test("the signal is handed to each tensor that is read", async () => {
  const seen: unknown[] = [];
  const { signal } = new AbortController();
  const read = (options: unknown) => (seen.push(options), Promise.resolve(Float32Array.of(1, -2)));
  const readBytes = (options: unknown) => (seen.push(options), Promise.resolve(new Uint8Array(4)));
  const tensors = [
    { ...floats("w", 1, -2), read },
    { ...whole("n", 7), readBytes },
  ];
  await save("a", { signal }, tensors);
  await save("a", {}, tensors);
  expect(seen).toEqual([{ signal }, { signal }, {}, {}]);
});

test("what cannot be saved is refused before anything is written", async () => {
  const without = { ...modelOf("a"), config: {} };
  await expect(saveTfjs(without, folder)).rejects.toThrow(OptionError);
  await expect(saveTfjs(without, folder)).rejects.toThrow("the model has no topology");
  await expect(save("a", { dtype: "BF16" } as never)).rejects.toThrow(OptionError);
  await expect(save("a", { dtyp: "F16" } as never)).rejects.toThrow('did you mean "dtype"?');
  expect(names()).toEqual([]);
  const file = join(folder, "file");
  writeFileSync(file, "");
  await expect(saveTfjs(modelOf("a"), join(file, "sub"))).rejects.toThrow(
    `${basename("sub")}: the folder cannot be made`,
  );
});
