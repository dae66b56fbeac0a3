import { rowsFigure } from "../../../extension/figures/rows";
import { darkTheme, lightTheme } from "../../../extension/figures/theme";
import { errorChoices } from "../../../kernel/report/measures";
import {
  deepReport,
  losslessReport,
  manyVariantsReport,
  miniLmReport,
  namelessReport,
  smallReport,
} from "../../fixtures/report/reports";
import { expectGolden } from "../golden";
import { expectAligned, expectFinite, expectWhole, stateOf } from "../placed";

test("six layers as rows, light; by RMSE in decades, worst first, dark", () => {
  const report = smallReport();
  expectGolden("rows-6-light", rowsFigure(report, stateOf(report), lightTheme, 900));
  expectGolden(
    "rows-6-rmse-dark",
    rowsFigure(report, stateOf(report, { measure: "rootMeanSquareError", order: "worst" }), darkTheme, 900),
  );
});

const reports = [smallReport, miniLmReport, deepReport, manyVariantsReport, namelessReport, losslessReport];

describe.each(reports)("%p", (make) => {
  const report = make();

  test.each(errorChoices)("holds every layer in every column, by %s, at any width", (measure) => {
    for (const width of [240, 848, 1600])
      for (const logarithmic of [true, false]) {
        const placed = rowsFigure(report, stateOf(report, { measure, logarithmic }), lightTheme, width);
        expectWhole(
          placed,
          report.layers.map((_, i) => i),
        );
        expectAligned(placed);
        expectFinite(placed);
      }
  });

  test("rows longer than a screen have their scales above them too, and are zoomed along these only", () => {
    const { figure, panels } = rowsFigure(report, stateOf(report), lightTheme, 900);
    const isLong = panels[0].height > 900;
    const { axes } = figure.layout;
    for (const { xaxis, yaxis } of panels) {
      const upper = Object.values(axes).filter((axis) => axis.overlaying === xaxis.replace("axis", ""));
      expect(upper).toHaveLength(isLong ? 1 : 0);
      for (const axis of upper) {
        const { side, range, anchor, tickvals } = axes[xaxis];
        expect([side, axis.side, axis.matches]).toEqual(["bottom", "top", axis.overlaying]);
        expect([axis.range, axis.anchor, axis.tickvals]).toEqual([range, anchor, tickvals]);
      }
      expect(axes[yaxis].fixedrange).toBe(isLong);
    }
  });
});

test("what is too bad for the axis stands at its edge, and lossless beyond the best", () => {
  const report = losslessReport();
  const { figure } = rowsFigure(report, stateOf(report), lightTheme, 900);
  const dots = figure.data.filter(
    (trace) => trace.type === "scatter" && trace.mode === "markers" && trace.xaxis === "x",
  );
  // The second variant is drawn first.
  expect(dots[0]).toMatchObject({
    x: [expect.any(Number), null, -20, expect.any(Number)],
    marker: { symbol: ["square", "square", "triangle-left", "square"] },
  });
  expect(dots[1]).toMatchObject({ marker: { symbol: ["circle-open", "circle", "circle", "circle"] } });
  expect(figure.layout.annotations.map((a) => a.text)).toContain("lossless");
});
