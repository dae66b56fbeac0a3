import type { Progress } from "../../kernel/host";
import { wiring } from "../../kernel/network";
import { heads } from "../../kernel/prune/heads";
import { merge } from "../../kernel/prune/merge";
import { nodes } from "../../kernel/prune/nodes";
import { chooseHeads, chooseMerges, chooseNodes } from "../../kernel/surgery/choose-channels";
import type { Watch } from "../../kernel/surgery/choose-channels";
import { fromArrays } from "../../kernel/tensor/memory";
import type { Model } from "../../kernel/tensor/model";
import { modelOf, watchOf } from "./fakes";

const chain = modelOf({
  "fc1.weight": [
    [3, 3],
    [1, 0],
    [2, 2],
    [0, 1],
  ],
  "fc1.bias": [0, 0, 0, 0],
  "fc2.weight": [
    [1, 2, 3, 4],
    [5, 6, 7, 8],
  ],
  "fc3.weight": [[1, 1]],
});
const attending = modelOf({
  "model.layers.0.input_layernorm.weight": [1, 1],
  "model.layers.0.self_attn.q_proj.weight": [
    [9, 0],
    [0, 9],
    [1, 1],
    [1, 0],
  ],
  "model.layers.0.self_attn.k_proj.weight": [
    [1, 0],
    [0, 1],
  ],
  "model.layers.0.self_attn.v_proj.weight": [
    [1, 0],
    [0, 5],
  ],
  "model.layers.0.self_attn.o_proj.weight": [
    [1, 1, 1, 1],
    [0, 0, 0, 0],
  ],
});
const attention = wiring({
  tensors: attending.tensors,
  metadata: {},
  config: { head_dim: 1, num_attention_heads: 4 },
}).groups;
const { groups } = wiring(chain);
const members = (maps: ReadonlyMap<string, readonly { members: Int32Array }[]>) =>
  Object.fromEntries([...maps].map(([name, own]) => [name, Array.from(own[0].members)]));

describe("nodes", () => {
  test("of least norm go from every tensor that has them", async () => {
    const [first] = await chooseNodes(groups, nodes({ keep: 2 }), watchOf(chain));
    expect([first.group.name, first.size]).toEqual(["fc1", 2]);
    expect(members(first.maps)).toEqual({ "fc1.weight": [0, 2], "fc1.bias": [0, 2], "fc2.weight": [0, 2] });
    expect(first.maps.get("fc2.weight")?.[0].axis).toBe(1);
  });

  test("leave one in each layer, and change nothing where all stay", async () => {
    expect((await chooseNodes(groups, nodes({ sparsity: 1 }), watchOf(chain))).map(({ size }) => size)).toEqual([1, 1]);
    expect((await chooseNodes(groups, nodes({ sparsity: 0 }), watchOf(chain))).map(({ maps }) => maps.size)).toEqual([
      0, 0,
    ]);
  });

  test("over all layers are compared by their mean weight", async () => {
    // Means of fc1: 3, 0.5, 2, 0.5; of fc2: 2.5, 6.5. A third of six is the two at 0.5.
    const chosen = await chooseNodes(groups, nodes({ sparsity: 1 / 3, scope: "global" }), watchOf(chain));
    expect(chosen.map(({ size }) => size)).toEqual([2, 2]);
  });
});

