import {
  flag,
  flagOrNull,
  real,
  text,
  textOrNull,
  whole,
  wireName,
  word,
  type Trait,
} from "../../kernel/widgets/traits";

test.each<[string, Trait, unknown[], unknown[]]>([
  ["text", text("a"), ["", "b"], [5, null, undefined, {}]],
  ["text or null", textOrNull, ["", null], [5, false]],
  ["flag", flag(true), [true, false], [0, "true", null]],
  ["flag or null", flagOrNull, [true, null], [1, ""]],
  ["whole", whole(0), [0, -3, 2 ** 53 - 1], [0.5, NaN, Infinity, 2 ** 53, "1", 1n]],
  ["real", real(0), [0.5, -1e300], [NaN, Infinity, "1"]],
  ["word", word(["up", "down"], "up"), ["up", "down"], ["left", "", null]],
])("%s takes what it should and refuses the rest", (_, trait, right, wrong) => {
  for (const value of [trait.initial, ...right]) expect(trait.check("W", "part", value)).toBe(value);
  for (const value of wrong) expect(() => trait.check("W", "part", value)).toThrow(/^W\(\): part is /);
});

test("names travel with underscores", () => {
  expect(["value", "continuousUpdate", "gridTemplateColumns"].map(wireName)).toEqual([
    "value",
    "continuous_update",
    "grid_template_columns",
  ]);
});
