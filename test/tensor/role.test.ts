import { isWeightRole, toldOf, type TensorRole } from "../../kernel/tensor/role";

test("recipes touch linear layers, convolutions, embeddings, experts and heads, and nothing else", () => {
  const all: TensorRole[] = [
    "linear",
    "convolution",
    "embedding",
    "expert",
    "head",
    "bias",
    "norm",
    "buffer",
    "router",
    "optimizer state",
    "integer",
    "unknown",
  ];
  expect(all.filter(isWeightRole)).toEqual(["linear", "convolution", "embedding", "expert", "head"]);
});

test("a tensor that is made of another is told what that was told, and no more", () => {
  const axes = { output: [0], input: [1], stacked: [] };
  expect(toldOf({ role: "linear", axes })).toEqual({ role: "linear", axes });
  expect(toldOf({})).toEqual({});
});
