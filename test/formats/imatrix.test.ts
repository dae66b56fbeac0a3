import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FormatError, OptionError, SourceError } from "../../kernel/errors";
import { readImportance, writeImportance } from "../../kernel/formats/imatrix";
import { ggml, quantize } from "../../kernel/quantize";
import { compress } from "../../kernel/recipe/compress";
import { fromArrays } from "../../kernel/formats/arrays";

const fixtures = join(__dirname, "..", "..", "..", "test", "fixtures", "formats");
const expected = JSON.parse(readFileSync(join(fixtures, "imatrix.json"), "utf8")) as Record<
  "gguf" | "dat",
  Record<string, number[]>
>;
const folder = mkdtempSync(join(tmpdir(), "codebook-imatrix-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);
const plain = (importance: Readonly<Record<string, Float32Array>>) =>
  Object.fromEntries(Object.entries(importance).map(([name, values]) => [name, [...values]]));

test.each(["gguf", "dat"] as const)("a file of form %s reads as llama.cpp's loader reads it", async (form) => {
  expect(plain(await readImportance(join(fixtures, `imatrix.${form}`)))).toEqual(expected[form]);
});

test("an expert that no token reached counts as ones in the GGUF form; the older form leaves its tensor out", async () => {
  const values = { "blk.0.ffn_up_exps.weight": [1, 2, 3, 4], "blk.0.attn_q.weight": [5, 6] };
  const options = { counts: { "blk.0.ffn_up_exps.weight": [2, 0] }, datasets: ["wiki.txt"], chunks: 3, chunkSize: 8 };
  await writeImportance(at("experts.gguf"), values, options);
  expect(plain(await readImportance(at("experts.gguf")))).toEqual({
    ...values,
    "blk.0.ffn_up_exps.weight": [1, 2, 1, 1],
  });
  await writeImportance(at("experts.dat"), values, options);
  expect(plain(await readImportance(at("experts.dat")))).toEqual({ "blk.0.attn_q.weight": [5, 6] });
});

test.each(["a.gguf", "a.dat"])(
  "%s: what is written is read again, to the bit, in the order of the names",
  async (file) => {
    const values = Float32Array.from({ length: 300 }, (_, i) => Math.abs(Math.sin(i)) * 10 ** ((i % 20) - 10));
    const bytes = await writeImportance(at(file), { b: values, a: [0, 1] });
    expect(readFileSync(at(file))).toHaveLength(bytes);
    const read = await readImportance(at(file));
    expect(Object.keys(read)).toEqual(["a", "b"]);
    expect(read.b).toEqual(values);
  },
);

test("the older form is written as llama.cpp's saver lays it out", async () => {
  const both = await readImportance(join(fixtures, "imatrix.dat"));
  const counts = { "blk.0.attn_q.weight": 1536, "output.weight": 1 };
  await writeImportance(at("again.dat"), both, { counts, chunks: 3, datasets: ["wiki.txt"] });
  const [ours, theirs] = [readFileSync(at("again.dat")), readFileSync(join(fixtures, "imatrix.dat"))];
  expect(ours).toHaveLength(theirs.length);
  expect(ours.subarray(0, 35)).toEqual(theirs.subarray(0, 35));
  expect(ours.subarray(-16)).toEqual(theirs.subarray(-16));
});

test("weights of several experts are quantized each by its own importance", async () => {
  const weights = Float32Array.from({ length: 2 * 4 * 256 }, (_, i) => Math.sin(1.7 * i * i));
  const importance = Float32Array.from({ length: 2 * 256 }, (_, i) => (i < 256 ? 1 + (i % 7) : 1 + (i % 5) ** 3));
  const step = ggml({ type: "Q4_K", importance });
  const { values, label } = quantize(weights, step, { shape: [2, 4, 256], name: "blk.0.ffn_up_exps.weight" });
  expect(label).toBe("ggml Q4_K by importance");
  for (const expert of [0, 1]) {
    const own = ggml({ type: "Q4_K", importance: importance.slice(256 * expert, 256 * (expert + 1)) });
    const part = weights.slice(1024 * expert, 1024 * (expert + 1));
    expect(values.slice(1024 * expert, 1024 * (expert + 1))).toEqual(quantize(part, own, { shape: [4, 256] }).values);
  }
  // Of an expert that no text reached nothing is known: the tensor goes without.
  const idle = importance.slice().fill(0, 256);
  const without = quantize(weights, ggml({ type: "Q4_K", importance: idle }), { shape: [2, 4, 256] });
  expect(without.values).toEqual(quantize(weights, ggml({ type: "Q4_K" }), { shape: [2, 4, 256] }).values);
  const short = ggml({ type: "Q4_K", importance: [1] });
  expect(() => quantize(weights, short, { shape: [2, 4, 256] })).toThrow("it takes as many, or 512 for 2 experts");
});

test("of a model's stacked experts each is quantized by its own importance too", async () => {
  const values = Float32Array.from({ length: 3 * 4 * 256 }, (_, i) => Math.sin(1.7 * i * i));
  const name = "blk.0.ffn_up_exps.weight";
  const model = fromArrays({ [name]: { shape: [3, 4, 256], values } });
  const importance = Float32Array.from({ length: 3 * 256 }, (_, i) => 1 + (i % (3 + Math.floor(i / 256))) ** 2);
  const small = await compress(model, ggml({ type: "Q4_K", importance: { [name]: importance } }), { workers: 1 });
  const w = await small.tensors[0].read();
  for (const expert of [0, 1, 2]) {
    const own = ggml({ type: "Q4_K", importance: importance.slice(256 * expert, 256 * (expert + 1)) });
    const part = values.slice(1024 * expert, 1024 * (expert + 1));
    expect(w.slice(1024 * expert, 1024 * (expert + 1))).toEqual(quantize(part, own, { shape: [4, 256] }).values);
  }
  expect(small.report.layers[0].variants[0]?.scheme).toBe("ggml Q4_K by importance");
});

test.each<[string, (bytes: Buffer) => Buffer, RegExp]>([
  ["no entries", (bytes) => (bytes.writeInt32LE(0, 0), bytes), /byte 0: it says 0 entries/],
  ["more entries than fit", (bytes) => (bytes.writeInt32LE(2 ** 30, 0), bytes), /it says 1073741824 entries/],
  [
    "a name beyond the file",
    (bytes) => (bytes.writeInt32LE(2 ** 30, 4), bytes),
    /byte 8: a name takes 1073741824 bytes/,
  ],
  [
    "values beyond the file",
    (bytes) => (bytes.writeInt32LE(2 ** 29, 31), bytes),
    /the values of .* takes 2147483648 bytes/,
  ],
  ["a negative length", (bytes) => (bytes.writeInt32LE(-1, 4), bytes), /a name takes -1 bytes/],
  [
    "a torn end",
    (bytes) => bytes.subarray(0, 60),
    /byte 35: the values of "blk.0.attn_q.weight" takes 128 bytes, and 25 are left/,
  ],
  ["nothing", () => Buffer.alloc(0), /byte 0: the number of entries takes 4 bytes/],
])("%s is refused by byte", async (_, change, message) => {
  writeFileSync(at("bad.dat"), change(readFileSync(join(fixtures, "imatrix.dat"))));
  await expect(readImportance(at("bad.dat"))).rejects.toThrow(FormatError);
  await expect(readImportance(at("bad.dat"))).rejects.toThrow(message);
});

test("a model, sums without counts, and a missing file are refused", async () => {
  await expect(readImportance(at("missing.dat"))).rejects.toThrow(SourceError);
  const good = readFileSync(at("experts.gguf"));
  const rename = (from: string, to: string) => Buffer.from(good.toString("latin1").replace(from, to), "latin1");
  writeFileSync(at("odd.gguf"), rename("attn_q.weight.counts", "attn_q.weight.caunts"));
  await expect(readImportance(at("odd.gguf"))).rejects.toThrow("attn_q.weight.in_sum2 and blk.0.attn_q.weight.counts");
  writeFileSync(
    at("model.gguf"),
    Buffer.from(good.toString("latin1").replaceAll("in_sum2", "in_bias").replace("imatrix", "imatrex"), "latin1"),
  );
  await expect(readImportance(at("model.gguf"))).rejects.toThrow('its general.type is "imatrex"');
});

test.each<[string, () => Promise<number>, string]>([
  ["another suffix", () => writeImportance(at("a.bin"), { a: [1] }), "ends neither in .gguf nor in .dat"],
  ["nothing", () => writeImportance(at("a.dat"), {}), "there is no importance to write"],
  ["a NaN", () => writeImportance(at("a.dat"), { a: [1, NaN] }), 'importance of "a" is NaN at 1'],
  ["no list", () => writeImportance(at("a.dat"), { a: 4 as never }), 'importance of "a" is 4'],
  ["counts of another", () => writeImportance(at("a.dat"), { a: [1] }, { counts: { b: 1 } }), 'counts has "b"'],
  [
    "experts that do not divide it",
    () => writeImportance(at("a.dat"), { a: [1] }, { counts: { a: [1, 1] } }),
    "1 values for 2 experts",
  ],
  [
    "idle experts alone",
    () => writeImportance(at("a.dat"), { a: [1, 1] }, { counts: { a: [1, 0] } }),
    "the older form holds none such",
  ],
])("of %s nothing is written", async (_, write, message) => {
  await expect(write()).rejects.toThrow(OptionError);
  await expect(write()).rejects.toThrow(message);
});
