import { wiring } from "../../kernel/network";
import { heads } from "../../kernel/prune/heads";
import { merge } from "../../kernel/prune/merge";
import { nodes } from "../../kernel/prune/nodes";
import { chooseHeads, chooseMerges, chooseNodes } from "../../kernel/surgery/choose-channels";
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
  const model = modelOf({
    "model.layers.0.input_layernorm.weight": [1, 1],
    "model.layers.0.self_attn.q_proj.weight": [
      [1, 0],
      [0, 1],
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
    tensors: model.tensors,
    metadata: {},
    config: { head_dim: 1, num_attention_heads: 4 },
  }).groups;

  test("that share a key go together, the weakest first", async () => {
    expect(attention).toMatchObject([{ kind: "heads", size: 2, queries: 2 }]);
    const [first] = await chooseHeads(attention, heads({ keep: 2 }), watchOf(model));
    expect(first.size).toBe(1);
    expect(members(first.maps)).toEqual({
      "model.layers.0.self_attn.q_proj.weight": [2, 3],
      "model.layers.0.self_attn.k_proj.weight": [1],
      "model.layers.0.self_attn.v_proj.weight": [1],
      "model.layers.0.self_attn.o_proj.weight": [2, 3],
    });
  });

  test("cannot be kept in part", async () => {
    await expect(chooseHeads(attention, heads({ keep: 3 }), watchOf(model))).rejects.toThrow(
      "2 query heads share a key and go together: take a multiple of 2",
    );
  });
});
