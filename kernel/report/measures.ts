/** The table of measures: every number that a report holds of a layer under a recipe, one row each, with its label, unit and axis, and the
 *  places where it is shown. measure-labels.ts makes the words of titles, axes and tables from it.
 *  Text, Markdown, CSV, HTML, the static picture, validation and every part of the live view read it, so that a new measure is a field
 *  in `types.ts`, the place that computes it, and a row here. Pure. */
import { formatBits, formatCount, formatDecibels, formatNumber, formatPercent } from "./numbers";
import type { ErrorMeasures, LayerVariant } from "./types";

/** The keys of `T` whose values are numbers, or null for an infinite one. */
type NumberKeys<T> = { [K in keyof T]-?: NonNullable<T[K]> extends number ? K : never }[keyof T];

/** The numeric fields of a layer's variant. A field without a row in the table does not compile. */
export type MeasureKey = NumberKeys<LayerVariant>;

/** An object that holds some of the numbers: a layer's variant, one of its steps, or the totals of a report. */
export type Measured = { readonly [K in MeasureKey]?: number | null };

/** What a field may hold; validation refuses anything else. "number or infinite" stores +∞ as null. */
export type Range = "number" | "number or infinite" | "not negative" | "whole" | "share";

/** How the values of a measure stand on an axis and on a scale of colour.
 *  - "decibels": linear, from 0 (or below it, down to `lowestDecibels`) to the best; what lost nothing stands beyond the axis.
 *  - "distance": from 0, or in decades as the reader chooses; 0 means that nothing was lost.
 *  - "share": 0–1, shown as 0–100 %.
 *  - "amount": from 0 to the largest value, and to `atLeast`. A map of layers whose values lie within `evenWithin` of each other would
 *    tell nothing and is not drawn. */
export type MeasureAxis =
  | { readonly kind: "decibels" | "distance" | "share" }
  | { readonly kind: "amount"; readonly atLeast: number; readonly evenWithin: number };

/** One row of the table. */
export interface Measure {
  /** The name beside a number: in heads of tables, in the hover, in controls. */
  readonly label: string;
  /** The label where a column is narrow; `label` with the unit unless given. */
  readonly narrow?: string;
  /** What the number is, in one phrase: the hint of its control. */
  readonly meaning: string;
  /** The formula, in the symbols of `types.ts`, over the n elements of w (before) and w′ (after). A test finds it there. */
  readonly formula: string;
  /** What stands behind the digits: "dB", "%"; "" for a number without a unit. */
  readonly unit: string;
  /** Digits with the words that make them a phrase: "dB", "% zeros", "bits/weight". */
  readonly phrase: string;
  /** Which direction the reader wants; null where neither is better. */
  readonly better: "higher" | "lower" | null;
  readonly range: Range;
  /** True for a field that may be missing. */
  readonly isOptional?: true;
  /** The number that is shown, from the one that is stored; the stored one unless given. */
  readonly shown?: (stored: number) => number;
  /** The shown number as digits, without its unit. */
  readonly digits: (shown: number) => string;
  readonly axis: MeasureAxis;
  /** Stands behind the title of a live panel; "SQNR, higher is better" from label and direction unless given. */
  readonly note?: string;
  /** The whole title of a live panel that has no room for the note; `label` unless given. */
  readonly brief?: string;
  /** The field that holds the value which a recipe aimed at, drawn as a thin line. */
  readonly aim?: MeasureKey;
  /** Heading of its column in CSV, with its unit where it has one. */
  readonly column: string;
  /** Its name in the settings of the extension, for a measure that the reader may choose. */
  readonly setting?: string;
}

/** A row that says whether its field compares w′ with w: such a field is measured of every step too. */
type MeasureOf<K extends MeasureKey> = Measure & { readonly isError: K extends keyof ErrorMeasures ? true : false };

