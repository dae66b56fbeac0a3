import { OptionError } from "../../kernel/errors";
import { huffman } from "../../kernel/encode/huffman";
import { rans } from "../../kernel/encode/rans";
import { magnitude } from "../../kernel/prune/magnitude";
import { nodes } from "../../kernel/prune/nodes";
import { linear } from "../../kernel/quantize/linear";
import { nf4 } from "../../kernel/quantize/nf4";
import { checkRecipe, recipeName, recipeRecord, type Recipe } from "../../kernel/recipe/recipe";

const layer = (name: string) => ({ name, shape: [1], dtype: "F32", parameters: 1 });

describe("a recipe", () => {
  test("is a step, steps, or entries that match", () => {
    for (const recipe of [linear({ bits: 4 }), [linear({ bits: 4 })]]) {
      const [entry] = checkRecipe(recipe);
      expect([entry.steps, entry.fits(layer("any")), entry.match]).toEqual([[linear({ bits: 4 })], true, undefined]);
    }
    const [first, second] = checkRecipe([
      { match: "a.*", steps: nf4() },
      { match: /b/, steps: [nf4(), huffman()] },
    ]);
    expect([first.fits(layer("a.x")), first.fits(layer("b"))]).toEqual([true, false]);
    expect(second.steps.length).toBe(2);
  });

  test("has its steps in an order that makes sense", () => {
    expect(() =>
      checkRecipe([nodes({ keep: 1 }), magnitude({ sparsity: 0.5, scope: "global" }), linear({ bits: 4 }), huffman()]),
    ).not.toThrow();
    expect(() => checkRecipe([linear({ targetBits: 3 }), rans()])).not.toThrow();
  });

  test.each<[string, Recipe, string]>([
    ["nothing", [], "the recipe is empty"],
    ["steps and entries", [nf4(), { match: "a", steps: nf4() }] as never, "mixes steps and { match, steps } entries"],
    ["an entry without match", [{ steps: nf4() }] as never, 'has no match; "**" matches every layer'],
    ["an entry without steps", [{ match: "a", steps: [] }], "an entry has no steps"],
    ["a function", linear as never, "linear is a function; call it: linear({ … })"],
    ["what is no step", 5 as never, "5 is no step"],
    ["an unknown step", { kind: "lineer" } as never, 'did you mean "linear"?'],
    ["surgery behind other steps", [nf4(), nodes({ keep: 1 })], "what takes parts out of the network comes first"],
    ["two coders", [huffman(), rans()], "bytes that are coded do not get smaller again"],
    ["a step behind a coder", [huffman(), nf4()], "encode last"],
    [
      "a global threshold behind another",
      [magnitude({ sparsity: 0.1 }), magnitude({ sparsity: 0.5, scope: "global" })],
      "is step 2; its threshold is over the weights of all layers",
    ],
    ["a target without a coder", [linear({ targetBits: 3 })], "a coder such as rans() comes right after it"],
    ["pruning behind quantizing", [nf4(), magnitude({ sparsity: 0.5 })], "prune first, then quantize what is left"],
  ])("of %s is refused", (_, recipe, text) => {
    expect(() => checkRecipe(recipe)).toThrow(OptionError);
    expect(() => checkRecipe(recipe)).toThrow(text);
  });
});

test("a recipe is kept as plain JSON, and named by its steps", () => {
  const plain = checkRecipe([magnitude({ sparsity: 0.5 }), nf4()]);
  expect(recipeRecord(plain)).toEqual([{ ...magnitude({ sparsity: 0.5 }) }, { ...nf4() }]);
  expect(recipeName(plain)).toBe("magnitude 50 % · nf4 g64");
  const entries = checkRecipe([
    { match: ["a", /b/i], steps: nf4() },
    { match: "c", steps: huffman() },
  ]);
  expect(JSON.parse(JSON.stringify(recipeRecord(entries)))).toEqual([
    { match: ["a", { regExp: "b", flags: "i" }], steps: [{ ...nf4() }] },
    { match: "c", steps: [{ kind: "huffman" }] },
  ]);
  expect(recipeName(entries)).toBe("nf4 g64 | huffman");
});
