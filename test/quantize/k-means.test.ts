import { kMeans } from "../../kernel/quantize/k-means";
import { quantized } from "./float-helpers";

test("as many values as levels come back exactly", () => {
  const weights = [3, -1, 0.5, 3, -1, 7, 0.5];
  expect(quantized(kMeans({ bits: 2, per: "tensor" }), weights).values).toEqual(weights);
});

test("levels are the means of their weights, and each weight has the nearest", () => {
  const { values, table } = quantized(kMeans({ bits: 1, per: "tensor" }), [0, 1, 2, 10, 11, 15]);
  expect(values).toEqual([1, 1, 1, 12, 12, 12]);
  expect(table("codebook")).toEqual([1, 12]);
});

test("each row may have levels of its own", () => {
  const weights = [0, 4, 0, 4, 100, 200, 100, 200];
  expect(quantized(kMeans({ bits: 1, per: "channel" }), weights, [2, 4]).values).toEqual(weights);
});
