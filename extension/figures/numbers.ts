import { formatNumber, formatPercent } from "../../kernel/report/numbers";

export {
  formatBytes as bytes,
  formatCount as integer,
  formatShape as shape,
  formatShort as count,
  formatTick,
} from "../../kernel/report/numbers";

/** Numbers with their units, as the reader meets them; the digits are those of the static picture. */

/** Three significant digits; null is infinite. */
export const significant = (value: number | null): string => (value === null ? "∞" : formatNumber(value));

/** 43.8 %, from a share between 0 and 1. */
export const percent = (share: number): string => `${formatPercent(share)} %`;
