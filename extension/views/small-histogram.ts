import type { Histogram } from "../../kernel/report/types";
import { percent } from "../figures/numbers";
import { drawing } from "./dom";

const width = 96;
const height = 20;

/** A histogram small enough for a table's cell: bars, and a tick at zero. */
export function smallHistogram(histogram: Histogram, weights: number): SVGElement | null {
  const { counts, minimum, maximum } = histogram;
  if (counts.length === 0) return null;
  // Whole bins go together, as many in each column, so that an even histogram stays even; the last column may hold fewer: its mean.
  const together = Math.ceil(counts.length / 48);
  const columns = Math.ceil(counts.length / together);
  const sums = Array.from({ length: columns }, (_, c) => {
    const bins = counts.slice(c * together, (c + 1) * together);
    return bins.reduce((a, b) => a + b, 0) / bins.length;
  });
  const most = sums.reduce((a, b) => Math.max(a, b), 1);
  const step = (width * together) / counts.length;
  const path = sums
    .map((n, c) => {
      const end = Math.min(width, (c + 1) * step);
      const size = (n / most) * (height - 3);
      return `M${(c * step).toFixed(2)} ${height - 2}v${(-size).toFixed(2)}H${end.toFixed(2)}v${size.toFixed(2)}z`;
    })
    .join("");
  const parts = [drawing("path", { d: path, class: "cb-SmallBars" })];
  if (minimum < 0 && maximum > 0) {
    const x = (-minimum / (maximum - minimum)) * width;
    parts.push(drawing("path", { d: `M${x.toFixed(2)} ${height - 2}v2`, class: "cb-SmallZero" }));
  }
  const outside = weights > 0 ? (histogram.below + histogram.above) / weights : 0;
  const label = `Weights from ${minimum.toPrecision(3)} to ${maximum.toPrecision(3)}${outside > 0 ? `, ${percent(outside)} outside` : ""}`;
  const title = drawing("title", {});
  title.textContent = label;
  return drawing(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": label },
    title,
    ...parts,
  );
}
