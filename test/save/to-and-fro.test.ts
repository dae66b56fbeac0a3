/** A compressed model from form to form: what two forms hold both stays, to the bit, whichever way it goes; what a form does not hold it says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  compress,
  fp8,
  fromArrays,
  ggml,
  huffman,
  kMeans,
  linear,
  lowRank,
  magnitude,
  mxfp4,
  nf4,
  nvfp4,
  open,
  planes,
  rans,
  saveSafetensors,
  trellis,
  type CompressedModel,
  type Model,
  type Recipe,
} from "../../kernel";
import { convertCommand } from "../../kernel/cli/convert";
import { generateWeights } from "../quantize/generator";
import { sampleOf } from "../tiers";

const folder = mkdtempSync(join(tmpdir(), "codebook-to-and-fro-"));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (name: string) => join(folder, name);

const array = (seed: number, ...shape: [number, number]) => ({
  shape,
  values: generateWeights(shape[0] * shape[1], seed),
});
let model: Model;
beforeAll(async () => {
  const arrays = {
    "h.0.fc.weight": array(1, 24, 64),
    "h.0.proj.weight": array(2, 40, 32),
    "h.0.norm.weight": { shape: [32], values: generateWeights(32, 3) },
  };
  await saveSafetensors(fromArrays(arrays), at("model.safetensors"));
  writeFileSync(at("config.json"), JSON.stringify({ model_type: "own" }));
  model = await open(folder);
});

const recipes = sampleOf<Recipe>(
  {
    int4: linear({ bits: 4, group: 32 }),
    "int4, zero points, coded": [linear({ bits: 4, group: 32, symmetric: false }), huffman()],
    nf4: nf4({ doubleQuant: true }),
    fp8: fp8(),
    mxfp4: mxfp4(),
    nvfp4: nvfp4(),
    blocks: ggml({ type: "Q5_1" }),
    "a trellis": [trellis({ targetBits: 3 }), rans()],
    codebooks: kMeans({ bits: 3 }),
    "sparse codes": [magnitude({ sparsity: 0.7 }), linear({ bits: 4, group: 32 })],
    factors: lowRank({ rank: 3 }),
  },
  ["int4, zero points, coded", "nf4", "nvfp4", "blocks", "a trellis", "factors"],
);

/** The forms, as `save` and `codebook convert` take them; `architecture` keeps the names of a model of a folder in GGUF. */
const forms = ["m.codebook", "m/", "m.safetensors", "m.gguf"] as const;
const optionsOf = (path: string) => (path.endsWith(".gguf") ? { architecture: "own" } : {});

async function expectValues(found: Model, wanted: Model): Promise<void> {
  for (const { name } of wanted.tensors) {
    const [values, own] = [await found.tensor(name).read(), await wanted.tensor(name).read()];
    // Codes of 4-bit floats have one zero in compressed-tensors and bitsandbytes, and two here.
    const differs = own.findIndex(
      (value, i) => values[i] !== value && !(Number.isNaN(value) && Number.isNaN(values[i])),
    );
    expect([name, values.length, differs]).toEqual([name, own.length, -1]);
  }
}

test.each(Object.entries(recipes))(
  "%s",
  async (kind, recipe) => {
    const small = await compress(model, recipe, { workers: 1 });
    const place = (word: string, form: string) => at(`${kind} ${word} ${form}`);
    for (const form of forms) {
      const { layers } = await small.save(place("1", form), optionsOf(form));
      await expectValues(await open(place("1", form)), small);
      // What is plain though it was quantized says why.
      for (const { held, reason, name } of layers)
        if (held === "plain" && form === "m/")
          expect([kind, name, reason ?? "values"]).toEqual([kind, name, expect.any(String)]);
    }
    // By way of the file that holds all: the same bytes as directly.
    const back = (await open(place("1", "m.codebook"))) as CompressedModel;
    for (const form of ["m.codebook", "m.safetensors", "m.gguf"]) {
      await back.save(place("2", form), optionsOf(form));
      expect([form, readFileSync(place("2", form)).equals(readFileSync(place("1", form)))]).toEqual([form, true]);
    }
    // What each of the others holds goes to each: values, by a recipe that keeps them all.
    for (const form of forms.slice(1)) {
      const opened = await open(place("1", form));
      const again = await compress(opened, planes(), { only: "h.0.fc.weight", workers: 1 });
      await again.save(place("3", "m.codebook"));
      await expectValues(await open(place("3", "m.codebook")), small);
      // Blocks that no step changed have no place in safetensors, and it says so; their values have.
      const hasBlocks = again.tensors.some(({ dtype }) => dtype === "Q5_1");
      if (hasBlocks)
        await expect(again.save(place("3", "m.safetensors"))).rejects.toThrow(/no type Q5_1 .* dtype: "F32"/);
      await again.save(place("3", "m.safetensors"), hasBlocks ? { dtype: "F32" } : {});
      await expectValues(await open(place("3", "m.safetensors")), small);
    }
  },
  120_000,
);

test("the command does so too, and a type that rounds is one that was asked for", async () => {
  const log = jest.spyOn(console, "log").mockImplementation(() => undefined);
  const small = await compress(model, linear({ bits: 4, group: 32 }), { workers: 1 });
  await small.save(at("c.codebook"));
  await convertCommand([at("c.codebook"), at("c.safetensors")]);
  await expectValues(await open(at("c.safetensors")), small);
  await convertCommand([at("c.codebook"), at("c-half.safetensors"), "--dtype", "F16"]);
  const half = await open(at("c-half.safetensors"));
  expect(half.tensors.every(({ dtype }) => dtype === "F16")).toBe(true);
  expect(log.mock.calls.flat().join("\n")).toMatch(/plain +F16/);
  await convertCommand([at("c.codebook"), at("c-folder/")]);
  await expectValues(await open(at("c-folder")), small);
  log.mockRestore();
});