describe("merges", () => {
  test("average what makes the neurons and sum what reads them", async () => {
    const [first] = await chooseMerges(groups, merge({ keep: 3 }), watchOf(chain));
    expect(first.size).toBe(3);
    const kinds = Object.fromEntries([...first.maps].map(([name, [map]]) => [name, [map.kind, map.axis]]));
    expect(kinds).toEqual({ "fc1.weight": ["average", 0], "fc1.bias": ["average", 0], "fc2.weight": ["sum", 1] });
    expect(members(first.maps)["fc1.weight"]).toEqual([0, 2, 1, 3]);
    for (const [map] of first.maps.values())
      expect(map).toMatchObject({
        size: 4,
        clusters: {
          starts: Int32Array.of(0, 2, 3, 4),
          members: Int32Array.of(0, 2, 1, 3),
          scale: new Float64Array(4).fill(1),
        },
      });
  });

  test("leave one neuron in each layer, and change nothing where all stay", async () => {
    const sizes = async (sparsity: number) =>
      (await chooseMerges(groups, merge({ sparsity }), watchOf(chain))).map(({ size, maps }) => [size, maps.size]);
    expect(await sizes(1)).toEqual([
      [1, 3],
      [1, 2],
    ]);
    expect(await sizes(0)).toEqual([
      [4, 0],
      [2, 0],
    ]);
  });

  test("of a flattened map join its columns place by place", async () => {
    // Channels 0 and 2 are alike; each feeds two columns in a row.
    const flat = fromArrays({
      "conv.weight": { shape: [3, 1, 1, 1], values: Float32Array.of(1, -1, 1) },
      "fc.weight": { shape: [1, 6], values: new Float32Array(6) },
    });
    const [first] = await chooseMerges(wiring(flat).groups, merge({ keep: 2 }), watchOf(flat));
    expect(first.maps.get("fc.weight")).toMatchObject([
      {
        kind: "sum",
        axis: 1,
        size: 6,
        clusters: { starts: Int32Array.of(0, 2, 4, 5, 6), members: Int32Array.of(0, 4, 1, 5, 2, 3) },
      },
    ]);
  });

  test("are not made across a norm", async () => {
    const normed = modelOf({
      "fc1.weight": [
        [1, 2],
        [3, 4],
      ],
      "bn.weight": [1, 1],
      "bn.running_mean": [0, 0],
      "fc2.weight": [[1, 2]],
    });
    await expect(chooseMerges(wiring(normed).groups, merge({ keep: 1 }), watchOf(normed))).rejects.toThrow(
      "lies between the neurons and what reads them",
    );
  });
});

describe("heads", () => {
  test("that share a key go together, the weakest first", async () => {
    expect(attention).toMatchObject([{ kind: "heads", size: 2, queries: 2 }]);
    const [first] = await chooseHeads(attention, heads({ keep: 2 }), watchOf(attending));
    expect(first.size).toBe(1);
    expect(members(first.maps)).toEqual({
      "model.layers.0.self_attn.q_proj.weight": [2, 3],
      "model.layers.0.self_attn.k_proj.weight": [1],
      "model.layers.0.self_attn.v_proj.weight": [1],
      "model.layers.0.self_attn.o_proj.weight": [2, 3],
    });
  });

  test("over all layers go where they are weakest, one staying in each", async () => {
    const blocks = await Promise.all(
      attending.tensors.map(async (tensor) => {
        const { name, shape } = tensor;
        const values = await tensor.read();
        return [
          [name, { shape, values }],
          [name.replace(".0.", ".1."), { shape, values: values.map((value) => value / 10) }],
        ] as const;
      }),
    );
    const two = fromArrays(Object.fromEntries(blocks.flat()), { name: "two" });
    const config = { head_dim: 1, num_attention_heads: 4 };
    const both = wiring({ tensors: two.tensors, metadata: {}, config }).groups;
    // Scores √2, √50 in the first block, a hundredth of them in the second.
    const sizes = async (sparsity: number) =>
      (await chooseHeads(both, heads({ sparsity, scope: "global" }), watchOf(two))).map(({ size }) => size);
    expect([await sizes(0.25), await sizes(0.5), await sizes(0)]).toEqual([
      [2, 1],
      [2, 1],
      [2, 2],
    ]);
  });

  test("cannot be kept in part", async () => {
    await expect(chooseHeads(attention, heads({ keep: 3 }), watchOf(attending))).rejects.toThrow(
      "2 query heads share a key and go together: take a multiple of 2",
    );
  });
});

describe("progress", () => {
  const told = async (choose: (watch: Watch) => Promise<unknown>, of: Model) => {
    const seen: Progress[] = [];
    await choose({ ...watchOf(of), onProgress: (progress) => seen.push(progress) });
    return [seen[0], seen.at(-1)];
  };

  test("begins at the first tensor and ends at the number of weights that are read", async () => {
    const one = (task: string, total: number, first: string, last: string) => [
      { task, done: 0, total, unit: "weights", item: first },
      { task, done: total, total, unit: "weights", item: last },
    ];
    expect(await told((watch) => chooseNodes(groups, nodes({ keep: 1 }), watch), chain)).toEqual(
      one("scoring nodes", 16, "fc1.weight", "fc2.weight"),
    );
    expect(await told((watch) => chooseMerges(groups, merge({ keep: 1 }), watch), chain)).toEqual(
      one("merging nodes", 20, "fc1", "fc2.weight"),
    );
    expect(await told((watch) => chooseHeads(attention, heads({ keep: 2 }), watch), attending)).toEqual(
      one("scoring heads", 12, "model.layers.0.self_attn.v_proj.weight", "model.layers.0.self_attn.o_proj.weight"),
    );
  });
});
