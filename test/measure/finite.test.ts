import { NonFiniteError } from "../../kernel/errors";
import { checkFinite } from "../../kernel/measure/finite";

test("finite weights of any size pass, none at all too", () => {
  expect(() => checkFinite(Float32Array.of(0, -0, 3.4e38, -1e-45), "linear")).not.toThrow();
  expect(() => checkFinite(new Float32Array(0), "linear")).not.toThrow();
});

test.each([NaN, Infinity, -Infinity])("the first %d is told with its place, its layer and the method", (value) => {
  const check = () => checkFinite(Float32Array.of(1, value, NaN), "linear", "fc");
  expect(check).toThrow(NonFiniteError);
  expect(check).toThrow(`fc: weight 1 is ${value}; linear needs finite weights`);
});
