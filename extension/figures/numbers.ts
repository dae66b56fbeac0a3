import { formatBits, formatDecibels, formatNumber, formatPercent } from "../../kernel/report/numbers";

export {
  formatBytes as bytes,
  formatCount as integer,
  formatShape as shape,
  formatShort as count,
  formatTick,
} from "../../kernel/report/numbers";

/** Numbers with their units, as the reader meets them; the digits are those of the static picture. */

/** null is infinite. */
export const significant = (value: number | null): string => (value === null ? "∞" : formatNumber(value));

/** 20.8 dB; null: nothing was lost. */
export const decibels = (value: number | null): string => (value === null ? "lossless" : `${formatDecibels(value)} dB`);

/** 43.8 %, from a share between 0 and 1. */
export const percent = (share: number): string => `${formatPercent(share)} %`;

/** 4.50. */
export const bits = formatBits;
