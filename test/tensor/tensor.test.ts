import { parametersOf } from "../../kernel/tensor/tensor";

test("parameters are the product of the shape, 1 for a scalar, 0 where a dimension is", () => {
  expect([parametersOf([2, 3, 4]), parametersOf([5]), parametersOf([]), parametersOf([3, 0])]).toEqual([24, 5, 1, 0]);
});
