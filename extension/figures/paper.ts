import { measurePhrase } from "../../kernel/report/measure-labels";
import type { Report } from "../../kernel/report/types";
import { paints } from "./colours";
import type { Figure } from "./figure";
import { glyphs, withHead, type LegendEntry } from "./legend";
import { mapFigure } from "./map";
import { bytes, count } from "./numbers";
import { rowsFigure } from "./rows";
import { visibleVariants, type ViewState } from "./state";
import { shorten } from "./text";
import { lightTheme, type Theme } from "./theme";

/** The figure as it is downloaded: on white whatever the screen's theme, with the model's name and the legend that the page shows
 *  beside the figure. */
export function paperFigure(report: Report, state: ViewState, width: number, theme: Theme = lightTheme): Figure {
  const { figure } =
    state.layout === "map" ? mapFigure(report, state, theme, width) : rowsFigure(report, state, theme, width);
  const { name, parameters, bytes: size } = report.model;
  return withHead(
    figure,
    { name, facts: `${count(parameters)} parameters · ${bytes(size)}` },
    legend(report, state),
    theme,
  );
}

/** The variants with their sizes. The map names its variants itself. */
function legend(report: Report, state: ViewState): readonly LegendEntry[] {
  const shown = visibleVariants(report, state);
  if (state.layout === "map" && shown.length > 1) return [];
  const paint = paints(report.variants.length, shown);
  return shown.map((variant) => {
    const summary = report.variants[variant];
    const { colour, symbol } = paint[variant];
    return {
      mark: glyphs[symbol],
      colour,
      text: `${shorten(summary.name, 48)} · ${bytes(summary.bytes)} · ${measurePhrase("bitsPerWeight", summary)}`,
    };
  });
}
