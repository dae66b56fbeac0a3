/** What every form of a report says first: the model, the totals of each variant, the layers that suffer most. */
import { visibleText } from "../report/labels";
import { groupByBlock, worstLayers } from "../report/layout";
import { formatBits, formatBytes, formatDecibels, formatPercent, formatShort } from "../report/numbers";
import type { LayerReport, ModelSummary, Report } from "../report/types";

/** "22.7 M parameters · 86.6 MiB · safetensors" */
export function modelFacts(model: ModelSummary, name: (text: string) => string = visibleText): string {
  const { parameters, bytes, format } = model;
  // The words of this program stand as they are; any other is data.
  const written = /^[a-z0-9.-]{1,40}$/.test(format) ? format : name(format);
  return `${formatShort(parameters)} parameters · ${formatBytes(bytes)} · ${written}`;
}

/** The columns of the totals, their headings, and what they are over. */
export const totalsHeadings = [
  "variant",
  "size",
  "of original",
  "bits/weight",
  "touched bits/weight",
  "SQNR dB",
  "zeros %",
] as const;

/** One row of totals for each variant; the first cell is the variant's name, which is data. */
export function totalsRows(report: Report): string[][] {
  return report.variants.map((variant) => [
    variant.name,
    formatBytes(variant.bytes),
    report.model.bytes > 0 ? `${formatPercent(variant.bytes / report.model.bytes)} %` : "–",
    formatBits(variant.bitsPerWeight),
    formatBits(variant.touched.bitsPerWeight),
    formatDecibels(variant.touched.sqnrDb),
    formatPercent(variant.touched.sparsity),
  ]);
}

/** What the totals are over, in a sentence. */
export function totalsNote(report: Report): string {
  const layers = report.layers.length;
  return `Size and bits/weight are of the whole model; touched bits/weight, SQNR and zeros of the ${layers} ${layers === 1 ? "layer" : "layers"} that a step touched.`;
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

/** The measures of one layer in one variant, as cells: SQNR dB, bits per weight, zeros %. */
export function measureCells(layer: LayerReport, variant: number): [string, string, string] {
  const measures = layer.variants[variant];
  if (!measures) return ["–", "–", "–"];
  return [formatDecibels(measures.sqnrDb), formatBits(measures.bitsPerWeight), formatPercent(measures.sparsity)];
}

export const measureHeadings = ["SQNR dB", "bits/w", "zeros %"] as const;

/** The text alternative of the figure: totals and the worst five layers. Plain text, no markup. */
export function textAlternative(report: Report, label: (name: string) => string): string {
  const totals = report.variants.map((variant) => {
    const { touched } = variant;
    const loss = touched.sqnrDb === null ? "nothing lost" : `SQNR ${formatDecibels(touched.sqnrDb)} dB`;
    return `${label(variant.name)}: ${formatBytes(variant.bytes)}, ${formatBits(variant.bitsPerWeight)} bits/weight, ${loss}, ${formatPercent(touched.sparsity)} % zeros in ${touched.layers} touched layers.`;
  });
  const worst = worstList(report, label);
  return [
    `Quantization error, sparsity and bits per weight of each layer of ${label(report.model.name)} (${modelFacts(report.model)}).`,
    ...totals,
    worst.length > 0 ? `Worst layers: ${worst.join("; ")}.` : "No layer lost anything.",
  ].join(" ");
}
