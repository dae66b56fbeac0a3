/** How a saved report is checked. Its types stand in `types.ts`. */
import { allMeasures, errorMeasures, histogram, measured, modelSummary, tensorSummary, viewLimits } from "./checks";
import { shownIn } from "./measures";
import type { Reader } from "./reader";
import { warningKinds } from "./warnings";
import type {
  LayerReport,
  LayerVariant,
  LayerWarning,
  LeftAlone,
  Report,
  ReportWarning,
  StepMeasures,
  TotalsWithoutEmbeddings,
  TouchedTotals,
  VariantSummary,
} from "./types";

/** Saved JSON → a whole report, its fields copied; throws `Malformed` with the place of the first wrong one. Recipes and
 *  selections are left behind: no view draws them. */
export function checkReport(view: Reader): Report {
  const variants = view.list("variants", viewLimits.variants, variantSummary);
  return {
    version: view.number("version") === 1 ? 1 : 2,
    kind: "report",
    model: view.child("model", modelSummary),
    variants,
    layers: view.list("layers", viewLimits.layers, (layer) => layerReport(layer, variants.length)),
    ...(view.has("warnings") ? { warnings: view.list("warnings", viewLimits.warnings, reportWarning) } : {}),
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

const layerWarning = (warning: Reader): LayerWarning => ({
  kind: warning.word("kind", warningKinds),
  text: warning.text("text"),
});

const reportWarning = (warning: Reader): ReportWarning => ({
  ...layerWarning(warning),
  layer: warning.text("layer"),
  variant: warning.text("variant"),
});

const touchedTotals = (touched: Reader): TouchedTotals => ({
  layers: touched.count("layers"),
  parameters: touched.count("parameters"),
  bytes: touched.count("bytes"),
  ...measured(touched, shownIn.totals),
  ...(touched.has("relativeError") ? { relativeError: touched.positive("relativeError") } : {}),
});

const withoutEmbeddings = (totals: Reader): TotalsWithoutEmbeddings => ({
  parameters: totals.count("parameters"),
  bytes: totals.count("bytes"),
  bitsPerWeight: totals.positive("bitsPerWeight"),
  touched: totals.child("touched", touchedTotals),
});

function variantSummary(variant: Reader): VariantSummary {
  return {
    name: variant.text("name"),
    recipe: null,
    bytes: variant.count("bytes"),
    bitsPerWeight: variant.positive("bitsPerWeight"),
    ...(variant.has("parameters") ? { parameters: variant.count("parameters") } : {}),
    touched: variant.child("touched", touchedTotals),
    ...(variant.has("withoutEmbeddings")
      ? { withoutEmbeddings: variant.child("withoutEmbeddings", withoutEmbeddings) }
      : {}),
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
  const all = allMeasures(variant);
  // Version 1 has no relative error; it follows from the SQNR.
  const { relativeError = all.sqnrDb === null ? 0 : 10 ** (-all.sqnrDb / 10) } = all;
  return {
    scheme: variant.text("scheme"),
    ...all,
    relativeError,
    ...(variant.has("warnings") ? { warnings: variant.list("warnings", viewLimits.steps, layerWarning) } : {}),
    steps: variant.list("steps", viewLimits.steps, stepMeasures),
    ...(variant.has("histogram") ? { histogram: variant.child("histogram", histogram) } : {}),
    ...(variant.has("levels") ? { levels: variant.numbers("levels", viewLimits.levels) } : {}),
  };
}
