import type { ErrorMeasures, LayerVariant } from "../../kernel/report/types";
import { bits, decibels, percent, significant } from "./numbers";

/** A number that a layer can be judged by, and how to show it. */
export interface Measure {
  readonly label: string;
  /** Short name in controls and table heads. */
  readonly short: string;
  /** What the axis says beside the label. */
  readonly note: string;
  /** In full, for the control. */
  readonly meaning: string;
  readonly unit: string;
  readonly higherIsBetter: boolean;
  /** Whether it spans decades, so that a logarithmic axis means something. */
  readonly logarithmic: boolean;
  /** null when nothing was lost and the number is infinite. */
  readonly value: (measures: ErrorMeasures) => number | null;
  readonly format: (value: number | null) => string;
}

export type MeasureName = "sqnr" | "rmse" | "mse" | "cosine";

export const measures: Readonly<Record<MeasureName, Measure>> = {
  sqnr: {
    label: "Quantization error",
    short: "SQNR",
    meaning: "Signal to quantization noise ratio, in decibels",
    note: "SQNR, higher is better",
    unit: "dB",
    higherIsBetter: true,
    logarithmic: false,
    value: (m) => m.sqnrDb,
    format: decibels,
  },
  rmse: {
    label: "Quantization error",
    short: "RMSE",
    meaning: "Root mean square error",
    note: "RMSE, lower is better",
    unit: "",
    higherIsBetter: false,
    logarithmic: true,
    value: (m) => m.rootMeanSquareError,
    format: significant,
  },
  mse: {
    label: "Quantization error",
    short: "MSE",
    meaning: "Mean squared error",
    note: "MSE, lower is better",
    unit: "",
    higherIsBetter: false,
    logarithmic: true,
    value: (m) => m.meanSquaredError,
    format: significant,
  },
  cosine: {
    label: "Quantization error",
    short: "1 − cos",
    meaning: "Cosine distance: one minus the cosine between the weights before and after",
    note: "1 − cosine, lower is better",
    unit: "",
    higherIsBetter: false,
    logarithmic: true,
    value: (m) => cosineDistance(m),
    format: significant,
  },
};

export const measureNames = Object.keys(measures) as readonly MeasureName[];

/** 1 − cos, never below zero: rounding may put the cosine of equal tensors a hair above one. */
export const cosineDistance = (m: ErrorMeasures): number => Math.max(0, 1 - m.cosine);

/** Whether a variant changed nothing in a layer: its error has no place on a logarithmic axis or in decibels. */
export const isLossless = (m: ErrorMeasures): boolean => m.sqnrDb === null || m.meanSquaredError === 0;

/** How bad a layer is by a measure, for sorting: larger is worse, lossless the least of all. */
export function badness(name: MeasureName, variant: LayerVariant): number {
  const value = measures[name].value(variant);
  if (value === null) return -Infinity;
  return measures[name].higherIsBetter ? -value : value;
}

export interface Quantity {
  readonly label: string;
  readonly value: string;
}

/** Everything that is measured of a layer under a variant, with units: for the hover, the card and the table. */
export function quantities(variant: LayerVariant): readonly Quantity[] {
  return [
    { label: "SQNR", value: decibels(variant.sqnrDb) },
    { label: "RMSE", value: significant(variant.rootMeanSquareError) },
    { label: "MSE", value: significant(variant.meanSquaredError) },
    { label: "1 − cos", value: significant(cosineDistance(variant)) },
    { label: "largest error", value: significant(variant.maxAbsError) },
    { label: "zeros", value: percent(variant.sparsity) },
    { label: "bits/weight", value: bits(variant.bitsPerWeight) },
    { label: "entropy, bits", value: bits(variant.entropyBits) },
  ];
}
