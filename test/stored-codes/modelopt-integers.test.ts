import { modelOptIntegers } from "../../kernel/stored-codes/modelopt-integers";
import { decodesByRows, headers, weightsOf } from "./weights";

test("a scale a row multiplies the integers, by rows as at once", async () => {
  const [weight] = await weightsOf(modelOptIntegers, "int8-modelopt");
  expect(weight.parts.map(({ name }) => name.split(".").pop())).toEqual(["weight", "weight_scale", "input_scale"]);
  expect(await decodesByRows(weight)).toBe(true);
});

test("integers are taken where ModelOpt's settings say so alone, and scales have to fit", () => {
  const file = (quant_algo: string | undefined, scale: [string, ...number[]]) =>
    headers({ "a.weight": ["I8", 4, 8], "a.weight_scale": scale }, { quantization: { quant_algo } });
  expect(modelOptIntegers.find(file("W8A16", ["F32", 4]))).toHaveLength(1);
  expect(modelOptIntegers.find(file(undefined, ["F32", 4]))).toEqual([]);
  expect(() => modelOptIntegers.find(file("W8A16", ["F32", 3]))).toThrow("has the shape [3] beside a weight [4, 8]");
});
