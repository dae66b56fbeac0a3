import { activationOf } from "../../../kernel/evaluate/architectures/activation";

describe("activationOf", () => {
  it("takes the names of configurations", () => {
    expect(
      ["silu", "gelu", "gelu_new", "gelu_pytorch_tanh", "relu2"].map((name) => activationOf(name, "llama")),
    ).toEqual(["silu", "gelu", "gelu by tanh", "gelu by tanh", "squared relu"]);
  });

  it("refuses others", () => {
    for (const name of ["mish", 3, undefined, "toString"])
      expect(() => activationOf(name, "llama")).toThrow(/running llama: the activation .* is not known/);
  });
});
