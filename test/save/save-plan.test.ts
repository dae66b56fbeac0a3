/** Plans of every form: each layer is in it once, as it is held, and the bytes are those of the file. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, fromArrays, ggml, linear, magnitude, nf4, type CompressedModel, type Recipe } from "../../kernel";
import { planModel } from "../../kernel/catalog/save";
import { layerAsValues } from "../../kernel/save/save-plan";
import { TensorSet } from "../../kernel/tensor/tensor-set";

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), "codebook-plan-"))));
afterAll(() => rmSync(folder, { recursive: true }));

const ramp = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i));
const arrays = {
  "h.0.fc.weight": { shape: [4, 64], values: ramp(256) },
  "h.0.conv.weight": { shape: [2, 3, 3, 3], values: ramp(54) },
  "h.0.norm.weight": { shape: [4], values: ramp(4) },
};
const topology = { modelTopology: { class_name: "Sequential", config: { layers: [] } } };

async function small(recipe: Recipe, more: object = {}): Promise<CompressedModel> {
  const { tensors, name, format } = fromArrays(arrays);
  const sha256 = () => Promise.resolve("00".repeat(32));
  return compress(new TensorSet({ name, format, tensors, sha256, ...more }), recipe, { workers: 1 });
}

const config = { model_type: "own" };
const gguf = { metadata: { "general.architecture": "own" } };
const int4 = linear({ bits: 4, group: 32 });
const forms: [form: string, path: string, recipe: Recipe, more: object, held: string[]][] = [
  ["compressed-tensors folder", "ct/", int4, { config }, ["packed int4 g32", "plain F32", "as it was F32"]],
  [
    "folder of plain weights",
    "plain/",
    magnitude({ sparsity: 0.5 }),
    { config },
    ["plain F32", "plain F32", "as it was F32"],
  ],
  ["safetensors file of floats", "a.safetensors", int4, {}, ["plain F32", "plain F32", "as it was F32"]],
  ["TensorFlow.js model", "tfjs/", int4, { config: topology }, ["plain F32", "plain F32", "as it was F32"]],
];

const fileOf = (path: string) => {
  if (!path.endsWith("/")) return join(folder, path);
  return join(folder, path, path === "tfjs/" ? "weights.bin" : "model.safetensors");
};

test.each(forms)("%s", async (form, path, recipe, more, held) => {
  const model = await small(recipe, more);
  const { plan } = await planModel(model, path, {});
  expect(plan.form).toBe(form);
  expect(plan.layers.map((layer) => layer.name)).toEqual(Object.keys(arrays));
  expect(plan.layers.map((layer) => `${layer.held} ${layer.as}`)).toEqual(held);
  for (const { bytes, tensors } of plan.layers)
    expect(tensors.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBe(bytes);
  const said = await model.save(join(folder, path) + (path.endsWith("/") ? "/" : ""));
  expect([said.bytes, plan.bytes]).toEqual([statSync(fileOf(path)).size, said.bytes]);
});

test("GGUF: blocks, values, and what stays, in the order of the file", async () => {
  const model = await small([{ match: "**.fc.weight", steps: ggml({ type: "Q4_0" }) }], gguf);
  const { plan } = await planModel(model, "a.gguf", {});
  const held = Object.fromEntries(plan.layers.map(({ name, held, as, bytes }) => [name, [held, as, bytes]]));
  expect(held).toEqual({
    "h.0.fc.weight": ["packed", "Q4_0", (256 / 32) * 18],
    "h.0.conv.weight": ["as it was", "F32", 216],
    "h.0.norm.weight": ["as it was", "F32", 16],
  });
  const said = await model.save(join(folder, "a.gguf"));
  expect([said.bytes, plan.bytes]).toEqual([statSync(join(folder, "a.gguf")).size, said.bytes]);
  const half = await planModel(model, "a.gguf", { dtype: "F16" });
  expect(half.plan.layers.map((layer) => layer.held)).toEqual(["plain", "plain", "plain"]);
});

test("bitsandbytes: codes, scales and state of a layer are its tensors", async () => {
  const model = await small([{ match: "**.fc.weight", steps: nf4() }], { config });
  const { plan } = await planModel(model, "a/", {});
  expect(plan.form).toBe("bitsandbytes folder");
  expect(plan.layers[0].tensors.map(({ name, sizeBytes }) => [name, sizeBytes]).slice(0, 3)).toEqual([
    ["h.0.fc.weight", 128],
    ["h.0.fc.weight.absmax", 16],
    ["h.0.fc.weight.quant_map", 64],
  ]);
  const said = await model.save(join(folder, "a") + "/");
  expect([said.bytes, plan.bytes]).toEqual([statSync(join(folder, "a/model.safetensors")).size, said.bytes]);
});

test("why a type is another stands beside what no step changed only", async () => {
  const [fc, , norm] = (await small(int4)).tensors;
  const file = { name: "w", dtype: "F16", shape: [4, 64], sizeBytes: 512 };
  expect(layerAsValues(norm, file, { retyped: "other" })).toMatchObject({ held: "plain", retyped: "other" });
  expect(layerAsValues(fc, file, { retyped: "other" })).not.toHaveProperty("retyped");
});

test("a reason stands beside what was quantized only", async () => {
  const [fc, , norm] = (await small(int4)).tensors;
  const pruned = (await small(magnitude({ sparsity: 0.5 }))).tensors[0];
  const file = { name: "w", dtype: "F32", shape: [4, 64], sizeBytes: 1024 };
  expect(layerAsValues(fc, file, { reason: "why" })).toMatchObject({ held: "plain", reason: "why" });
  expect(layerAsValues(pruned, file, { reason: "why" })).not.toHaveProperty("reason");
  expect(layerAsValues(norm, file, { reason: "why", retyped: "other" })).toEqual({
    name: "w",
    shape: [4, 64],
    held: "as it was",
    as: "F32",
    tensors: [file],
    bytes: 1024,
  });
});
