import { Flow } from "../../../kernel/formats/onnx/flow";
import type { NodeMessage } from "../../../kernel/formats/onnx/messages";

const node = (op: string, inputs: string[], outputs: string[]): NodeMessage => ({
  op,
  domain: "",
  name: "",
  inputs,
  outputs,
  attributes: {},
  constant: undefined,
  graphs: [],
});
const product = node("MatMulInteger", ["q", "b"], ["i"]);
const scaleOf = (...rest: NodeMessage[]): string | undefined =>
  new Flow({ name: "g", nodes: [product, ...rest], initializers: [] }).scaleBehind(product, new Map([["bs", 0]]));

test("the scale of codes is the constant factor of the product that multiplies the integers", () => {
  const cast = node("Cast", ["i"], ["f"]);
  const both = node("Mul", ["xs", "bs"], ["both"]);
  const last = node("Mul", ["f", "both"], ["y"]);
  expect(scaleOf(cast, both, last)).toBe("bs");
  expect(scaleOf(node("Mul", ["both", "i"], ["y"]), both)).toBe("bs");
  // A scale that already has that of the activations in it says nothing of the codes; nor do results that go two ways.
  expect(scaleOf(cast, node("Mul", ["f", "bs"], ["y"]))).toBeUndefined();
  expect(scaleOf(cast, both, last, node("Add", ["f", "x"], ["z"]))).toBeUndefined();
  expect(scaleOf(cast, node("Add", ["f", "both"], ["y"]), both)).toBeUndefined();
  expect(scaleOf(cast)).toBeUndefined();
});
