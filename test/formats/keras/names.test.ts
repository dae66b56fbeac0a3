import { isOfOptimizer, isVariable, kerasNames } from "../../../kernel/formats/keras/names";

it("tells variables and an optimizer's arrays by their paths", () => {
  expect(["vars/0", "layers/dense/vars/1", "a/vars/x"].map(isVariable)).toEqual([true, true, false]);
  expect(["optimizer/vars/0", "optimizer_weights/m", "layers/optimizer"].map(isOfOptimizer)).toEqual([
    true,
    true,
    false,
  ]);
});

it("reads older files' paths, and keeps the file's where two names would be one", () => {
  const paths = [
    "model_weights/d/d/kernel:0",
    "model_weights/e/seq/e/bias",
    "layers/dense/vars/0",
    "layers/dense_1/vars/0",
  ];
  const names = { "layers/dense/vars": "same", "layers/dense_1/vars": "same" };
  expect(kerasNames({ paths, names, topology: undefined }).names).toEqual([
    "d/kernel",
    "e/bias",
    "layers/dense/vars/0",
    "layers/dense_1/vars/0",
  ]);
});
