import {
  classOfWord,
  layerOf,
  layersByName,
  layersByWord,
  snakeCase,
  variablesOf,
} from "../../../kernel/formats/keras/layers";

const dense = (name: string): object => ({ class_name: "Dense", config: { name } });

it("writes classes as Keras does", () => {
  expect(["Conv2DTranspose", "LSTM", "MyLayer", "GRUCell", "PReLU"].map(snakeCase)).toEqual([
    "conv2d_transpose",
    "lstm",
    "my_layer",
    "gru_cell",
    "p_re_lu",
  ]);
});

it("counts the layers of a class, and finds those inside others", () => {
  const model = { class_name: "Sequential", config: { name: "m", layers: [dense("b"), dense("a")] } };
  expect([...layersByWord(layerOf(model))].map(([word, { name }]) => [word, name])).toEqual([
    ["dense", "b"],
    ["dense_1", "a"],
  ]);
  expect([...layersByName({ x: [model] }).keys()]).toEqual(["m", "b", "a"]);
  expect(layerOf([])).toBeUndefined();
});

it("names variables by class, and none where their number does not fit", () => {
  const norm = (config: Record<string, unknown>) => ({ className: "BatchNormalization", config });
  expect(variablesOf(norm({ scale: false }), undefined, 3)).toEqual(["beta", "moving_mean", "moving_variance"]);
  expect(variablesOf(norm({}), undefined, 3)).toBeUndefined();
  expect(variablesOf({ className: "LSTM", config: {} }, "cell", 3)?.[1]).toBe("recurrent_kernel");
  expect(variablesOf({ className: "Dense", config: {} }, undefined, 3)).toBeUndefined();
  expect(variablesOf({ className: "toString", config: {} }, undefined, 0)).toBeUndefined();
  expect([classOfWord("dense_12"), classOfWord("conv2d"), classOfWord("stem")]).toEqual(["Dense", "Conv2D", undefined]);
});
