import { OptionError } from "../../kernel/errors";
import { fromArrays } from "../../kernel/formats/arrays";
import { ggml } from "../../kernel/quantize/ggml";
import { linear } from "../../kernel/quantize/linear";
import { nf4 } from "../../kernel/quantize/nf4";
import { compress, type CompressOptions } from "../../kernel/recipe/compress";
import { nothingTouched } from "../../kernel/recipe/intent";
import type { Recipe } from "../../kernel/recipe/recipe";

const matrix = { shape: [4, 32], values: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i)) };
const model = fromArrays(
  {
    "encoder.0.query.weight": matrix,
    "encoder.0.query.bias": { shape: [4], values: new Float32Array(4) },
    "encoder.1.query.weight": matrix,
    "lm_head.weight": matrix,
  },
  { name: "toy" },
);
const int4 = linear({ bits: 4 });
const run = (recipe: Recipe, options: CompressOptions = {}) => compress(model, recipe, { workers: 1, ...options });

test.each<[string, Recipe, CompressOptions, string]>([
  [
    "only",
    int4,
    { only: "encodr.**" },
    'only: "encodr.**" touches none of the 4 tensors of toy; did you mean "encoder.**"',
  ],
  ["one of several", int4, { only: ["encoder.**", "lm_hed.*"] }, 'only: "lm_hed.*" touches none'],
  [
    "skip",
    int4,
    { skip: "lm_hed.**" },
    'skip: "lm_hed.**" touches none of the 4 tensors of toy; did you mean "lm_head.**"',
  ],
  ["a RegExp", int4, { skip: /head\.wheight/ }, 'the nearest names are "lm_head.weight"'],
  ["a function", int4, { only: () => false }, "only: a function touches none"],
  [
    "match",
    [{ match: "encoder.*.weight", steps: int4 }],
    {},
    'match: "encoder.*.weight" touches none of the 4 tensors of toy; did you mean "encoder.**.weight"',
  ],
  [
    "vectors alone",
    int4,
    { only: "**.bias" },
    'it fits "encoder.0.query.bias"; a tensor that is no weight is taken by its very name',
  ],
  [
    "a shadowed entry",
    [
      { match: "**", steps: int4 },
      { match: ["encoder.**"], steps: nf4() },
    ],
    {},
    'entry 2 of the recipe, "encoder.**", is shadowed: its 2 tensors are taken by entry 1, "**"; a layer takes the first entry that fits',
  ],
  [
    "an entry outside of only",
    [
      { match: "lm_head.*", steps: nf4() },
      { match: "**", steps: int4 },
    ],
    { only: "encoder.**" },
    'entry 1 of the recipe, "lm_head.*", touches nothing: only leaves out "lm_head.weight"',
  ],
  [
    "importance of no tensor",
    ggml({ type: "Q4_0", importance: { "lm_hed.weight": Array<number>(32).fill(1) } }),
    {},
    'importance of "lm_hed.weight" touches none of the 4 tensors of toy; did you mean "lm_head.weight"?',
  ],
  [
    "importance of others",
    ggml({ type: "Q4_0", importance: { "lm_head.weight": Array<number>(32).fill(1) } }),
    { only: "encoder.**" },
    'importance is of "lm_head.weight", and of none that the step touches',
  ],
])("%s that touches nothing is an error, unless it is allowed", async (_, recipe, options, text) => {
  await expect(run(recipe, options)).rejects.toThrow(OptionError);
  await expect(run(recipe, options)).rejects.toThrow(text);
  const passed = run(recipe, { ...options, allowUnmatched: true });
  if (/only: (a function|"encodr|"\*\*\.bias)|match:/.test(text) || _ === "vectors alone")
    await expect(passed).rejects.toThrow("the recipe touches none of the 4 tensors of toy");
  else expect((await passed).report.layers.length).toBeGreaterThan(0);
});

test("a recipe that touches nothing gives the pattern that would", async () => {
  await expect(run(int4, { skip: "**" })).rejects.toThrow(
    'match: "**" takes its 3 weights, such as "encoder.0.query.weight"',
  );
  const tables = fromArrays({
    "a.bias": { shape: [9], values: new Float32Array(9) },
    "a.mask": { shape: [2, 2], values: new Float32Array(4) },
  });
  await expect(compress(tables, int4)).rejects.toThrow('{ only: "a.mask" }');
  const vectors = fromArrays({ scale: { shape: [2], values: new Float32Array(2) } });
  await expect(compress(vectors, int4)).rejects.toThrow(
    'none is a weight; others are taken by their very names: { only: "scale" }',
  );
  expect(nothingTouched(fromArrays({}), []).message).toContain("it has no tensors");
});

test("patterns that fit pass, also those that skip what no recipe would take", async () => {
  const { report } = await run(int4, { only: ["encoder.**", /head/], skip: ["**.bias", "lm_head.*"] });
  expect(report.layers.map(({ name }) => name)).toEqual(["encoder.0.query.weight", "encoder.1.query.weight"]);
});

test("a variant is named after the entries that ran", async () => {
  const recipe = [
    { match: "lm_head.*", steps: nf4() },
    { match: "**", steps: int4 },
  ];
  expect((await run(recipe)).report.variants[0].name).toBe("nf4 g64 | linear 4-bit g128");
  const part = await run(recipe, { only: "encoder.**", allowUnmatched: true });
  expect(part.report.variants[0].name).toBe("linear 4-bit g128");
});

test.each<[string, unknown, string]>([
  ["a promise", Promise.resolve(model), "compress(): the model is a promise; await it first"],
  ["a path", "model.safetensors", 'compress(): the model is "model.safetensors"; it takes one that open()'],
  ["nothing", undefined, "compress(): the model is undefined"],
])("%s is no model", async (_, given, text) => {
  await expect(compress(given as typeof model, int4)).rejects.toThrow(OptionError);
  await expect(compress(given as typeof model, int4)).rejects.toThrow(text);
});

test("a recorded recipe runs again, to the same report", async () => {
  const recipe = [
    { match: /HEAD/i, steps: nf4() },
    { match: ["encoder.**"], steps: linear({ bits: 2 }) },
  ];
  const first = (await run(recipe, { skip: /encoder\.1/ })).report;
  const read = JSON.parse(JSON.stringify(first)) as typeof first;
  const [variant] = read.variants;
  const again = await run(variant.recipe as Recipe, { ...(variant.selection as CompressOptions), name: variant.name });
  expect(again.report).toEqual(first);
  const told = await run([{ match: (layer) => layer.name.startsWith("lm"), steps: int4 }]);
  const recorded = JSON.parse(JSON.stringify(told.recipe)) as Recipe;
  await expect(run(recorded)).rejects.toThrow("a layer pattern was recorded as a function, which JSON does not hold");
});
