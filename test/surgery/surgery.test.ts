/** Networks with neurons, heads and layers taken out answer as the whole ones do with those set to zero: what transformers gave for the
 *  zeroed ones is in test/fixtures/network (make_networks.py), which also chose what goes, by itself. */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { compress, heads, layers, magnitude, nodes, open, type Model, type Step } from "../../kernel";
import { merge } from "../../kernel/prune/merge";
import { operate, tensorsOf } from "../../kernel/surgery/surgery";
import { modelOf, watchOf } from "./fakes";
import { forward } from "./forward";

const fixtures = resolve(__dirname, "../../../test/fixtures/network");

interface Expected {
  readonly tokens: readonly (readonly number[])[];
  readonly cases: Readonly<
    Record<string, { readonly gone: unknown; readonly hidden: readonly (readonly (readonly number[])[])[] }>
  >;
}

const recipes: Record<string, Step[]> = {
  "nodes 25 %": [nodes({ sparsity: 0.25 })],
  "one head": [heads({ sparsity: 0.25 })],
  "without layer 1": [layers({ drop: [1] })],
  "all three": [layers({ drop: [0] }), nodes({ sparsity: 0.5 }), heads({ sparsity: 0.25 })],
};

const families = ["bert", "gpt2", "llama"] as const;

/** A quarter of 4 heads is one; of Llama's 2 shared keys a half is. */
const recipeOf = (family: string, name: string): Step[] =>
  recipes[name].map((step) => (step.kind === "heads" && family === "llama" ? heads({ sparsity: 0.5 }) : step));

const farthest = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]): number =>
  Math.max(...a.flatMap((values, i) => values.map((value, j) => Math.abs(value - b[i][j]))));

describe.each(families)("%s", (family) => {
  const expected = JSON.parse(readFileSync(join(fixtures, family, "expected.json"), "utf8")) as Expected;
  let model: Model;
  beforeAll(async () => {
    model = await open(join(fixtures, family));
  });
  const answers = (one: Model) => Promise.all(expected.tokens.map((ids) => forward[family](one, ids, 8)));

  test("the whole network answers as transformers' does", async () => {
    const given = await answers(model);
    expected.cases["whole"].hidden.forEach((hidden, i) => expect(farthest(given[i], hidden)).toBeLessThan(2e-5));
  });

  test.each(Object.keys(recipes))("%s: smaller, and the answers of the whole one with them at zero", async (name) => {
    const small = await compress(model, recipeOf(family, name), { workers: 2 });
    expect(small.parameters).toBeLessThan(model.parameters);
    const given = await answers(small);
    expected.cases[name].hidden.forEach((hidden, i) => expect(farthest(given[i], hidden)).toBeLessThan(2e-5));
    // Not because nothing was changed.
    expected.cases["whole"].hidden.forEach((hidden, i) => expect(farthest(given[i], hidden)).toBeGreaterThan(0.01));
  });

  test("the report's w′ has zeros where the fixture's has", async () => {
    const small = await compress(model, recipeOf(family, "all three"), { workers: 1 });
    const original = new Map(model.tensors.map((tensor) => [tensor.name, tensor]));
    for (const layer of small.report.layers) {
      const [variant] = layer.variants;
      const size = (variant?.shape ?? []).reduce((product, one) => product * one, 1);
      expect(variant?.sparsity).toBeCloseTo(1 - size / layer.parameters, 12);
      expect(variant?.targetSparsity).toBeCloseTo(1 - size / layer.parameters, 12);
      expect(variant?.bytes).toBe(4 * size);
      expect(variant?.bitsPerWeight).toBe((32 * size) / layer.parameters);
      const w = await original.get(layer.name)?.read();
      const energy = (w ?? new Float32Array(0)).reduce((sum, value) => sum + value * value, 0);
      // What is lost is what is gone, so SQNR is the share of the energy that went.
      const lost = (variant?.meanSquaredError ?? 0) * layer.parameters;
      expect(variant?.sqnrDb ?? Infinity).toBeCloseTo(10 * Math.log10(energy / lost), 6);
    }
    expect(small.report.variants[0].parameters).toBe(small.parameters);
    expect(small.report.variants[0].bytes).toBe(4 * small.parameters);
  });

  test("steps behind work on what is left", async () => {
    const steps = [...recipeOf(family, "nodes 25 %"), magnitude({ sparsity: 0.5, scope: "global" })];
    const small = await compress(model, steps, {
      workers: 1,
      skip: ["*embed**", "embeddings.**", "wte.*", "wpe.*", "pooler.**"],
      allowUnmatched: true,
    });
    let left = 0;
    let zeros = 0;
    for (const { name } of small.report.layers) {
      const values = await small.tensor(name).read();
      left += values.length;
      zeros += values.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
    }
    expect(zeros).toBe(Math.round(0.5 * left));
    expect(small.config).not.toEqual(model.config);
  });
});

