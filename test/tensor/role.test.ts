import { toldOf, isWeightRole, type TensorRole } from "../../kernel/tensor/role";

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

test("a tensor's description is its role, the reason and the axes, as far as they are known", () => {
  const axes = { output: [0], input: [1], stacked: [] };
  const tensor = { role: "linear", roleReason: "a test", axes, name: "w" } as const;
  expect(toldOf(tensor)).toEqual({ role: "linear", roleReason: "a test", axes });
  expect(toldOf({})).toEqual({});
});
