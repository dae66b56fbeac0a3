import { join } from "node:path";
import { open } from "../../kernel";
import { stackedExperts } from "../../kernel/stored-codes/stacked-experts";
import { corpus } from "./weights";

test("the inputs of a stack are where the scheme says; a single matrix is told by its name", () => {
  expect(stackedExperts([3, 4, 5], "last")?.axes).toEqual({ output: [1], input: [2], stacked: [0] });
  expect(stackedExperts([2, 3, 4, 5], "first")?.axes).toEqual({ output: [3], input: [2], stacked: [0, 1] });
  expect(stackedExperts([4, 5], "last")).toBeUndefined();
});

test.each([
  ["gpt-oss", [2], [1]],
  ["gpt-oss-original", [1], [2]],
  ["nvfp4-modelopt-experts", [1], [2]],
  ["nvfp4-modelopt-experts-transposed", [2], [1]],
  ["deepseek-v4-stacked", [1], [2]],
  ["mlx-experts", [1], [2]],
])("%s: experts lie as their scales say", async (name, output, input) => {
  const model = await open(join(corpus, name));
  const experts = model.tensors.filter(({ scheme }) => scheme !== undefined);
  expect(experts.map(({ role, axes }) => ({ role, axes }))).toEqual([
    { role: "expert", axes: { output, input, stacked: [0] } },
  ]);
});
