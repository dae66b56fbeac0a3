import { layerMatcher } from "../../kernel/tensor/match";
import { spelledPattern } from "../../kernel/recipe/spelled-pattern";

test.each([
  [["a.b"], "a.b"],
  [["layers.0.gate", "layers.1.gate", "layers.12.gate"], "layers.{0,1,12}.gate"],
  [["a.0.x", "cls", "a.1.x"], "{a.{0,1}.x,cls}"],
  [["odd{*}?,name"], "odd\\{\\*\\}\\?\\,name"],
])("%j is spelled %s, which matches exactly them", (names, pattern) => {
  expect(spelledPattern(names)).toBe(pattern);
  const matches = layerMatcher(pattern);
  const layer = (name: string) => ({ name, shape: [2, 2], dtype: "F32", parameters: 4 });
  expect(names.every((name) => matches(layer(name)))).toBe(true);
  expect(matches(layer(`${names[0]}x`))).toBe(false);
});

test("names that are too many, or none, have no pattern of usual length", () => {
  expect(spelledPattern([])).toBeUndefined();
  expect(spelledPattern(Array.from({ length: 1025 }, (_, i) => `a${i}`))).toBeUndefined();
  expect(spelledPattern(Array.from({ length: 300 }, (_, i) => `some.long.name.${i}`))).toBeDefined();
  expect(spelledPattern(Array.from({ length: 900 }, (_, i) => `some_long_name${i}`))).toBeUndefined();
});
