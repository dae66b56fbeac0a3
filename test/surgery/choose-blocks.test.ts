import type { Progress } from "../../kernel/host";
import { wiring, type Block, type Wiring } from "../../kernel/network";
import { layers } from "../../kernel/prune/layers";
import { chooseBlocks } from "../../kernel/surgery/choose-blocks";
import { modelOf, watchOf } from "./fakes";

const sizes = [3, 1, 2];
const model = modelOf(
  Object.fromEntries(
    sizes.flatMap((size, i) => [
      [`encoder.layer.${i}.output.LayerNorm.weight`, [1, 1]],
      [
        `encoder.layer.${i}.intermediate.dense.weight`,
        [
          [1, 0],
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
const wired = wiring(model);
const all = ({ blocks }: Wiring) => blocks.map((block) => ({ block, stays: undefined }));
const choose = (step: ReturnType<typeof layers>, candidates = wired.blocks) => {
  const stays = (block: Block) => (candidates.includes(block) ? undefined : "it is loved");
  const choices = wired.blocks.map((block) => ({ block, stays: stays(block) }));
  return chooseBlocks(wired, choices, step, watchOf(model), "m");
};

test("blocks go that add least to the network", async () => {
  expect(await choose(layers({ keep: 2 }))).toEqual([1]);
  expect(await choose(layers({ keep: 1 }))).toEqual([1, 2]);
});

test("blocks go by number, or among those that the recipe chooses", async () => {
  expect(await choose(layers({ drop: [2] }))).toEqual([2]);
  expect(await choose(layers({ sparsity: 0.5 }), [wired.blocks[0], wired.blocks[2]])).toEqual([2]);
  expect(await choose(layers({ keep: 2, by: "last" }))).toEqual([1]);
});

test("a block that is not there, all of them, or none to choose from, are refused", async () => {
  await expect(choose(layers({ drop: [7] }))).rejects.toThrow("layers(): there is no block 7 in m; it has 0 to 2");
  await expect(choose(layers({ drop: [0, 1, 2] }))).rejects.toThrow("that drops all 3 blocks of m; one stays at least");
  await expect(choose(layers({ keep: 1 }), [])).rejects.toThrow("all blocks are to stay; of block 0 it is loved");
  await expect(choose(layers({ drop: [1] }), [wired.blocks[0]])).rejects.toThrow("block 1 is to stay: it is loved");
});

test("a network without numbered blocks, or with two stacks, is not cut", async () => {
  const none = modelOf({ "fc1.weight": [[1, 2]], "fc2.weight": [[1]] });
  await expect(chooseBlocks(wiring(none), [], layers({ keep: 1 }), watchOf(none), "m")).rejects.toThrow(
    "no numbered blocks are found in m",
  );
  const two = modelOf({ "encoder.block.0.a.weight": [[1]], "decoder.block.0.a.weight": [[1]] });
  await expect(chooseBlocks(wiring(two), all(wiring(two)), layers({ keep: 1 }), watchOf(two), "m")).rejects.toThrow(
    "2 stacks of blocks",
  );
});

test("of a chain only layers with as many outputs as inputs go", async () => {
  const chain = modelOf({
    "layers.0.weight": [
      [1, 0],
      [0, 1],
      [1, 1],
    ],
    "layers.0.bias": [1, 2, 3],
    "layers.1.weight": [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
    "layers.1.bias": [1, 2, 3],
    "layers.2.weight": [[1, 1, 1]],
  });
  const drop = (number: number) => {
    const own = wiring(chain);
    return chooseBlocks(own, all(own), layers({ drop: [number] }), watchOf(chain), "m");
  };
  expect(await drop(1)).toEqual([1]);
  await expect(drop(0)).rejects.toThrow(
    "without layers.0.weight (3, 2) the layers around it do not fit; the wiring of m is not known",
  );
  await expect(drop(2)).rejects.toThrow("without layers.2.weight (1, 3) the layers around it do not fit");
});

test("a block whose table of positions serves all blocks stays", async () => {
  const t5 = modelOf({
    "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight": [
      [1, 2],
      [3, 4],
    ],
    "encoder.block.0.layer.0.layer_norm.weight": [1, 1],
    "encoder.block.1.layer.0.layer_norm.weight": [1, 1],
  });
  const own = wiring(t5);
  const drop = (number: number) => chooseBlocks(own, all(own), layers({ drop: [number] }), watchOf(t5), "m");
  expect(await drop(1)).toEqual([1]);
  await expect(drop(0)).rejects.toThrow(
    "relative_attention_bias.weight serves all blocks; the block that it lies in stays",
  );
});

test("progress goes to the weights of what each block adds", async () => {
  const seen: Progress[] = [];
  const watch = { ...watchOf(model), onProgress: (progress: Progress) => seen.push(progress) };
  await chooseBlocks(wired, all(wired), layers({ keep: 2 }), watch, "m");
  const name = (block: number) => `encoder.layer.${block}.output.dense.weight`;
  const shared = { task: "scoring layers", total: 18, unit: "weights" };
  expect([seen[0], seen.at(-1)]).toEqual([
    { ...shared, done: 0, item: name(0) },
    { ...shared, done: 18, item: name(2) },
  ]);
});
