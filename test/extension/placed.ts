import type { PlacedFigure } from "../../extension/figures/figure";
import { initialState, type ViewState } from "../../extension/figures/state";
import type { Report } from "../../kernel/report/types";

/** The state in which a report first appears, with some of it changed. */
export const stateOf = (report: Report, change: Partial<ViewState> = {}): ViewState => ({
  ...initialState(report),
  ...change,
});

/** Every layer stands in every panel exactly once, inside the panel's range. */
export function expectWhole(placed: PlacedFigure, layers: readonly number[]): void {
  expect(placed.panels).not.toHaveLength(0);
  for (const panel of placed.panels) {
    expect(panel.cells.map((cell) => cell.layer).sort((a, b) => a - b)).toEqual([...layers].sort((a, b) => a - b));
    const { axes, width, height } = placed.figure.layout;
    const [bottom, top] = axes[panel.yaxis].range ?? [0, 0];
    expect(panel.cells.every((cell) => cell.y < bottom && cell.y > top)).toBe(true);
    expect(panel.left + panel.width).toBeLessThanOrEqual(width);
    expect(panel.top + panel.height).toBeLessThanOrEqual(height);
  }
}

/** The panel's pixels, as plotly works them out from margins and domains. */
export function expectAligned({ figure, panels }: PlacedFigure): void {
  const { width, height, margin, axes } = figure.layout;
  const [inner, outer] = [width - margin.l - margin.r, height - margin.t - margin.b];
  expect(panels).not.toHaveLength(0);
  for (const panel of panels) {
    const x = axes[panel.xaxis].domain ?? [0, 1];
    const y = axes[panel.yaxis].domain ?? [0, 1];
    expect(panel.left).toBeCloseTo(margin.l + x[0] * inner, 1);
    expect(panel.width).toBeCloseTo((x[1] - x[0]) * inner, 1);
    expect(panel.top).toBeCloseTo(margin.t + (1 - y[1]) * outer, 1);
    expect(panel.height).toBeCloseTo((y[1] - y[0]) * outer, 1);
  }
}

/** Nothing in a figure is lost on its way through JSON: no NaN, no infinity, and every end of an axis a number. */
export function expectFinite({ figure }: PlacedFigure): void {
  expect(JSON.stringify(figure)).not.toMatch(/NaN|Infinity/);
  const ends = Object.values(figure.layout.axes).flatMap((axis) => axis.range ?? []);
  expect(ends.every(Number.isFinite)).toBe(true);
}

/** Every text of a figure that plotly would read for markup. */
export function textsOf(value: unknown): string[] {
  const texts: string[] = [];
  JSON.stringify(value, (key, inner: unknown) => {
    if (["text", "ticktext", "name"].includes(key))
      texts.push(...[inner].flat().filter((text): text is string => typeof text === "string"));
    return inner;
  });
  return texts;
}

/** Our own markup is two tags; nothing else may look like a tag, a TeX formula or an unknown entity. */
export function expectPlainText(text: string): void {
  const rest = text.replace(/<\/?b>|<span style="color:#[0-9a-f]{6}">|<\/span>/g, "");
  expect(rest).not.toMatch(/[<>$]|&(?!amp;|lt;|gt;|#36;)/);
}
