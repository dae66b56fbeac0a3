import { formatMeasure } from "../../kernel/report/measure-labels";
import { measures, shownIn, shownValue, type Measured, type MeasureKey } from "../../kernel/report/measures";
import type { LayerVariant } from "../../kernel/report/types";

/** A number with its name, as hover, card and table of a point show it. */
export interface Quantity {
  readonly label: string;
  /** With its unit. */
  readonly value: string;
}

/** The names of what `quantities` gives, in its order. */
export const quantityLabels: readonly string[] = shownIn.hover.map((key) => measures[key].label);

/** Everything that is measured of a layer under a variant, with units: for the hover and the card. */
export function quantities(variant: LayerVariant): readonly Quantity[] {
  return shownIn.hover.map((key) => ({ label: measures[key].label, value: quantityOf(key, variant) }));
}

/** One measure with its unit; "lossless" where it is infinite, "–" where a report of an earlier version does not hold it. */
export function quantityOf(key: MeasureKey, measured: Measured): string {
  const value = shownValue(key, measured);
  return value === undefined ? "–" : formatMeasure(key, value);
}
