import { axisOf, numberedBlocks } from "../../kernel/network/numbered-blocks";

const named = (shapes: Record<string, number[]>) => Object.entries(shapes).map(([name, shape]) => ({ name, shape }));

describe("blocks", () => {
  test("come stack by stack, ascending by number", () => {
    const blocks = numberedBlocks(
      named({
        "encoder.layer.10.a.weight": [1],
        "encoder.layer.2.a.weight": [1],
        "decoder.block.0.a.weight": [1],
        "encoder.layer.2.b.weight": [1],
        "head.weight": [1],
      }),
    );
    expect(blocks.map(({ prefix, index, tensors }) => [prefix, index, tensors.length])).toEqual([
      ["encoder.layer.", 2, 2],
      ["encoder.layer.", 10, 1],
      ["decoder.block.", 0, 1],
    ]);
  });
});

test("outputs and inputs lie along one axis each, or nothing is told", () => {
  const weight = { name: "w", shape: [4, 3] };
  expect(axisOf(weight, "output")).toBeUndefined();
  const turned = { ...weight, axes: { output: [1], input: [0], stacked: [] } };
  expect([axisOf(turned, "output"), axisOf(turned, "input")]).toEqual([1, 0]);
  expect(axisOf({ ...weight, axes: { output: [0, 1], input: [], stacked: [] } }, "output")).toBeUndefined();
});
