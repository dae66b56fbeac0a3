import { wiring } from "../../kernel/network/wiring";
import { fromArrays } from "../../kernel/tensor/memory";

const model = (shapes: Record<string, number[]>) =>
  fromArrays(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
      ]),
    ),
  );

test("a network is a transformer by its names, else a chain", () => {
  const bert = model({
    "encoder.layer.0.intermediate.dense.weight": [6, 4],
    "encoder.layer.0.output.dense.weight": [4, 6],
    "encoder.layer.0.output.LayerNorm.weight": [4],
  });
  expect(wiring(bert).groups.map(({ name }) => name)).toEqual(["block 0 mlp"]);
  const chain = model({ "fc1.weight": [4, 3], "fc2.weight": [2, 4] });
  expect(wiring(chain)).toMatchObject({ groups: [{ name: "fc1" }], blocks: [], unknown: [] });
});

test("the caller's chain comes first", () => {
  const layers = model({ "a.weight": [4, 4], "b.weight": [4, 4] });
  expect(wiring(layers, { chain: ["b", "a"] }).groups.map(({ name }) => name)).toEqual(["b"]);
});

test("a topology decides where there is one", () => {
  const { tensors, metadata } = model({ "d/kernel": [3, 4], "e/kernel": [4, 2] });
  const config = { modelTopology: { class_name: "Model" } };
  expect(wiring({ tensors, metadata, config }).unknown).toEqual([
    ["the network", 'its topology is "Model", not "Sequential"'],
  ]);
});