/** Every measure, in the order of the columns of CSV. */
export const measures: { readonly [K in MeasureKey]: MeasureOf<K> } = {
  bytes: {
    label: "bytes",
    meaning: "Everything that must be stored to get the weights back, in bytes",
    formula: "codes, scales, offsets, masks, tables, headers",
    unit: "B",
    phrase: "bytes",
    better: "lower",
    isError: false,
    range: "whole",
    digits: formatCount,
    axis: { kind: "amount", atLeast: 1, evenWithin: 0 },
    column: "bytes",
  },
  bitsPerWeight: {
    label: "bits/weight",
    narrow: "bits/w",
    meaning: "Bits per weight of the original, every stored byte counted",
    formula: "8·bytes / parameters",
    unit: "",
    phrase: "bits/weight",
    better: "lower",
    isError: false,
    range: "not negative",
    digits: formatBits,
    axis: { kind: "amount", atLeast: 1, evenWithin: 0.25 },
    note: "bits per weight",
    brief: "Bits per weight",
    column: "bits_per_weight",
  },
  meanSquaredError: {
    label: "MSE",
    meaning: "Mean squared error",
    formula: "Σ(w′ − w)² / n",
    unit: "",
    phrase: "MSE",
    better: "lower",
    isError: true,
    range: "not negative",
    digits: formatNumber,
    axis: { kind: "distance" },
    column: "mean_squared_error",
    setting: "mse",
  },
  rootMeanSquareError: {
    label: "RMSE",
    meaning: "Root mean square error",
    formula: "√meanSquaredError",
    unit: "",
    phrase: "RMSE",
    better: "lower",
    isError: true,
    range: "not negative",
    digits: formatNumber,
    axis: { kind: "distance" },
    column: "root_mean_square_error",
    setting: "rmse",
  },
  sqnrDb: {
    label: "SQNR",
    meaning: "Signal to quantization noise ratio, in decibels",
    formula: "10·log10(Σw² / Σ(w′ − w)²)",
    unit: "dB",
    phrase: "dB",
    better: "higher",
    isError: true,
    range: "number or infinite",
    digits: formatDecibels,
    axis: { kind: "decibels" },
    column: "sqnr_db",
    setting: "sqnr",
  },
  relativeError: {
    label: "t²",
    meaning: "Relative squared error t²: the energy of the error as a share of that of the weights",
    formula: "Σ(w′ − w)² / Σw²",
    unit: "",
    phrase: "t²",
    better: "lower",
    isError: false,
    range: "not negative",
    isOptional: true,
    digits: formatNumber,
    axis: { kind: "distance" },
    note: "t² = error / weights in energy, lower is better",
    column: "relative_error",
    setting: "t2",
  },
  cosine: {
    label: "1 − cos",
    meaning: "Cosine distance: one minus the cosine between the weights before and after",
    formula: "w·w′ / (‖w‖·‖w′‖)",
    unit: "",
    phrase: "1 − cos",
    better: "lower",
    isError: true,
    range: "number",
    // Rounding may put the cosine of equal tensors a hair above one.
    shown: (cosine) => Math.max(0, 1 - cosine),
    digits: formatNumber,
    axis: { kind: "distance" },
    note: "1 − cosine, lower is better",
    column: "cosine",
    setting: "cosine",
  },
  maxAbsError: {
    label: "largest error",
    meaning: "The largest error of any weight",
    formula: "max |w′ − w|",
    unit: "",
    phrase: "largest error",
    better: "lower",
    isError: true,
    range: "not negative",
    digits: formatNumber,
    axis: { kind: "distance" },
    column: "max_abs_error",
  },
  sparsity: {
    label: "zeros",
    meaning: "Share of the weights that are zero",
    formula: "elements of w′ that are exactly zero",
    unit: "%",
    phrase: "% zeros",
    better: null,
    isError: false,
    range: "share",
    digits: formatPercent,
    axis: { kind: "share" },
    note: "zero weights",
    brief: "Sparsity",
    aim: "targetSparsity",
    column: "sparsity",
  },
  targetSparsity: {
    label: "target",
    meaning: "Share of zeros that pruning aimed at",
    formula: "The share that pruning aimed at",
    unit: "%",
    phrase: "% zeros aimed at",
    better: null,
    isError: false,
    range: "share",
    isOptional: true,
    digits: formatPercent,
    axis: { kind: "share" },
    column: "target_sparsity",
  },
  entropyBits: {
    label: "entropy, bits",
    meaning: "Order-0 entropy of the codes, in bits per code",
    formula: "Order-0 empirical entropy of the codes",
    unit: "",
    phrase: "bits of entropy",
    better: "lower",
    isError: false,
    range: "not negative",
    digits: formatBits,
    axis: { kind: "amount", atLeast: 1, evenWithin: 0.25 },
    column: "entropy_bits",
  },
};

