/** The static picture of curves: the axes, the lines, the marks and the legend of the live figure. Deterministic. */
import { lightTheme, variantColour } from "../report/colours";
import {
  axisPlace,
  axisTitle,
  betterWords,
  boundDashes,
  boundIndex,
  frameOf,
  linesInside,
  measuredCurves,
} from "../report/curve-geometry";
import { visibleText } from "../report/visible-text";
import { formatNumber, formatTick } from "../report/numbers";
import {
  coordinate,
  fittedText,
  lineMark,
  margin,
  pictureOf,
  pictureWidth,
  textMark,
  textWidth,
  titleMark,
  variantMark,
} from "./svg-marks";
import type { CurvesView } from "../report/curves";

const left = 76;
const legendWidth = 220;
const plotWidth = pictureWidth - left - legendWidth - 2 * margin;
const plotHeight = 360;
const top = 56;

/** One sentence for those who do not see the picture. */
export function curvesAlternative(view: CurvesView): string {
  const measured = measuredCurves(view).map((at) => visibleText(view.curves[at].name));
  const bounds = view.curves.filter(({ kind }) => kind === "bound").map(({ name }) => visibleText(name));
  const beside = bounds.length > 0 ? `, beside ${bounds.join(" and ")}` : "";
  return `${visibleText(view.name)}: ${visibleText(axisTitle(view.y))} over ${visibleText(axisTitle(view.x))} of ${measured.join(", ")}${beside}.`;
}

/** The picture of curves: axes, lines, marks, legend. */
export function curvesToSvg(view: CurvesView): string {
  const frame = frameOf(
    view,
    view.curves.map((_, at) => at),
  );
  const marks: string[] = [];
  const x = (place: number): number => left + ((place - frame.x.low) / (frame.x.high - frame.x.low)) * plotWidth;
  const y = (place: number): number => top + ((frame.y.high - place) / (frame.y.high - frame.y.low)) * plotHeight;
  const bottom = top + plotHeight;

  const nameWidth = Math.min(560, textWidth(visibleText(view.name), 15, true));
  marks.push(fittedText(margin, 30, view.name, 560, { size: 15, bold: true }));
  marks.push(
    fittedText(margin + nameWidth + 14, 30, view.facts, pictureWidth - nameWidth - 60, {
      size: 12,
      fill: lightTheme.quiet,
    }),
  );

  const quiet = { fill: lightTheme.quiet };
  for (const tick of frame.y.ticks) {
    const at = y(axisPlace(view.y, tick));
    marks.push(lineMark(left, at, left + plotWidth, at, lightTheme.grid));
    marks.push(textMark(left - 8, at + 4, formatTick(tick), { anchor: "end", ...quiet }));
  }
  for (const tick of frame.x.ticks) {
    const at = x(axisPlace(view.x, tick));
    marks.push(lineMark(at, bottom, at, bottom + 4, lightTheme.border));
    marks.push(textMark(at, bottom + 18, formatTick(tick), { anchor: "middle", ...quiet }));
  }
  if (frame.lossless !== null)
    marks.push(textMark(left - 8, y(frame.lossless) + 4, "lossless", { anchor: "end", ...quiet }));
  marks.push(lineMark(left, bottom, left + plotWidth, bottom, lightTheme.border));
  marks.push(
    textMark(left + plotWidth / 2, bottom + 38, visibleText(axisTitle(view.x)) + betterWords(view.x), {
      anchor: "middle",
      size: 12,
    }),
  );
  marks.push(
    textMark(0, 0, visibleText(axisTitle(view.y)) + betterWords(view.y, true), { anchor: "middle", size: 12 }).replace(
      "<text ",
      `<text transform="translate(22 ${coordinate(top + plotHeight / 2)}) rotate(-90)" `,
    ),
  );

  const colours = measuredCurves(view);
  let legendY = top + 8;
  view.curves.forEach((curve, at) => {
    const bound = boundIndex(view, at);
    const variant = colours.indexOf(at);
    const stroke = bound >= 0 ? lightTheme.quiet : variantColour(variant);
    const dash = bound >= 0 ? boundDashes[bound % boundDashes.length] : "none";
    const style = ` fill="none" stroke-width="1.4"${dash === "none" ? "" : ` stroke-dasharray="${dash}"`}`;
    for (const line of linesInside(view, curve, frame)) {
      const path = line.map(([px, py]) => `${coordinate(x(px))} ${coordinate(y(py))}`).join("L");
      marks.push(`<path d="M${path}" stroke="${stroke}"${style}/>`);
    }
    const legendX = left + plotWidth + 24;
    if (bound >= 0) marks.push(lineMark(legendX - 8, legendY - 4, legendX + 8, legendY - 4, stroke, style));
    else marks.push(variantMark(legendX, legendY - 4, variant));
    marks.push(fittedText(legendX + 14, legendY, curve.name, legendWidth - 30, { size: 12 }));
    legendY += 20;
    if (bound >= 0) return;
    for (const point of curve.points) {
      const place = point.y === null ? frame.lossless : axisPlace(view.y, point.y);
      const across = axisPlace(view.x, point.x);
      if (place === null || !Number.isFinite(place) || !Number.isFinite(across)) continue;
      const value = point.y === null ? "lossless" : `${formatNumber(point.y)} ${view.y.unit}`.trim();
      const title = `${visibleText(point.label ?? curve.name)}: ${formatNumber(point.x)} ${view.x.label}, ${value}`;
      marks.push(`<g>${titleMark(title)}${variantMark(x(across), y(place), variant)}</g>`);
    }
  });
  if (view.curves.length === 0) marks.push(textMark(left + 12, top + 24, "No curve was measured.", quiet));
  return pictureOf(Math.max(bottom + 52, legendY + 10), curvesAlternative(view), marks);
}
