import { wiring } from "../../kernel/network";
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
const choose = (step: ReturnType<typeof layers>, candidates = wired.blocks) =>
  chooseBlocks(wired, candidates, step, watchOf(model), "m");

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
  await expect(choose(layers({ keep: 1 }), [])).rejects.toThrow("the recipe chooses weights of no block");
});

test("a network without numbered blocks, or with two stacks, is not cut", async () => {
  const none = modelOf({ "fc1.weight": [[1, 2]], "fc2.weight": [[1]] });
  await expect(chooseBlocks(wiring(none), [], layers({ keep: 1 }), watchOf(none), "m")).rejects.toThrow(
    "no numbered blocks are found in m",
  );
  const two = modelOf({ "encoder.block.0.a.weight": [[1]], "decoder.block.0.a.weight": [[1]] });
  await expect(chooseBlocks(wiring(two), wiring(two).blocks, layers({ keep: 1 }), watchOf(two), "m")).rejects.toThrow(
    "2 stacks of blocks",
  );
});
