/** What the reader of a report has to know of a layer before trusting its numbers. */
import { isStructural } from "../prune";
import { matrixOf } from "../prune/sparse/storage";
import type { Quantized } from "../quantize";
import { isWidened } from "../quantize/widened";
import { formatCount, formatDecibels } from "../report/numbers";
import { lowestSqnrDb, type LayerWarning, type StepMeasures } from "../report/types";
import type { Step } from "../tensor/step";

/** Groups of weights that share a scale, and how many of them became all zero while their weights were not. */
export interface ZeroGroups {
  readonly zero: number;
  readonly groups: number;
  /** Weights of a group; of the longest. */
  readonly length: number;
}

/** Groups of nothing. */
export const noZeroGroups: ZeroGroups = { zero: 0, groups: 0, length: 0 };

/** Groups of two parts of a layer together. */
export function addZeroGroups(first: ZeroGroups, second: ZeroGroups): ZeroGroups {
  return {
    zero: first.zero + second.zero,
    groups: first.groups + second.groups,
    length: Math.max(first.length, second.length),
  };
}

/** Lengths of groups that a step does not tell. */
const fixedGroups: Readonly<Record<string, number>> = { mxfp4: 32, mxfp8: 32, nvfp4: 16 };

/** Counts the groups of `quantized`, w before and w′ after it, that are all zero in w′ and not in w. Groups are those of its first table: blocks,
 *  parts of rows, rows, or all weights. */
export function zeroGroupsOf(quantized: Quantized, before: Float32Array, after: Float32Array): ZeroGroups {
  const { rows, length, perRow } = groupingOf(quantized, before.length);
  let zero = 0;
  for (let row = 0, start = 0; row < rows; row++)
    for (let end = start + perRow; start < end;) {
      const stop = Math.min(start + length, end);
      let at = start;
      while (at < stop && after[at] === 0) at++;
      if (at === stop) {
        at = start;
        while (at < stop && before[at] === 0) at++;
        if (at < stop) zero++;
      }
      start = stop;
    }
  return { zero, groups: rows * Math.ceil(perRow / Math.max(1, length)), length: Math.min(length, perRow) };
}

/** Rows in which groups begin anew, the weights of a row, and those of a group. */
function groupingOf(
  { step, shape, tables }: Quantized,
  count: number,
): { rows: number; length: number; perRow: number } {
  const [entries = 1, inRow] = tables[0]?.shape ?? [];
  const { group } = step as Step & { group?: number };
  const whole = { rows: 1, perRow: count };
  if (count === 0) return { rows: 0, perRow: 0, length: 1 };
  if (step.kind === "ggml") return { ...whole, length: Math.ceil(count / Math.max(1, entries)) };
  if (inRow === undefined) return { ...whole, length: entries <= 1 ? count : (group ?? Math.ceil(count / entries)) };
  const { rows, columns } = matrixOf(shape);
  if (entries !== rows) return { ...whole, length: entries <= 1 ? count : Math.ceil(count / entries) };
  const isBook = tables[0].name === "codebook";
  const length = isBook || inRow <= 1 ? columns : (group ?? fixedGroups[step.kind] ?? Math.ceil(columns / inRow));
  return { rows, perRow: columns, length };
}

/** The facts of a layer that warnings come from. */
export interface WarnedLayer {
  readonly steps: readonly Step[];
  readonly measures: readonly StepMeasures[];
  /** Of all steps that are not structural; absent where some parts were taken out. */
  readonly sqnrDb: number | null | undefined;
  readonly zeroGroups: ZeroGroups;
  /** All w′ are zero, and some w are not. */
  readonly isLost: boolean;
  readonly quantized: Quantized | undefined;
  /** The factors of w′ are stored wider than the step says. */
  readonly hasWiderFactors: boolean;
  /** Weights that are NaN or infinite. */
  readonly nonFinite: number;
}

/** The warning of an SQNR under 3 dB, as the fields of a layer's variant; nothing for a higher one, and for null, which is lossless. */
export function lowSqnrWarning(sqnrDb: number | null): { warnings?: readonly LayerWarning[] } {
  if (sqnrDb === null || sqnrDb >= lowestSqnrDb) return {};
  return { warnings: [{ kind: "low SQNR", text: `SQNR ${formatDecibels(sqnrDb)} dB, below ${lowestSqnrDb} dB` }] };
}

/** The warnings of a layer, in the order of their kinds. */
export function layerWarnings(layer: WarnedLayer): LayerWarning[] {
  const { steps, measures, zeroGroups, isLost, quantized, hasWiderFactors, nonFinite } = layer;
  const warnings: LayerWarning[] = [];
  // What surgery takes out is gone on purpose; the steps behind it answer for themselves.
  const own = measures.filter(({ kind }) => !steps.some((step) => step.kind === kind && isStructural(step)));
  const ratios = layer.sqnrDb === undefined ? own.map((measure) => measure.sqnrDb) : [layer.sqnrDb];
  const worst = ratios.reduce<number>((least, ratio) => (ratio === null ? least : Math.min(least, ratio)), Infinity);
  warnings.push(...(lowSqnrWarning(worst).warnings ?? []));
  if (isLost) warnings.push({ kind: "zero groups", text: "all weights became zero" });
  else if (zeroGroups.zero > 0)
    warnings.push({
      kind: "zero groups",
      text: `${formatCount(zeroGroups.zero)} of ${formatCount(zeroGroups.groups)} groups of ${formatCount(zeroGroups.length)} weights became all zero`,
    });
  const made = quantized?.step;
  const asked = [...steps].reverse().find((step) => step.kind === made?.kind);
  if ((made && asked && isWidened(asked, made)) || hasWiderFactors)
    warnings.push({
      kind: "wider scales",
      text: `float16 does not hold its ${hasWiderFactors ? "factors" : "scales"}; they are stored as float32`,
    });
  const { type, insteadOf } = (made ?? {}) as { type?: string; insteadOf?: string };
  if (type !== undefined && insteadOf !== undefined)
    warnings.push({ kind: "other type", text: `stored as ${type}: its rows are no whole blocks of ${insteadOf}` });
  if (nonFinite > 0)
    warnings.push({
      kind: "not finite",
      text: `${formatCount(nonFinite)} ${nonFinite === 1 ? "weight is" : "weights are"} NaN or infinite, and kept as they are`,
    });
  return warnings;
}
