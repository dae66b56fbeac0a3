/** Patterns of modules, held against what Python's re.match makes of them: from the beginning of a name. */
import { bareName, targetsOf } from "../../kernel/save/module-targets";

const fits = (target: string, module: string) =>
  target.startsWith("re:") ? new RegExp(`^(?:${target.slice(3)})`).test(module) : target === module;
const layers = (count: number, front = "model.layers") =>
  Array.from({ length: count }, (_, i) => [`${front}.${i}.mlp.up_proj`, `${front}.${i}.mlp.down_proj`]).flat();

test("a module is found by the name of every class that holds it", () => {
  const all = layers(12);
  const ups = all.filter((name) => name.endsWith("up_proj"));
  const targets = targetsOf(ups, all, "llama");
  expect(targets).toEqual([String.raw`re:(?:.*\.)?layers\.\d+\.mlp\.up_proj$`]);
  for (const module of ups)
    for (const name of [module, module.slice("model.".length), `language_model.${module}`])
      expect([name, targets.some((target) => fits(target, name))]).toEqual([name, true]);
  expect(targets.some((target) => fits(target, "model.layers.0.mlp.down_proj"))).toBe(false);
});

test("where some blocks stay, the numbers are told", () => {
  const all = layers(12);
  const some = all.filter((name) => name.endsWith("up_proj") && !name.includes(".3."));
  const targets = targetsOf(some, all, "llama");
  expect(targets).toEqual([String.raw`re:(?:.*\.)?layers\.(?:0|1|2|4|5|6|7|8|9|10|11)\.mlp\.up_proj$`]);
  expect(all.filter((name) => targets.some((target) => fits(target, name)))).toEqual(some);
});

test("several numbers in a name, and more blocks than a pattern tells", () => {
  const experts = [0, 1, 2].flatMap((i) => [`layers.${i}.experts.0.w1`, `layers.${i}.experts.1.w1`]);
  const targets = targetsOf(experts.slice(1), experts, "mixtral");
  expect(experts.filter((name) => targets.some((target) => fits(target, name)))).toEqual(experts.slice(1));
  const many = layers(200);
  const some = many.filter((name) => name.endsWith("up_proj") && !name.includes(".7."));
  expect(targetsOf(some, many, "llama")).toHaveLength(3);
});

test("a bare name that other modules have too is not cut", () => {
  const all = [...layers(2), ...layers(2, "model.visual.layers")];
  const text = all.slice(0, 4);
  const targets = targetsOf(text, all, "llava");
  expect(all.filter((name) => targets.some((target) => fits(target, name)))).toEqual(text);
});

test("both names of a module that is renamed", () => {
  const all = ["encoder.layer.0.attention.attention.query", "encoder.layer.1.attention.attention.query"];
  const [target, ...others] = targetsOf(all, all, "vit");
  expect(others).toEqual([]);
  for (const name of [...all, "layers.1.attention.q_proj", "vit.layers.0.attention.q_proj"])
    expect([name, fits(target, name)]).toEqual([name, true]);
});

test("of a network of which nothing is known the names themselves", () => {
  expect(targetsOf(["a.query", "b"], ["a.query", "a.key", "b"], undefined)).toEqual(["a.query", "b"]);
});

test.each([
  ["model.layers.0.mlp", "llama", "layers.0.mlp"],
  ["bert.encoder.layer.0", "bert", "encoder.layer.0"],
  ["roberta.encoder.layer.0", "xlm-roberta", "encoder.layer.0"],
  ["encoder.layer.0", "bert", "encoder.layer.0"],
  ["layers.0.mlp", "llama", "layers.0.mlp"],
  ["pooler", "bert", "pooler"],
])("%s of %s is %s", (module, type, bare) => {
  expect(bareName(module, type)).toBe(bare);
});
