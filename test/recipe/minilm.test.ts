import { readFileSync } from "node:fs";
import { join } from "node:path";
import { open } from "../../kernel/open/open";
import { linear } from "../../kernel/quantize/linear";
import { magnitude } from "../../kernel/prune/magnitude";
import { compress } from "../../kernel/recipe/compress";
import type { Recipe } from "../../kernel/recipe/recipe";

const root = join(__dirname, "..", "..", "..");
const fixture = JSON.parse(readFileSync(join(root, "test/fixtures/recipe/minilm.json"), "utf8")) as Record<
  string,
  Record<string, Record<string, number>>
> & { readonly layers: string[] };

test.each<[string, Recipe]>([
  ["linear4", linear({ bits: 4, group: 128 })],
  ["magnitude50global", magnitude({ sparsity: 0.5, scope: "global" })],
  ["magnitude50linear3", [magnitude({ sparsity: 0.5, scope: "global" }), linear({ bits: 3, group: 128 })]],
])("%s on all-MiniLM-L6-v2: the measures that numpy finds", async (name, recipe) => {
  const model = await open(join(root, "models", "all-MiniLM-L6-v2"));
  const { report } = await compress(model, recipe, { only: fixture.layers });
  expect(report.layers.map((layer) => layer.name).sort()).toEqual([...fixture.layers].sort());
  for (const layer of report.layers) {
    const variant = layer.variants[0] as unknown as Record<string, number>;
    for (const [measure, expected] of Object.entries(fixture[name][layer.name])) {
      const exact = measure === "sparsity" || measure === "maxAbsError";
      const error = Math.abs(variant[measure] - expected) / Math.max(1e-300, Math.abs(expected));
      expect({ layer: layer.name, measure, close: error <= (exact ? 0 : 1e-11) }).toMatchObject({ close: true });
    }
  }
});
