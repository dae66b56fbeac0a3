/** What the reader has to know before trusting the numbers of a report, layer by layer. Pure. */
import type { LayerReport, LayerVariant, ReportWarning, VariantSummary, WarningKind } from "./types";

/** Every kind of warning. */
export const warningKinds = [
  "low SQNR",
  "zero groups",
  "wider scales",
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

/** A warning as a line: "encoder.0.query.weight (int2): SQNR 1.2 dB, below 3 dB"; the variant is named where there are several. */
export function warningLine(warning: ReportWarning, several: boolean, label: (name: string) => string): string {
  const { layer, variant, text } = warning;
  const where = [layer === "" ? [] : [label(layer)], several ? [`(${label(variant)})`] : []].flat().join(" ");
  return where === "" ? text : `${where}: ${text}`;
}

/** Warnings that are listed before the rest is counted. */
const listed = 12;

/** The warnings as lines, at most twelve and a line that says how many more there are. */
export function warningLines(
  warnings: readonly ReportWarning[] | undefined,
  several: boolean,
  label: (name: string) => string,
): string[] {
  const all = warnings ?? [];
  const lines = all.slice(0, listed).map((warning) => warningLine(warning, several, label));
  return all.length > listed ? [...lines, `… ${all.length - listed} more in report.warnings`] : lines;
}
