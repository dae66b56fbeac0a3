/** A histogram small enough for a table's cell. */
import { escapeMarkup } from "../report/visible-text";
import { formatNumber, formatPercent } from "../report/numbers";
import { coordinate } from "./svg-marks";
import type { Histogram } from "../report/types";

const width = 120;
const height = 22;
/** Reads on white and on dark. */
const ink = "#8b949e";

/** "−0.21 to 0.213, 0.1 % of the weights outside" */
export function histogramFacts(histogram: Histogram): string {
  const inside = histogram.counts.reduce((sum, count) => sum + count, 0);
  const outside = histogram.below + histogram.above;
  const range = `${formatNumber(histogram.minimum)} to ${formatNumber(histogram.maximum)}`;
  return outside === 0 ? range : `${range}, ${formatPercent(outside / (inside + outside))} % of the weights outside`;
}

/** Bins as one outline over a base line, with a tick at zero where zero is inside. */
export function histogramToSvg(histogram: Histogram): string {
  const { counts, minimum, maximum } = histogram;
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  const base = height - 3;
  const step = width / Math.max(1, counts.length);
  const outline = counts.map(
    (count, k) => `V${coordinate(base - (count / most) * (base - 1))}H${coordinate((k + 1) * step)}`,
  );
  const zero = minimum <= 0 && maximum >= 0 ? (-minimum / (maximum - minimum)) * width : undefined;
  const tick = zero === undefined ? "" : `<path d="M${coordinate(zero)} ${base}v3" stroke="${ink}"/>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeMarkup(histogramFacts(histogram))}"><path d="M0 ${base}${outline.join("")}V${base}z" fill="${ink}"/>${tick}</svg>`;
}

/** The histogram as an image for HTML. */
export function histogramElement(histogram: Histogram): string {
  const data = Buffer.from(histogramToSvg(histogram), "utf8").toString("base64");
  return `<img alt="${escapeMarkup(histogramFacts(histogram))}" src="data:image/svg+xml;base64,${data}" width="${width}" height="${height}">`;
}

const eighths = "▁▂▃▄▅▆▇█";

/** The histogram in one line of text, 16 characters. */
export function histogramToText(histogram: Histogram): string {
  const characters = 16;
  const sums = new Array<number>(characters).fill(0);
  for (const [k, count] of histogram.counts.entries())
    sums[Math.floor((k * characters) / histogram.counts.length)] += count;
  const most = Math.max(1, ...sums);
  return sums.map((sum) => (sum === 0 ? " " : eighths[Math.min(7, Math.floor((sum / most) * 8))])).join("");
}
