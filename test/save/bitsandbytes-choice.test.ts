import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compress, linear, nf4, open, saveSafetensors, type Recipe } from "../../kernel";
import { TensorSet } from "../../kernel/tensor/tensor-set";
import { bitsandbytesLayers, kindOf } from "../../kernel/save/bitsandbytes-choice";
import { smallNetwork } from "./small-network";

async function chosen(recipe: Recipe, type = "llama", more: Record<string, readonly [number, number]> = {}) {
  const small = await compress(smallNetwork({ model_type: type }, more), recipe, { workers: 1 });
  const { layouts, reasons } = bitsandbytesLayers(small);
  return { kinds: new Set([...layouts.values()].map(kindOf)), packed: layouts.size, reasons };
}
const reasonOf = (reasons: ReadonlyMap<{ name: string }, string>, ending: string) =>
  [...reasons].find(([{ name }]) => name.endsWith(ending))?.[1];

test("linear layers are packed, embeddings are not", async () => {
  const { packed, kinds, reasons } = await chosen(nf4());
  expect([packed, [...kinds], reasons.size]).toEqual([14, ["nf4"], 1]);
  expect(reasonOf(reasons, "embed_tokens.weight")).toContain("an embedding");
});

test("of several types that of most weights is packed", async () => {
  const { packed, kinds, reasons } = await chosen([
    { match: "**.o_proj.weight", steps: nf4({ doubleQuant: true }) },
    { match: "**.k_proj.weight", steps: linear({ bits: 8, per: "channel" }) },
    { match: "**.v_proj.weight", steps: linear({ bits: 4, group: 32 }) },
    { match: "**", steps: nf4() },
  ]);
  expect([packed, [...kinds]]).toEqual([8, ["nf4"]]);
  expect(reasonOf(reasons, "o_proj.weight")).toBe(
    "it is nf4 with scales of 8 bits, and a folder of bitsandbytes is all nf4",
  );
  expect(reasonOf(reasons, "k_proj.weight")).toContain("it is int8");
  expect(reasonOf(reasons, "v_proj.weight")).toContain("neither by nf4()");
});

test.each([
  ["falcon", "q_proj.weight", /class of its own/],
  ["segformer", "q_proj.weight", /renames the modules/],
])("%s: %s stays plain", async (type, ending, why) => {
  const { packed, reasons } = await chosen(nf4(), type);
  expect([packed, reasonOf(reasons, ending)]).toEqual([0, expect.stringMatching(why)]);
});

test("modules that stay in float32, that a network reads itself, and experts", async () => {
  const more = {
    "encoder.block.0.layer.1.DenseReluDense.wo.weight": [64, 64],
    "layers.0.mixer.dt_proj.weight": [64, 64],
    "model.layers.0.mlp.experts.0.w1.weight": [64, 64],
  } as const;
  expect(reasonOf((await chosen(nf4(), "t5", more)).reasons, "wo.weight")).toContain("float32 in t5");
  expect(reasonOf((await chosen(nf4(), "mamba", more)).reasons, "dt_proj.weight")).toContain("past the module");
  const { reasons } = await chosen(nf4(), "llama", more);
  expect([...reasons.keys()].map(({ name }) => name)).toEqual([
    "model.embed_tokens.weight",
    "model.layers.0.mlp.experts.0.w1.weight",
  ]);
});

test("the output of torch's own attention stays plain", async () => {
  const more = { "head.attention.in_proj_weight": [192, 64], "head.attention.out_proj.weight": [64, 64] } as const;
  const { reasons } = await chosen(nf4(), "siglip", more);
  expect(reasonOf(reasons, "head.attention.out_proj.weight")).toContain("MultiheadAttention");
});

describe("16-bit floats that no step changed", () => {
  const folder = mkdtempSync(join(tmpdir(), "codebook-narrow-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function saved(type: string) {
    const path = join(folder, `${type}.safetensors`);
    const config = { model_type: type, dtype: "bfloat16" };
    const more = { "model.norm.weight": [1, 64] } as const;
    await saveSafetensors(smallNetwork(config, more), path, { dtype: "BF16" });
    const { tensors, name, format } = await open(path);
    const model = new TensorSet({ name, format, tensors, config, sha256: () => Promise.resolve("00".repeat(32)) });
    const small = await compress(model, [{ match: "**.mlp.*.weight", steps: nf4() }], { workers: 1 });
    const { layers } = await small.save(`${folder}/${type}/`);
    const held = (ending: string) => {
      const { held, as, retyped } = layers.find((layer) => layer.name.endsWith(ending)) ?? {};
      return [held, as, retyped?.slice(0, 35)];
    };
    const read = await open(`${folder}/${type}/`);
    for (const ending of ["model.norm.weight", "model.embed_tokens.weight"])
      expect(await read.tensor(ending).read()).toEqual(await model.tensor(ending).read());
    const { dtype } = JSON.parse(readFileSync(`${folder}/${type}/config.json`, "utf8")) as { dtype: string };
    return {
      dtype,
      norm: held("model.norm.weight"),
      embeddings: held("embed_tokens.weight"),
      linear: held("q_proj.weight"),
    };
  }

  test("are float32 where transformers multiplies float32 with them and does not turn them", async () => {
    const wide = ["plain", "F32", "transformers computes in float32 here".slice(0, 35)];
    expect(await saved("bert")).toEqual({ dtype: "float32", norm: wide, embeddings: wide, linear: wide });
  });

  test("stay where a norm takes them as they are", async () => {
    const { norm, embeddings, linear: layer } = await saved("llama");
    expect([norm, embeddings[1], layer[1]]).toEqual([["as it was", "BF16", undefined], "F32", "F32"]);
  });
});
