/** Which numbers an axis or a scale of colour runs over, for the static picture and the live view alike. Pure. */
import { shownValue, type MeasureKey } from "./measures";
import type { Report } from "./types";

/** The lowest SQNR that an axis shows; what lies below is drawn at the edge with an arrow. */
export const lowestDecibels = -20;

/** The axis of a measure in decibels over all layers and variants: from 0 (or below, where a layer lost more than its own energy) to the
 *  best finite value; `lossless` when some layer lost nothing and needs a place beyond the axis. */
export function decibelDomain(
  report: Report,
  key: MeasureKey = "sqnrDb",
): { minimum: number; maximum: number; lossless: boolean } {
  let minimum = 0;
  let maximum = 0;
  let lossless = false;
  for (const layer of report.layers)
    for (const variant of layer.variants) {
      const value = variant ? shownValue(key, variant) : undefined;
      if (value === undefined) continue;
      if (value === null) lossless = true;
      else {
        minimum = Math.min(minimum, Math.max(lowestDecibels, value));
        maximum = Math.max(maximum, value);
      }
    }
  return { minimum, maximum: maximum > minimum ? maximum : minimum + 10, lossless };
}

/** The upper end of a scale of colour for shares: the least of some round shares that no value exceeds. */
export function shareColourMaximum(shares: readonly number[]): number {
  return [0.1, 0.2, 0.4, 0.6, 0.8].find((step) => shares.every((share) => share <= step)) ?? 1;
}

/** Whether variants can share one scale of colour: each must fill at least a fifth of it, or it would be one flat colour. Each then
 *  has a scale of its own. */
export function shareColourDomain(variants: readonly (readonly number[])[]): boolean {
  const domains = variants.filter((values) => values.length > 0).map(colourDomain);
  const least = Math.min(...domains.map((domain) => domain.minimum));
  const most = Math.max(...domains.map((domain) => domain.maximum));
  return domains.length < 2 || domains.every((domain) => domain.maximum - domain.minimum >= 0.2 * (most - least));
}

/** What colour tells in the map: the 2nd to 98th percentile of the finite values, so that one layer does not hide the rest. */
export function colourDomain(values: readonly number[]): { minimum: number; maximum: number; clipped: boolean } {
  const sorted = [...values].filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length === 0) return { minimum: 0, maximum: 1, clipped: false };
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  const [low, high] = [at(0.02), at(0.98)];
  const spread = high - low;
  // Clip only what lies far outside: otherwise the whole range is honest and simple.
  const minimum = low - least > 0.5 * spread && spread > 0 ? low : least;
  const maximum = most - high > 0.5 * spread && spread > 0 ? high : most;
  return { minimum, maximum: maximum > minimum ? maximum : minimum + 1, clipped: minimum > least || maximum < most };
}
