import type { Histogram } from "../../kernel/report/types";
import { percent } from "../figures/numbers";
import { drawing } from "./dom";

const width = 96;
const height = 20;

/** A histogram small enough for a table's cell: bars, and a tick at zero. */
export function smallHistogram(histogram: Histogram, weights: number): SVGElement | null {
  const { counts, minimum, maximum } = histogram;
  if (counts.length === 0) return null;
  const columns = Math.min(48, counts.length);
  const sums = Array.from({ length: columns }, (_, c) =>
    counts
      .slice(Math.floor((c * counts.length) / columns), Math.floor(((c + 1) * counts.length) / columns))
      .reduce((a, b) => a + b, 0),
  );
  const most = sums.reduce((a, b) => Math.max(a, b), 1);
  const step = width / columns;
  const path = sums
    .map((n, c) => {
      const size = (n / most) * (height - 3);
      return `M${(c * step).toFixed(2)} ${height - 2}v${(-size).toFixed(2)}h${step.toFixed(2)}v${size.toFixed(2)}z`;
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
