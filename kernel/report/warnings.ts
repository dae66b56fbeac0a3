/** What the reader has to know before trusting the numbers of a report, layer by layer. Pure. */
import { formatCount } from "./numbers";
import type { LayerReport, LayerVariant, ReportWarning, VariantSummary, WarningKind } from "./types";

/** Every kind of warning. */
export const warningKinds = [
  "low SQNR",
  "zero groups",
  "wider scales",
  "other type",
  "not finite",
  "unmatched",
] as const satisfies readonly WarningKind[];

/** The sign that stands before the name of a layer with a warning. */
export const warningSign = "⚠";

/** The warnings of all layers, layer by layer. */
export function warningsOf(
  layers: readonly LayerReport[],
  variants: readonly Pick<VariantSummary, "name">[],
): ReportWarning[] {
  return layers.flatMap((layer) =>
    layer.variants.flatMap((variant, at) =>
      (variant?.warnings ?? []).map(({ kind, text }) => ({
        kind,
        layer: layer.name,
        variant: variants[at].name,
        text,
      })),
    ),
  );
}

/** Whether any of these variants has a warning of the layer; of all unless told. */
export function isWarnedOf(layer: LayerReport, variants?: readonly number[]): boolean {
  const warned = (variant: LayerVariant | null | undefined): boolean => (variant?.warnings ?? []).length > 0;
  return variants ? variants.some((at) => warned(layer.variants[at])) : layer.variants.some(warned);
}

/** "⚠ name" for a layer with a warning, else the name; `label` renders the name, which is data. */
export function markedName(layer: LayerReport, label: (name: string) => string): string {
  return isWarnedOf(layer) ? `${warningSign} ${label(layer.name)}` : label(layer.name);
}

/** A warning as a line: "encoder.0.query.weight (int2): SQNR 1.2 dB, below 3 dB"; the variant is named where there are several, and `others` are
 *  layers of which the same is said: "query.weight and 11 more: …". */
export function warningLine(
  { layer, variant, text }: ReportWarning,
  several: boolean,
  label: (name: string) => string,
  others = 0,
): string {
  const name = layer === "" ? [] : [label(layer), ...(others > 0 ? [`and ${formatCount(others)} more`] : [])];
  const where = [...name, ...(several ? [`(${label(variant)})`] : [])].join(" ");
  return where === "" ? text : `${where}: ${text}`;
}

/** Warnings that are listed before the rest is counted. */
const listed = 12;

/** The warnings as lines, those in the same words as one, at most twelve and a line that says how many more warnings there are. */
export function warningLines(
  warnings: readonly ReportWarning[] | undefined,
  several: boolean,
  label: (name: string) => string,
): string[] {
  const groups = alike(warnings ?? []);
  const lines = groups.slice(0, listed).map(([first, ...others]) => warningLine(first, several, label, others.length));
  const more = groups.slice(listed).reduce((sum, group) => sum + group.length, 0);
  return more > 0 ? [...lines, `… ${formatCount(more)} more in report.warnings`] : lines;
}

/** Warnings of layers in the same words of the same variant together, where the first of them stands. */
function alike(warnings: readonly ReportWarning[]): ReportWarning[][] {
  const groups = new Map<string, ReportWarning[]>();
  for (const warning of warnings) {
    const key = JSON.stringify([warning.kind, warning.variant, warning.text]);
    const group = groups.get(key);
    if (group) group.push(warning);
    else groups.set(key, [warning]);
  }
  return [...groups.values()];
}