/** The keys of the table, in the order of the columns of CSV. */
export const measureKeys = Object.keys(measures) as readonly MeasureKey[];

/** The keys of the measures that compare w′ with w. */
export const errorKeys = measureKeys.filter((key): key is keyof ErrorMeasures => measures[key].isError);

/** A column of every figure over its layers, live and static, in rows and on the map. */
export interface MeasurePanel {
  /** What it can show: the reader chooses among the first panel's; the static picture draws the first. */
  readonly measures: readonly [MeasureKey, ...MeasureKey[]];
  /** Its title in the live view. */
  readonly title: string;
  /** Its width in the live view, in parts of the sum over all panels. */
  readonly share: number;
  /** Its title and note in the static picture, and its width there in parts of the sum. */
  readonly picture: {
    readonly title: string;
    readonly note: string;
    /** The note on the map, where it is another one. */
    readonly mapNote?: string;
    readonly share: number;
  };
}

/** The panels from left to right. */
export const panels: readonly [MeasurePanel, ...MeasurePanel[]] = [
  {
    measures: ["sqnrDb", "relativeError", "rootMeanSquareError", "meanSquaredError", "cosine"],
    title: "Quantization error",
    share: 2,
    picture: { title: "Quantization error", note: "SQNR in dB, higher is better", share: 0.5 },
  },
  {
    measures: ["sparsity"],
    title: "Sparsity",
    share: 1.15,
    picture: { title: "Sparsity", note: "zero weights", mapNote: "weights that are zero", share: 0.26 },
  },
  {
    measures: ["bitsPerWeight"],
    title: "Size",
    share: 1,
    picture: { title: "Bits per weight", note: "every byte counted", share: 0.24 },
  },
];

/** Where else measures are shown, in the order of each place. */
export const shownIn = {
  /** Columns of the tables in text, Markdown and HTML, for each layer and variant. */
  tables: ["sqnrDb", "bitsPerWeight", "sparsity"],
  /** Totals over the touched layers of a variant, in every form. */
  totals: ["bitsPerWeight", "sqnrDb", "sparsity"],
  /** The hover and the card of a layer. */
  hover: [
    "sqnrDb",
    "relativeError",
    "rootMeanSquareError",
    "meanSquaredError",
    "cosine",
    "maxAbsError",
    "sparsity",
    "bitsPerWeight",
    "entropyBits",
  ],
  /** What each step did on its own, in the card of a layer. */
  steps: ["sqnrDb", "rootMeanSquareError", "maxAbsError"],
} as const satisfies Readonly<Record<string, readonly MeasureKey[]>>;

/** The measures of error among which the reader chooses. */
export const errorChoices: readonly MeasureKey[] = panels[0].measures;

/** The number to show, by the measure's own transform: null for an infinite one, undefined where the object has none. */
export function shownValue(key: MeasureKey, measured: Measured): number | null | undefined {
  const stored = measured[key];
  const { shown } = measures[key];
  return shown && typeof stored === "number" ? shown(stored) : stored;
}

/** Whether nothing was lost in a layer: its error has no place on an axis of decades or in decibels. */
export function isLossless(measured: Measured): boolean {
  return measured.sqnrDb === null || measured.meanSquaredError === 0;
}

/** How bad a layer is by a measure, for sorting: larger is worse, an infinitely good one the least of all. */
export function badness(key: MeasureKey, measured: Measured): number {
  const value = shownValue(key, measured) ?? null;
  if (value === null) return -Infinity;
  return measures[key].better === "higher" ? -value : value;
}
