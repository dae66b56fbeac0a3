import { lowestDecibels } from "../../kernel/report/layout";
import type { LayerVariant, Report } from "../../kernel/report/types";
import type { Axis } from "./figure";
import { isLossless, measures, type MeasureName } from "./measures";
import { significant } from "./numbers";
import type { ViewState } from "./state";

/** An axis for a quantity: where a layer's value stands on it. */
export interface Scale {
  readonly logarithmic: boolean;
  /** In axis units: decades on a logarithmic axis. */
  readonly range: readonly [number, number];
  /** Where a value that is infinitely good stands, in data units, when there is one. */
  readonly lossless: number | null;
  readonly place: (variant: LayerVariant) => number;
  /** Whether a value lies so far out that it stands at the edge instead. */
  readonly beyond: (variant: LayerVariant) => boolean;
  readonly axis: Axis;
}

/** The error's axis over these variants: decibels from 0 (noise as loud as the weights), distances from 0 or in decades. */
export function errorScale(report: Report, variants: readonly number[], state: ViewState): Scale {
  const measure = measures[state.measure];
  const shown = report.layers.flatMap((layer) => variants.map((v) => layer.variants[v]).filter((v) => v !== null));
  const values = shown
    .filter((v) => !isLossless(v))
    .map((v) => measure.value(v) ?? 0)
    .filter((value) => !(measure.logarithmic && state.logarithmic) || value > 0);
  const lossless = shown.length > values.length;
  if (measure.logarithmic && state.logarithmic) return decades(state.measure, values, lossless);
  return linear(state.measure, values, lossless && measure.higherIsBetter);
}

function linear(name: MeasureName, values: readonly number[], lossless: boolean): Scale {
  const measure = measures[name];
  const maximum = largest(values, name === "sqnr" ? 1 : 0) || 1;
  const least = Math.min(0, smallest(values, 0));
  const minimum = name === "sqnr" ? Math.max(lowestDecibels, least) : least;
  const span = maximum - minimum;
  const edge = lossless ? maximum + 0.1 * span : null;
  return {
    logarithmic: false,
    range: [minimum < 0 ? minimum - 0.04 * span : 0, maximum + (lossless ? 0.16 : 0.05) * span],
    lossless: edge,
    place: (v) => (isLossless(v) ? (edge ?? 0) : Math.max(minimum, measure.value(v) ?? 0)),
    beyond: (v) => !isLossless(v) && (measure.value(v) ?? 0) < minimum,
    axis: {
      type: "linear",
      ticksuffix: measure.unit && ` ${measure.unit}`,
      nticks: 6,
      exponentformat: "power",
      zeroline: minimum < 0,
    },
  };
}

function decades(name: MeasureName, values: readonly number[], lossless: boolean): Scale {
  const measure = measures[name];
  const low = Math.log10(smallest(values, 1e-3));
  const high = Math.log10(largest(values, 1));
  const room = Math.max(0.08, 0.05 * (high - low));
  const edge = lossless ? low - 3 * room : null;
  const position = edge === null ? null : 10 ** edge;
  return {
    logarithmic: true,
    range: [(edge ?? low) - room, high + room],
    lossless: position,
    place: (v) => {
      const value = isLossless(v) ? 0 : (measure.value(v) ?? 0);
      return value > 0 ? value : (position ?? 10 ** (low - room));
    },
    beyond: () => false,
    axis: {
      type: "log",
      exponentformat: "power",
      zeroline: false,
      ...(high - low > 1.5 ? { dtick: high - low > 8 ? 2 : 1 } : withinDecade(low - room, high + room)),
    },
  };
}

/** Ticks at 1, 2 and 5 of each decade, written out, where too few powers of ten fall on the axis. */
function withinDecade(low: number, high: number): Axis {
  const ticks: number[] = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power++)
    for (const first of [1, 2, 5]) ticks.push(Number(`${first}e${power}`));
  const shown = ticks.filter((tick) => Math.log10(tick) >= low && Math.log10(tick) <= high);
  return { tickmode: "array", tickvals: shown, ticktext: shown.map((tick) => significant(tick)) };
}

/** 0–100 %: the whole range always, so that sparsity reads the same in every figure. */
export const sparsityScale: Scale = {
  logarithmic: false,
  range: [0, 103],
  lossless: null,
  place: (v) => 100 * v.sparsity,
  beyond: () => false,
  axis: { type: "linear", ticksuffix: " %", nticks: 5, zeroline: false },
};

export function bitsScale(report: Report, variants: readonly number[]): Scale {
  const values = report.layers.flatMap((layer) => variants.map((v) => layer.variants[v]?.bitsPerWeight ?? 0));
  return {
    logarithmic: false,
    range: [0, (largest(values, 0) || 1) * 1.06],
    lossless: null,
    place: (v) => v.bitsPerWeight,
    beyond: () => false,
    axis: { type: "linear", nticks: 5, zeroline: false },
  };
}

const largest = (values: readonly number[], fallback: number): number =>
  values.length === 0 ? fallback : values.reduce((a, b) => Math.max(a, b));
const smallest = (values: readonly number[], fallback: number): number =>
  values.length === 0 ? fallback : values.reduce((a, b) => Math.min(a, b));
