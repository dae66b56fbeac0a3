import { isWeightRole, type TensorRole } from "../../kernel/tensor/role";

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
