/** What every form of a report says first: the model, the totals of each variant, the layers that suffer most. */
import { visibleText } from "../report/visible-text";
import { groupByBlock } from "../report/layout";
import { measureDigits, measureHeading, measurePhrase } from "../report/measure-labels";
import { measures, shownIn } from "../report/measures";
import { formatBytes, formatDecibels, formatPercent, formatShort } from "../report/numbers";
import { requantizedNote } from "../report/requantized";
import { warningLines } from "../report/warnings";
import { worstLayers } from "../report/worst-layers";
import type { LayerReport, ModelSummary, Report, VariantSummary } from "../report/types";

/** "22.7 M parameters · 86.6 MiB · safetensors" */
export function modelFacts(model: ModelSummary, name: (text: string) => string = visibleText): string {
  const { parameters, bytes, format } = model;
  // The words of this program stand as they are; any other is data.
  const written = /^[a-z0-9.-]{1,40}$/.test(format) ? format : name(format);
  return `${formatShort(parameters)} parameters · ${formatBytes(bytes)} · ${written}`;
}

/** The measures that are a total of the whole model too; over the touched layers alone they are called so. */
const ofWholeModel: readonly string[] = ["bitsPerWeight"];

/** The columns of the totals: first those of the whole model, then those over the touched layers. */
export const totalsHeadings: readonly string[] = [
  "variant",
  "size",
  "of original",
  measureHeading("bitsPerWeight"),
  ...shownIn.totals.map((key) => (ofWholeModel.includes(key) ? `touched ${measureHeading(key)}` : measureHeading(key))),
];

/** A variant's size, its share of the original, and its bits per weight, over the whole model. */
export function wholeModelCells({ model }: Report, variant: VariantSummary): string[] {
  return [
    formatBytes(variant.bytes),
    model.bytes > 0 ? `${formatPercent(variant.bytes / model.bytes)} %` : "–",
    measureDigits("bitsPerWeight", variant),
  ];
}

/** One row of totals for each variant; the first cell is the variant's name, which is data. */
export function totalsRows(report: Report): string[][] {
  return report.variants.map((variant) => [
    variant.name,
    ...wholeModelCells(report, variant),
    ...shownIn.totals.map((key) => measureDigits(key, variant.touched)),
  ]);
}

/** What the totals are over, and what was quantized before, in sentences; `label` renders a scheme, which is data. */
export function totalsNote(report: Report, label: (text: string) => string = visibleText): string {
  const layers = report.layers.length;
  const what = `Size and bits/weight are of the whole model; touched bits/weight, SQNR and zeros of the ${layers} ${layers === 1 ? "layer" : "layers"} that a step touched.`;
  return [what, ...withoutEmbeddingsNote(report), ...requantizedNote(report, label)].join(" ");
}

/** "Without embeddings: 4.25 bits/weight." and, of several variants, the bits of each in their order. */
function withoutEmbeddingsNote({ variants }: Report): string[] {
  const bits = variants.flatMap(({ withoutEmbeddings }) =>
    withoutEmbeddings ? [measureDigits("bitsPerWeight", withoutEmbeddings)] : [],
  );
  return bits.length === 0 || bits.length < variants.length
    ? []
    : [`Without embeddings: ${bits.join(", ")} ${measures.bitsPerWeight.phrase}.`];
}

/** "encoder.layer.5.output.dense.weight 9.6 dB (sorted 4-bit)" for the five worst layers; `label` renders a name, which is data. */
export function worstList(report: Report, label: (name: string) => string): string[] {
  return worstLayers(report).map(({ layer, variant, sqnrDb }) => {
    const inVariant = report.variants.length > 1 ? ` (${label(report.variants[variant].name)})` : "";
    return `${label(layer.name)} ${formatDecibels(sqnrDb)} dB${inVariant}`;
  });
}

/** The layers in the order in which every form lists them. */
export function layersInOrder(report: Report): LayerReport[] {
  return groupByBlock(report.layers).flatMap((group) => group.layers.map((at) => report.layers[at]));
}

/** The measures of one layer in one variant as cells, under `measureHeadings`; dashes where the variant has no such layer. */
export function measureCells(layer: LayerReport, variant: number): string[] {
  return shownIn.tables.map((key) => measureDigits(key, layer.variants[variant] ?? {}));
}

/** The columns of each variant in the tables of layers. */
export const measureHeadings: readonly string[] = shownIn.tables.map(
  (key) => measures[key].narrow ?? measureHeading(key),
);

/** The text alternative of the figure: totals and the worst five layers. Plain text, no markup. */
export function textAlternative(report: Report, label: (name: string) => string): string {
  const totals = report.variants.map((variant) => {
    const { touched } = variant;
    const facts = shownIn.totals.flatMap((key) => {
      if (ofWholeModel.includes(key)) return [];
      if (key !== "sqnrDb") return measurePhrase(key, touched);
      return touched.sqnrDb === null ? "nothing lost" : `${measures.sqnrDb.label} ${measurePhrase(key, touched)}`;
    });
    const whole = [formatBytes(variant.bytes), measurePhrase("bitsPerWeight", variant)];
    return `${label(variant.name)}: ${[...whole, ...facts].join(", ")} in ${touched.layers} touched layers.`;
  });
  const worst = worstList(report, label);
  const warnings = warningLines(report.warnings, report.variants.length > 1, label);
  return [
    `Quantization error, sparsity and bits per weight of each layer of ${label(report.model.name)} (${modelFacts(report.model)}).`,
    ...totals,
    worst.length > 0 ? `Worst layers: ${worst.join("; ")}.` : "No layer lost anything.",
    ...(warnings.length > 0 ? [`Warnings: ${warnings.join("; ")}.`] : []),
  ].join(" ");
}