describe("operate()", () => {
  const chain = modelOf({
    "fc1.weight": [
      [3, 3],
      [1, 0],
      [2, 2],
    ],
    "fc1.bias": [1, 2, 3],
    "fc2.weight": [[1, 2, 3]],
  });
  const operation = (steps: Step[], more: object = {}) => ({
    model: chain,
    entries: [{ steps }],
    chooser: { entryOf: () => 0, isOutside: () => false, isSkipped: () => false },
    ...watchOf(chain),
    ...more,
  });
  const named = async (steps: Step[], more: object = {}) => {
    const surgery = await operate(operation(steps, more));
    if (!surgery) throw new Error("nothing was done");
    return Object.fromEntries(
      await Promise.all(tensorsOf(surgery).map(async (one) => [one.name, Array.from(await one.read())])),
    );
  };

  test("takes parts out of every tensor that has them, one step after the other", async () => {
    expect(await named([nodes({ keep: 2 })])).toEqual({
      "fc1.weight": [3, 3, 2, 2],
      "fc1.bias": [1, 3],
      "fc2.weight": [1, 3],
    });
    expect(await named([nodes({ keep: 2 }), nodes({ keep: 1 })])).toEqual({
      "fc1.weight": [3, 3],
      "fc1.bias": [1],
      "fc2.weight": [1],
    });
  });

  test("merges by averaging what makes a neuron and summing what reads it", async () => {
    // With their biases (1, 0, 2) and (2, 2, 3) are nearest: cosine 8 / √(5·17).
    expect(await named([merge({ keep: 2 })])).toEqual({
      "fc1.weight": [3, 3, 1.5, 1],
      "fc1.bias": [1, 2.5],
      "fc2.weight": [1, 5],
    });
  });

  test("notes for each tensor what was done, and for the others nothing", async () => {
    const step = nodes({ keep: 2 });
    const surgery = await operate(operation([step, magnitude({ sparsity: 0.5 })]));
    expect(surgery?.pieces.map(({ name, steps, isDropped }) => [name, steps, isDropped])).toEqual([
      ["fc1.weight", [step], false],
      ["fc1.bias", [step], false],
      ["fc2.weight", [step], false],
    ]);
  });

  test("does nothing where no step changes shapes", async () => {
    expect(await operate(operation([magnitude({ sparsity: 0.5 })]))).toBeUndefined();
  });

  test("refuses a step that finds nothing of what the recipe chooses", async () => {
    const elsewhere = { chooser: { entryOf: () => 1, isOutside: () => false, isSkipped: () => false } };
    await expect(operate(operation([nodes({ keep: 1 })], elsewhere))).rejects.toThrow(
      'nodes(): the layers that the recipe chooses hold no hidden neurons that can go; those of m are made by layers such as "fc1.weight"',
    );
    const skipped = {
      chooser: {
        entryOf: () => 0,
        isOutside: () => false,
        isSkipped: (tensor: { name: string }) => tensor.name === "fc2.weight",
      },
    };
    await expect(operate(operation([nodes({ keep: 1 })], skipped))).rejects.toThrow(
      /hidden neurons of .* hang together with what stays: skip leaves out fc2.weight/,
    );
    const bias = { ...skipped.chooser, isSkipped: (tensor: { name: string }) => tensor.name === "fc1.bias" };
    await expect(operate(operation([nodes({ keep: 1 })], { chooser: bias }))).rejects.toThrow(
      "skip leaves out fc1.bias",
    );
    const maker = {
      ...bias,
      isSkipped: () => false,
      isOutside: (tensor: { name: string }) => tensor.name === "fc1.weight",
    };
    await expect(operate(operation([nodes({ keep: 1 })], { chooser: maker }))).rejects.toThrow(
      "only leaves out fc1.weight",
    );
    // What reads the neurons loses their columns, whether it is chosen or not.
    const reader = { ...maker, isOutside: (tensor: { name: string }) => tensor.name === "fc2.weight" };
    expect(await named([nodes({ keep: 1 })], { chooser: reader })).toMatchObject({ "fc2.weight": [1] });
    await expect(operate(operation([heads({ keep: 1 })]))).rejects.toThrow(
      "heads(): no heads of m are known that could go",
    );
  });

  test("refuses a step whose neurons are chosen by what reads them alone", async () => {
    const readers = {
      chooser: {
        entryOf: ({ name }: { name: string }) => (name === "fc2.weight" ? 0 : undefined),
        isOutside: () => false,
        isSkipped: () => false,
      },
    };
    await expect(operate(operation([nodes({ keep: 1 })], readers))).rejects.toThrow("hold no hidden neurons");
  });

  test("takes the order of layers and the number of heads from the step", async () => {
    const turned = modelOf({
      "b.weight": [
        [1, 1],
        [3, 3],
      ],
      "a.weight": [
        [1, 2],
        [3, 4],
      ],
    });
    const own = { model: turned, ...watchOf(turned) };
    expect(await named([nodes({ keep: 1, chain: ["b", "a"] })], own)).toEqual({
      "b.weight": [3, 3],
      "a.weight": [2, 4],
    });
    expect(await named([nodes({ keep: 1, chain: ["a", "b"] })], own)).toEqual({
      "b.weight": [1, 3],
      "a.weight": [3, 4],
    });
    const square = [
      [1, 0],
      [0, 2],
    ];
    const attention = modelOf({
      "encoder.layer.0.attention.output.LayerNorm.weight": [1, 1],
      ...Object.fromEntries(
        ["self.query", "self.key", "self.value", "output.dense"].map((kind) => [
          `encoder.layer.0.attention.${kind}.weight`,
          square,
        ]),
      ),
    });
    const unknown = { model: attention, ...watchOf(attention) };
    await expect(operate(operation([heads({ keep: 1 })], unknown))).rejects.toThrow("heads: … tells it");
    expect(await named([heads({ keep: 1, heads: 2 })], unknown)).toMatchObject({
      "encoder.layer.0.attention.self.query.weight": [0, 2],
      "encoder.layer.0.attention.output.dense.weight": [0, 2],
    });
  });

  describe("blocks", () => {
    const matrix = (size: number) => [
      [size, 0],
      [0, size],
    ];
    const stack = modelOf(
      Object.fromEntries(
        [3, 1, 2].flatMap((size, i) => [
          [`blk.${i}.ffn_norm.weight`, [1, 1]],
          [`blk.${i}.ffn_up.weight`, matrix(1)],
          [`blk.${i}.ffn_down.weight`, matrix(size)],
        ]),
      ),
    );
    const metadata = { "general.architecture": "llama", "llama.block_count": 3, "llama.feed_forward_length": 2 };
    const cut = (step: Step, chooser: object = {}) =>
      operate({
        ...operation([step]),
        model: { ...stack, metadata, config: { num_hidden_layers: 3 } },
        ...watchOf(stack),
        chooser: { entryOf: () => 0, isOutside: () => false, isSkipped: () => false, ...chooser },
      });
    const left = async (step: Step, chooser: object = {}) =>
      (await cut(step, chooser))?.pieces
        .filter(({ isDropped, name }) => !isDropped && name.endsWith("up.weight"))
        .map(({ origin }) => Number(origin.name[4]));

    test("are counted anew in config and metadata", async () => {
      const surgery = await cut(layers({ drop: [1] }));
      expect(surgery?.config).toEqual({ num_hidden_layers: 2 });
      expect(surgery?.metadata).toEqual({ ...metadata, "llama.block_count": 2 });
    });

    test("leave the metadata alone where no setting changes", async () => {
      expect((await cut(nodes({ sparsity: 0 })))?.metadata).toBe(metadata);
    });

    test("go only where the recipe chooses a weight of theirs and skips none", async () => {
      const inBlock = (block: number) => (tensor: { name: string }) => tensor.name.startsWith(`blk.${block}.`);
      const last = layers({ keep: 1, by: "last" });
      expect(await left(last)).toEqual([2]);
      // Of blocks 0 and 1 the later stays; block 2 is not the step's.
      const entryOf = (tensor: { name: string }) => (inBlock(2)(tensor) ? 1 : 0);
      expect(await left(last, { entryOf })).toEqual([1, 2]);
      expect(await left(last, { isSkipped: inBlock(2) })).toEqual([1, 2]);
      expect(await left(last, { isSkipped: inBlock(0) })).toEqual([0, 2]);
      // A block of which any tensor is skipped stays, a vector too.
      const norm = ({ name }: { name: string }) => name === "blk.1.ffn_norm.weight";
      expect(await left(last, { isSkipped: norm })).toEqual([1, 2]);
      // So does one of which `only` leaves out a weight, and not one of which it leaves out a vector.
      const up = ({ name }: { name: string }) => name === "blk.0.ffn_up.weight";
      expect(await left(last, { isOutside: up })).toEqual([0, 2]);
      expect(await left(last, { isOutside: norm })).toEqual([2]);
    });

    test("that are named and have to stay are an error with the reason", async () => {
      const inBlock = (block: number) => (tensor: { name: string }) => tensor.name.startsWith(`blk.${block}.`);
      const drop = (chooser: object) => left(layers({ drop: [1] }), chooser);
      await expect(drop({ isSkipped: inBlock(1) })).rejects.toThrow(
        "layers(): block 1 is to stay: skip leaves out blk.1.ffn_norm.weight",
      );
      await expect(drop({ isOutside: inBlock(1) })).rejects.toThrow(
        "layers(): block 1 is to stay: only leaves out blk.1.ffn_up.weight",
      );
      const entryOf = (tensor: { name: string }) => (inBlock(1)(tensor) ? 1 : 0);
      await expect(drop({ entryOf })).rejects.toThrow("block 1 is to stay: the recipe chooses no weight of it");
      await expect(left(layers({ keep: 1 }), { isSkipped: () => true })).rejects.toThrow(
        "layers(): all blocks are to stay; of block 0 skip leaves out blk.0.ffn_norm.weight",
      );
    });
  });

  test("renumbers the blocks behind one that went", async () => {
    const model = modelOf(
      Object.fromEntries(
        [1, 2, 3].flatMap((size, i) => [
          [`encoder.layer.${i}.output.LayerNorm.weight`, [size, size]],
          [
            `encoder.layer.${i}.intermediate.dense.weight`,
            [
              [size, 0],
              [0, 1],
              [1, 1],
            ],
          ],
          [
            `encoder.layer.${i}.output.dense.weight`,
            [
              [size, 0, 0],
              [0, size, 0],
            ],
          ],
        ]),
      ),
    );
    const surgery = await operate({ ...operation([layers({ drop: [1] })]), model, ...watchOf(model) });
    const kept = surgery ? tensorsOf(surgery).filter(({ name }) => name.endsWith("LayerNorm.weight")) : [];
    expect(kept.map(({ name, origin }) => [name, origin.name])).toEqual([
      ["encoder.layer.0.output.LayerNorm.weight", "encoder.layer.0.output.LayerNorm.weight"],
      ["encoder.layer.1.output.LayerNorm.weight", "encoder.layer.2.output.LayerNorm.weight"],
    ]);
    expect(surgery?.pieces.filter(({ isDropped }) => isDropped).map(({ name }) => name.split(".")[2])).toEqual([
      "1",
      "1",
      "1",
    ]);
  });
});
