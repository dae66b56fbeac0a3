/** What was saved, opened again: the very w′, under its own names; and what is made of a checkpoint whose weights were codes already. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { compress, fp4, fp8, fromArrays, int, linear, magnitude, mxfp4, mxfp8, nf4, nvfp4, open } from "../../kernel";
import {
  saveBitsandbytes,
  saveCompressedTensors,
  saveSafetensors,
  type CompressedModel,
  type Recipe,
} from "../../kernel";
import { gaussianWeights } from "../blocks/weights";

const folder = mkdtempSync(join(tmpdir(), "codebook-reopened-"));
afterAll(() => rmSync(folder, { recursive: true }));
const corpus = resolve(__dirname, "../../../test/fixtures/stored-codes");

const arrays = fromArrays({
  "model.layers.0.mlp.up_proj.weight": { shape: [48, 96], values: gaussianWeights(48 * 96, 1) },
  "model.layers.0.self_attn.q_proj.weight": { shape: [40, 64], values: gaussianWeights(40 * 64, 2) },
  "model.norm.weight": { shape: [64], values: gaussianWeights(64, 3) },
});

/** The arrays as a folder with a config.json, which saving asks for. */
async function original() {
  await saveSafetensors(arrays, join(folder, "model.safetensors"));
  writeFileSync(
    join(folder, "config.json"),
    JSON.stringify({ model_type: "llama", architectures: ["LlamaForCausalLM"] }),
  );
  return open(folder);
}

async function expectSame(small: CompressedModel, path: string): Promise<void> {
  const again = await open(path);
  expect(again.tensors.map(({ name }) => name).sort()).toEqual(small.tensors.map(({ name }) => name).sort());
  expect(again.parameters).toBe(small.parameters);
  for (const tensor of small.tensors) {
    const found = again.tensor(tensor.name);
    expect([found.name, found.shape]).toEqual([tensor.name, tensor.shape]);
    const [got, wanted] = [await found.read(), await tensor.read()];
    expect([tensor.name, Buffer.compare(Buffer.from(got.buffer), Buffer.from(wanted.buffer))]).toEqual([
      tensor.name,
      0,
    ]);
  }
}

const packed: Record<string, Recipe> = {
  ...Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8].map((bits) => [`linear ${bits}`, linear({ bits, group: 16 })])),
  "linear 3, asymmetric": linear({ bits: 3, group: 32, symmetric: false }),
  "linear 4, asymmetric, per channel": linear({ bits: 4, per: "channel", symmetric: false }),
  "linear 5, per tensor, asymmetric": linear({ bits: 5, per: "tensor", symmetric: false }),
  "int 4": int({ bits: 4, per: "channel" }),
  "int 8, asymmetric": int({ bits: 8, symmetric: false, per: "tensor" }),
  "fp8 per tensor": fp8({ per: "tensor" }),
  "fp8 per channel": fp8({ per: "channel" }),
  "fp8, groups": fp8({ per: "group", group: 32 }),
  "fp8, ragged blocks": fp8({ per: "block", block: [32, 48] }),
  mxfp4: mxfp4(),
  mxfp8: mxfp8(),
  nvfp4: nvfp4(),
  "pruned, then quantized": [magnitude({ sparsity: 0.5 }), linear({ bits: 4, group: 32, symmetric: false })],
  mixed: [
    { match: "**.up_proj.weight", steps: [linear({ bits: 3, per: "channel" })] },
    { match: "**.q_proj.weight", steps: [nvfp4()] },
  ],
};

test("folders of compressed-tensors open to the very w′ that was saved", async () => {
  const model = await original();
  for (const [name, recipe] of Object.entries(packed)) {
    const path = join(folder, name);
    const small = await compress(model, recipe);
    await saveCompressedTensors(small, path);
    await expectSame(small, path);
  }
});

test("so do those with activations of eight bits", async () => {
  const model = await original();
  for (const [name, recipe] of Object.entries({
    linear: linear({ bits: 8, per: "channel" }),
    fp8: fp8({ per: "channel" }),
  })) {
    const path = join(folder, `dynamic ${name}`);
    const small = await compress(model, recipe);
    await saveCompressedTensors(small, path, { activations: "dynamic" });
    await expectSame(small, path);
  }
});

test("so do those of bitsandbytes", async () => {
  const model = await original();
  const forms = {
    nf4: nf4(),
    double: nf4({ doubleQuant: true }),
    fp4: fp4({ group: 128 }),
    pruned: [magnitude({ sparsity: 0.3 }), fp4()],
  };
  for (const [name, recipe] of Object.entries(forms)) {
    const path = join(folder, `bitsandbytes ${name}`);
    const small = await compress(model, recipe);
    await saveBitsandbytes(small, path);
    await expectSame(small, path);
  }
});

test("what was codes already says so, and its folder says nothing of them any more", async () => {
  const source = join(folder, "source");
  const model = await original();
  await saveCompressedTensors(
    await compress(model, linear({ bits: 4, group: 32 }), { only: "**.q_proj.weight" }),
    source,
  );
  writeFileSync(join(source, "quantize_config.json"), "{}");
  const again = await open(source);
  const pruned = await compress(again, magnitude({ sparsity: 0.5 }));
  const { layers } = pruned.report;
  expect(layers.map(({ name, dtype, requantized }) => [name.split(".")[4], dtype, requantized])).toEqual([
    ["q_proj", "compressed-tensors 4-bit g32", "compressed-tensors 4-bit g32"],
    ["up_proj", "F32", undefined],
  ]);
  await pruned.save(`${folder}/plain/`);
  expect(readdirSync(join(folder, "plain")).sort()).toEqual(["README.md", "config.json", "model.safetensors"]);
  expect(JSON.parse(readFileSync(join(folder, "plain", "config.json"), "utf8"))).not.toHaveProperty(
    "quantization_config",
  );
  await expectSame(pruned, join(folder, "plain"));
  // A weight that the recipe left alone is written as the numbers that its codes stand for.
  const partly = await compress(again, nf4(), { only: "**.up_proj.weight" });
  await partly.save(`${folder}/partly/`);
  await expectSame(partly, join(folder, "partly"));
  await partly.save(join(folder, "partly.safetensors"));
  await expectSame(partly, join(folder, "partly.safetensors"));
});

test("a checkpoint of another writer is compressed as the weights that it stands for", async () => {
  const model = await open(join(corpus, "gptq-act-order"));
  expect(model.parameters).toBe(32 * 96);
  const small = await compress(model, linear({ bits: 8, group: 32 }));
  const [layer] = small.report.layers;
  expect(layer).toMatchObject({ shape: [32, 96], requantized: "GPTQ 4-bit g32" });
  expect(layer.variants[0]?.sqnrDb).toBeGreaterThan(30);
});
