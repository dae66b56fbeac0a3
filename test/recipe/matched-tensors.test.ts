import { fromArrays } from "../../kernel/formats/arrays";
import { matchTensors } from "../../kernel/recipe/matched-tensors";

const model = (shapes: Record<string, number[]>) =>
  fromArrays(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { shape, values: new Float32Array(shape.reduce((a, b) => a * b, 1)) },
      ]),
    ),
  );
const matched = (base: Record<string, number[]>, other: Record<string, number[]>) => {
  const { pairs, unmatched } = matchTensors(model(base), model(other));
  return { pairs: pairs.map(({ origin, other: found }) => [origin.name, found.name]), unmatched };
};

test("tensors match by name and shape, in the order of the base", () => {
  expect(matched({ a: [2], b: [2, 3], c: [1] }, { c: [1], b: [3, 2], a: [2], d: [4] })).toEqual({
    pairs: [
      ["a", "a"],
      ["c", "c"],
    ],
    unmatched: [
      { name: "b", reason: "(3, 2) where the base has (2, 3)" },
      { name: "d", reason: "the base has none" },
    ],
  });
  expect(matched({ a: [2], b: [2] }, { a: [2] }).unmatched).toEqual([{ name: "b", reason: "only the base has it" }]);
});

test("a common prefix in either is no difference; what has its own name keeps it", () => {
  const pairs = [
    ["model.layers.0.up.weight", "layers.0.up.weight"],
    ["model.norm.weight", "norm.weight"],
    ["lm_head.weight", "lm_head.weight"],
  ];
  const base = { "model.layers.0.up.weight": [2], "model.norm.weight": [2], "lm_head.weight": [3] };
  const other = { "layers.0.up.weight": [2], "norm.weight": [2], "lm_head.weight": [3] };
  expect(matched(base, other)).toEqual({ pairs, unmatched: [] });
  expect(matched(other, base)).toEqual({ pairs: pairs.map(([a, b]) => [b, a]), unmatched: [] });
});
