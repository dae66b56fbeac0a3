import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, fromArrays, linear, open, type CompressedModel, type SaveOptions } from "../../kernel";
import { formats } from "../../kernel/catalog/formats";
import { planModel, saveModel } from "../../kernel/catalog/save";
import { setHostProvider } from "../../kernel/host";

const values = Float32Array.from({ length: 64 }, (_, i) => Math.cos(i));
let small: CompressedModel;
let folder: string;
beforeAll(async () => {
  const toy = fromArrays({ "fc.weight": { shape: [2, 32], values } }, { name: "toy" });
  small = await compress(toy, linear({ bits: 4, group: 32 }));
});
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "codebook-save-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const written = formats.filter(({ plan }) => plan);

it("writes the formats that it says", () => {
  expect(written.map(({ name }) => name)).toEqual(["safetensors", "gguf", "codebook"]);
});

it("a file of w′ by its ending, which opens as that format", async () => {
  const path = join(folder, "small.safetensors");
  await small.save(path);
  const model = await open(path);
  expect(model.format).toBe("safetensors");
  expect(await model.tensor("fc.weight").read()).toEqual(await small.tensor("fc.weight").read());
});

it("says the bytes of the file that holds the weights", async () => {
  const path = join(folder, "small.safetensors");
  const said = await saveModel(small, path, {});
  expect([said.bytes, said.files]).toEqual([statSync(path).size, ["small.safetensors"]]);
  const packed = await saveModel(small, `${folder}/out/`, {});
  expect(packed.bytes).toBe(statSync(join(folder, "out", "model.safetensors")).size);
  expect([...packed.files].sort()).toEqual(readdirSync(join(folder, "out")).sort());
});

it("plans the same bytes, and writes nothing", async () => {
  for (const name of ["small.safetensors", "out/"]) {
    const { plan } = await planModel(small, `${folder}/${name}`, {});
    expect(readdirSync(folder)).toEqual([]);
    const said = await saveModel(small, `${folder}/${name}`, {});
    expect([said.bytes, said.layers, said.form]).toEqual([plan.bytes, plan.layers, plan.form]);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
  }
});

it("shows in a cell what it is about to write", async () => {
  const shown: unknown[] = [];
  setHostProvider(() => ({
    display: ({ data }) => shown.push([data["text/plain"], readdirSync(folder)]),
  }));
  await saveModel(small, `${folder}/out/`, {}).finally(() => setHostProvider(() => ({})));
  expect(shown).toEqual([
    [expect.stringMatching(/out\/: compressed-tensors folder .* 1 layer packed \(int4 g32\)$/), []],
  ]);
});

it("a type goes to the writer", async () => {
  const path = join(folder, "small.safetensors");
  await saveModel(small, path, { dtype: "BF16" });
  expect((await open(path)).tensor("fc.weight").dtype).toBe("BF16");
});

it("refuses an option that it does not know", async () => {
  await expect(saveModel(small, "small.gguf", { dytpe: "F16" } as never)).rejects.toThrow('did you mean "dtype"?');
});

it("a folder by the slash at its end, packed", async () => {
  await small.save(`${folder}/out/`);
  expect(readdirSync(join(folder, "out")).sort()).toEqual(["README.md", "config.json", "model.safetensors"]);
  const stored = await open(join(folder, "out"), { raw: true });
  expect(stored.tensors.map(({ name }) => name)).toContain("fc.weight_packed");
  const model = await open(join(folder, "out"));
  expect(await model.tensor("fc.weight").read()).toEqual(await small.tensor("fc.weight").read());
});

it.each<[string, string, SaveOptions, string]>([
  ["an ending that no format writes", "small.npz", {}, '".npz" cannot be written'],
  ["an index, which a single file has not", "small.safetensors.index.json", {}, '".json" cannot be written'],
  ["no ending", "small", {}, "has no suffix"],
  ["from with a file", "small.safetensors", { from: "models" }, 'from goes with a folder: save("small/", { from })'],
  ["padHeads with a file", "small.gguf", { padHeads: true }, "padHeads goes with a folder"],
  ["a type with a packed folder", "out/", { dtype: "F16" }, "dtype goes with a file"],
  ["padHeads with a packed folder", "out/", { padHeads: true }, "padHeads goes with plain weights"],
])("refuses %s", async (_, name, options, message) => {
  await expect(small.save(`${folder}/${name}`, options)).rejects.toThrow(message);
  expect(readdirSync(folder)).toEqual([]);
});
