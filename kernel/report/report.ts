/** How a saved report is checked. Its types stand in `types.ts`. */
import { allMeasures, errorMeasures, histogram, measured, modelSummary, tensorSummary, viewLimits } from "./checks";
import { shownIn } from "./measures";
import type { Reader } from "./reader";
import type { LayerReport, LayerVariant, LeftAlone, Report, StepMeasures, VariantSummary } from "./types";

/** Saved JSON → a whole report, its fields copied; throws `Malformed` with the place of the first wrong one. Recipes are left behind:
 *  no view draws them. */
export function checkReport(view: Reader): Report {
  const variants = view.list("variants", viewLimits.variants, variantSummary);
  return {
    version: 1,
    kind: "report",
    model: view.child("model", modelSummary),
    variants,
    layers: view.list("layers", viewLimits.layers, (layer) => layerReport(layer, variants.length)),
    ...(view.has("leftAlone") ? { leftAlone: view.child("leftAlone", leftAlone) } : {}),
  };
}

const leftAlone = (all: Reader): LeftAlone => ({
  tensors: all.count("tensors"),
  parameters: all.count("parameters"),
  groups: all.list("groups", viewLimits.layers, (group) => ({
    role: group.text("role"),
    reason: group.text("reason"),
    tensors: group.count("tensors"),
    parameters: group.count("parameters"),
    names: group.texts("names", viewLimits.layers),
    ...(group.has("pattern") ? { pattern: group.text("pattern") } : {}),
  })),
});

function variantSummary(variant: Reader): VariantSummary {
  return {
    name: variant.text("name"),
    recipe: null,
    bytes: variant.count("bytes"),
    bitsPerWeight: variant.positive("bitsPerWeight"),
    touched: variant.child("touched", (touched) => ({
      layers: touched.count("layers"),
      parameters: touched.count("parameters"),
      bytes: touched.count("bytes"),
      ...measured(touched, shownIn.totals),
    })),
    seed: variant.number("seed"),
  };
}

function layerReport(layer: Reader, variantCount: number): LayerReport {
  const variants = layer.nullableList("variants", viewLimits.variants, layerVariant);
  if (variants.length !== variantCount)
    throw layer.malformed(`holds ${variants.length} where the report has ${variantCount}`, "variants");
  const requantized = layer.has("requantized") ? { requantized: layer.text("requantized") } : {};
  return { ...tensorSummary(layer), ...requantized, variants };
}

const stepMeasures = (step: Reader): StepMeasures => ({
  kind: step.text("kind"),
  label: step.text("label"),
  ...errorMeasures(step),
});

function layerVariant(variant: Reader): LayerVariant {
  return {
    scheme: variant.text("scheme"),
    ...allMeasures(variant),
    steps: variant.list("steps", viewLimits.steps, stepMeasures),
    ...(variant.has("histogram") ? { histogram: variant.child("histogram", histogram) } : {}),
    ...(variant.has("levels") ? { levels: variant.numbers("levels", viewLimits.levels) } : {}),
  };
}
