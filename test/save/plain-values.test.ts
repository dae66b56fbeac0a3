/** Every form that a compressed model is saved in opens to w′, also where weights lie otherwise than (out, in): no engine gets codes of another
 *  order than it reads. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compress,
  fp8,
  fromArrays,
  ggml,
  linear,
  lowRank,
  magnitude,
  nf4,
  open,
  OptionError,
  rans,
  saveBitsandbytes,
  saveCompressedTensors,
  sorted,
  type CompressedModel,
  type Model,
  type Recipe,
} from "../../kernel";
import { isTurnable } from "../../kernel/llama-cpp/moved-tensor";
import type { CompressedTensor } from "../../kernel/layer/layer-tensor";
import { isTurned, PlainValues } from "../../kernel/save/plain-values";
import { TensorSet } from "../../kernel/tensor/tensor-set";
import { bytesOf, layouts, ownValues, torchValues, type Lying } from "../tensor/layouts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "codebook-axes-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const inRows: Lying = {
  ...{ shape: [20, 64], axes: { output: [0], input: [1], stacked: [] }, matrix: [20, 64], matrices: 1, order: [0, 1] },
};
const wide: Lying = { ...layouts["Conv1D of GPT-2 (in, out)"], shape: [64, 20], matrix: [20, 64] };
const { "kernel of Keras (height, width, in, out)": kernel, "experts (experts, in, out)": experts } = layouts;

function modelOf(lying: Readonly<Record<string, Lying>>, more: Partial<Model> = {}): Model {
  const arrays = Object.entries(lying).map(([name, one]) => {
    const values = ownValues(one, torchValues(one));
    return [name, { shape: one.shape, axes: one.axes, values }] as const;
  });
  const model = fromArrays(Object.fromEntries(arrays));
  const { tensors, name, format } = model;
  return new TensorSet({ name, format, tensors, ...more, sha256: () => model.sha256() });
}

async function expectSame(small: CompressedModel, saved: Model): Promise<void> {
  for (const tensor of small.tensors)
    expect([tensor.name, bytesOf(await saved.tensor(tensor.name).read())]).toEqual([
      tensor.name,
      bytesOf(await tensor.read()),
    ]);
}

const recipes: Readonly<Record<string, Recipe>> = {
  "4 bits in groups": linear({ bits: 4, group: 32 }),
  "8 bits, asymmetric": linear({ bits: 8, per: "channel", symmetric: false }),
  "blocks of floats": fp8({ block: [8, 8] }),
  codebooks: [sorted({ bits: 3, per: "channel" }), rans()],
  pruned: [magnitude({ sparsity: 0.5, scope: "row" }), linear({ bits: 4, per: "tensor" })],
  "low rank": lowRank({ rank: 2 }),
  "ggml's blocks": ggml({ type: "Q4_0" }),
  nf4: nf4({ group: 64 }),
};
const config = { model_type: "own" };

describe.each(Object.entries(recipes))("%s", (_, recipe) => {
  const all = { "in.weight": wide, "conv/kernel": kernel, "experts.up": experts, "out.weight": inRows };

  test("one file of floats", async () => {
    const small = await compress(modelOf(all), recipe, { workers: 1 });
    await small.save(at("small.safetensors"));
    await expectSame(small, await open(at("small.safetensors")));
  });

  test("GGUF, as blocks where these lie so, else as floats", async () => {
    const metadata = { "general.architecture": "own" };
    const small = await compress(modelOf(all, { metadata }), recipe, { workers: 1 });
    await small.save(at("small.gguf"));
    const saved = await open(at("small.gguf"));
    await expectSame(small, saved);
    expect(saved.tensor("in.weight").dtype).toBe("F32");
  });

  test("a folder for transformers: matrices (in, out) are plain", async () => {
    const small = await compress(modelOf({ "in.weight": wide }, { config }), recipe, { workers: 1 });
    await small.save(at("small/"));
    await expectSame(small, await open(at("small/")));
    expect(JSON.parse(readFileSync(at("small/config.json"), "utf8"))).toEqual(config);
  });

  test("a folder of TensorFlow.js", async () => {
    const topology = { config: { modelTopology: { class_name: "Sequential", config: { layers: [] } } } };
    const small = await compress(modelOf({ "conv/kernel": kernel, "dense/kernel": wide }, topology), recipe);
    await small.save(at("tfjs/"));
    await expectSame(small, await open(at("tfjs/model.json")));
  });
});

test("a folder with matrices of both kinds holds those (out, in) packed", async () => {
  const model = modelOf({ "h.0.in.weight": wide, "h.0.out.weight": inRows }, { config });
  const small = await compress(model, linear({ bits: 4, group: 32 }), { workers: 1 });
  mkdirSync(at("both"));
  await small.save(at("both/"));
  const raw = readFileSync(at("both/model.safetensors")).toString("latin1");
  expect(raw).toContain('"h.0.out.weight_packed"');
  expect(raw).toContain('"h.0.in.weight"');
  expect(raw).not.toContain("h.0.in.weight_packed");
  const { quantization_config } = JSON.parse(readFileSync(at("both/config.json"), "utf8")) as {
    quantization_config: { config_groups: { group_0: { targets: string[] } } };
  };
  expect(quantization_config.config_groups.group_0.targets).toEqual([String.raw`re:(?:.*\.)?h\.\d+\.out$`]);
  const plain = (await open(at("both/"))).tensor("h.0.in.weight");
  expect(bytesOf(await plain.read())).toBe(bytesOf(await small.tensor("h.0.in.weight").read()));
});

test("writers of packed matrices refuse what lies otherwise, with the way out", async () => {
  const turned = await compress(modelOf({ "in.weight": wide }, { config }), linear({ bits: 4, group: 32 }));
  await expect(saveCompressedTensors(turned, at("no"))).rejects.toThrow(OptionError);
  await expect(saveCompressedTensors(turned, at("no"))).rejects.toThrow(
    /in\.weight is plain, because it does not lie \(out, in\).*saveSafetensors/,
  );
  const stacked = await compress(modelOf({ "experts.up.weight": layouts["experts (experts, out, in)"] }), nf4());
  await expect(saveBitsandbytes(stacked, at("no"))).rejects.toThrow(
    /experts\.up\.weight is plain, .* stack of experts/,
  );
  const four = await compress(modelOf({ "in.weight": wide }), nf4());
  await expect(saveBitsandbytes(four, at("no"))).rejects.toThrow(/in\.weight is plain, .* not lie \(out, in\)/);
  const both = await compress(modelOf({ "in.weight": wide, "out.weight": inRows }, { config }), nf4());
  const { form, layers } = await both.save(at("some/"));
  expect([form, layers.map(({ held }) => held)]).toEqual(["bitsandbytes folder", ["plain", "packed"]]);
  await expectSame(both, await open(at("some/")));
  const stack = { "e.weight": { ...wide, axes: { output: [], input: [1], stacked: [0] } } };
  const rows = await compress(modelOf(stack), linear({ bits: 4, group: 20 }));
  await expect(saveCompressedTensors(rows, at("no"))).rejects.toThrow(/does not lie \(out, in\)/);
});

test("plain values are those of the tensor, and say whether the codes lie another way", async () => {
  const small = await compress(modelOf({ "in.weight": wide, "out.weight": inRows }), linear({ bits: 8 }));
  const [turned, own] = small.tensors as CompressedTensor[];
  expect([isTurned(turned.outline), isTurned(own.outline)]).toEqual([true, false]);
  const plain = new PlainValues(turned);
  expect(plain).toMatchObject({ name: "in.weight", shape: [64, 20], dtype: "F32", sizeBytes: 5120 });
  expect(bytesOf(await plain.read())).toBe(bytesOf(await turned.read()));
  expect(Buffer.from(await plain.readBytes()).equals(Buffer.from(await turned.readBytes()))).toBe(true);
  expect([isTurnable(plain), isTurnable(new PlainValues(turned, own))]).toEqual([false, true]);
});
