/** The parts of views that several views hold, as they are read from saved JSON, and the bounds on what is drawn. */
import { measureKeys, measures, errorKeys, type MeasureKey } from "./measures";
import type { Reader } from "./reader";
import { levelLimit } from "./types";
import type { ErrorMeasures, Histogram, LayerPlace, LayerVariant, ModelSummary, TensorSummary } from "./types";

/** Bounds on what is drawn, far above real models (Llama-3 405B has 1,138 tensors), far below what would freeze a page. */
export const viewLimits = {
  layers: 20_000,
  variants: 64,
  bins: 4096,
  levels: levelLimit,
  steps: 32,
  dimensions: 16,
  points: 20_000,
  warnings: 100_000,
} as const;

/** The model that a view is about. */
export function modelSummary(model: Reader): ModelSummary {
  return {
    name: model.text("name"),
    format: model.text("format"),
    parameters: model.count("parameters"),
    bytes: model.count("bytes"),
    ...(model.has("sha256") ? { sha256: model.text("sha256") } : {}),
    ...(model.has("part") ? { part: model.text("part") } : {}),
    ...(model.has("source") ? { source: model.text("source") } : {}),
  };
}

const place = (layer: Reader): LayerPlace => ({
  block: layer.text("block"),
  blockIndex: layer.numberOrNull("blockIndex"),
  kind: layer.text("kind"),
});

/** A tensor with its place, its shape and its histogram, if it has one. */
export const tensorSummary = (layer: Reader): TensorSummary => ({
  name: layer.text("name"),
  ...place(layer),
  shape: layer.numbers("shape", viewLimits.dimensions, 0),
  dtype: layer.text("dtype"),
  parameters: layer.count("parameters"),
  bytes: layer.count("bytes"),
  ...(layer.has("histogram") ? { histogram: layer.child("histogram", histogram) } : {}),
  ...(layer.has("role") ? { role: layer.text("role") } : {}),
  ...(layer.has("roleReason") ? { roleReason: layer.text("roleReason") } : {}),
});

/** A histogram whose axis does not run backwards. */
export function histogram(h: Reader): Histogram {
  const minimum = h.number("minimum");
  const maximum = h.number("maximum");
  if (maximum < minimum) throw h.malformed("ends before it begins");
  return {
    minimum,
    maximum,
    counts: h.numbers("counts", viewLimits.bins, 0),
    below: h.count("below"),
    above: h.count("above"),
  };
}

/** The measures of these keys, each within the range that the table of measures gives it. */
export function measured<K extends MeasureKey>(reader: Reader, keys: readonly K[]): Pick<LayerVariant, K> {
  const present = keys.filter((key) => !measures[key].isOptional || reader.has(key));
  return Object.fromEntries(present.map((key) => [key, inRange(reader, key)])) as Pick<LayerVariant, K>;
}

function inRange(reader: Reader, key: MeasureKey): number | null {
  switch (measures[key].range) {
    case "number":
      return reader.number(key);
    case "number or infinite":
      return reader.numberOrNull(key);
    case "not negative":
      return reader.positive(key);
    case "whole":
      return reader.count(key);
    case "share":
      return reader.share(key);
  }
}

/** Every measure of a layer's variant. */
export const allMeasures = (reader: Reader): Pick<LayerVariant, MeasureKey> => measured(reader, measureKeys);

/** The measures of error alone, as each step has them. */
export const errorMeasures = (reader: Reader): ErrorMeasures => measured(reader, errorKeys);
