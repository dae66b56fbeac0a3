import { lowestDecibels } from "../../kernel/report/domains";
import { isLossless, measures, shownValue, type MeasureKey } from "../../kernel/report/measures";
import type { LayerVariant, Report } from "../../kernel/report/types";
import type { Axis } from "./figure";
import { significant } from "./numbers";

/** An axis for a measure: where a layer's value stands on it. */
export interface Scale {
  /** Whether it runs in decades. */
  readonly logarithmic: boolean;
  /** In axis units: decades on a logarithmic axis. */
  readonly range: readonly [number, number];
  /** Where a value that is infinitely good stands, in data units, when there is one. */
  readonly lossless: number | null;
  /** Where a layer stands, in data units. */
  readonly place: (variant: LayerVariant) => number;
  /** Where a number stands, in data units: shares stand as percentages. */
  readonly placeOf: (value: number) => number;
  /** Whether a value lies so far out that it stands at the edge instead. */
  readonly beyond: (variant: LayerVariant) => boolean;
  /** What plotly is told of the axis. */
  readonly axis: Axis;
}

/** The axis of a measure over these variants, as the table of measures says: decibels from 0 (noise as loud as the weights), distances
 *  from 0 or in decades, shares from 0 to 100 % always, so that they read the same in every figure, amounts from 0. */
export function scaleOf(report: Report, variants: readonly number[], key: MeasureKey, logarithmic: boolean): Scale {
  const { kind } = measures[key].axis;
  if (kind === "share") return shareScale(key);
  const shown = report.layers.flatMap((layer) => variants.map((v) => layer.variants[v]).filter((v) => v !== null));
  if (kind === "amount") return amountScale(key, shown);
  const inDecades = kind === "distance" && logarithmic;
  const values = shown
    .filter((variant) => !isLossless(variant))
    .map((variant) => valueOf(key, variant))
    .filter((value) => !inDecades || value > 0);
  const lossless = shown.length > values.length;
  return inDecades ? decades(key, values, lossless) : linear(key, values, lossless && kind === "decibels");
}

const valueOf = (key: MeasureKey, variant: LayerVariant): number => shownValue(key, variant) ?? 0;
const itself = (value: number): number => value;

function linear(key: MeasureKey, values: readonly number[], lossless: boolean): Scale {
  const { axis, unit } = measures[key];
  const inDecibels = axis.kind === "decibels";
  const maximum = largest(values, inDecibels ? 1 : 0) || 1;
  const least = Math.min(0, smallest(values, 0));
  const minimum = inDecibels ? Math.max(lowestDecibels, least) : least;
  const span = maximum - minimum;
  const edge = lossless ? maximum + 0.1 * span : null;
  return {
    logarithmic: false,
    range: [minimum < 0 ? minimum - 0.04 * span : 0, maximum + (lossless ? 0.16 : 0.05) * span],
    lossless: edge,
    place: (v) => (isLossless(v) ? (edge ?? 0) : Math.max(minimum, valueOf(key, v))),
    placeOf: itself,
    beyond: (v) => !isLossless(v) && valueOf(key, v) < minimum,
    axis: {
      type: "linear",
      ticksuffix: unit && ` ${unit}`,
      nticks: 6,
      exponentformat: "power",
      zeroline: minimum < 0,
    },
  };
}

function decades(key: MeasureKey, values: readonly number[], lossless: boolean): Scale {
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
      const value = isLossless(v) ? 0 : valueOf(key, v);
      return value > 0 ? value : (position ?? 10 ** (low - room));
    },
    placeOf: itself,
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

function shareScale(key: MeasureKey): Scale {
  return {
    logarithmic: false,
    range: [0, 103],
    lossless: null,
    place: (v) => 100 * valueOf(key, v),
    placeOf: (share) => 100 * share,
    beyond: () => false,
    axis: { type: "linear", ticksuffix: ` ${measures[key].unit}`, nticks: 5, zeroline: false },
  };
}

function amountScale(key: MeasureKey, shown: readonly LayerVariant[]): Scale {
  const most =
    largest(
      shown.map((variant) => valueOf(key, variant)),
      0,
    ) || 1;
  return {
    logarithmic: false,
    range: [0, most * 1.06],
    lossless: null,
    place: (v) => valueOf(key, v),
    placeOf: itself,
    beyond: () => false,
    axis: { type: "linear", nticks: 5, zeroline: false },
  };
}

const largest = (values: readonly number[], fallback: number): number =>
  values.length === 0 ? fallback : values.reduce((a, b) => Math.max(a, b));
const smallest = (values: readonly number[], fallback: number): number =>
  values.length === 0 ? fallback : values.reduce((a, b) => Math.min(a, b));
