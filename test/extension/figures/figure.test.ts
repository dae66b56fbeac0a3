import { axisId, axisName, domainShare, lookOf, plotlyLayout } from "../../../extension/figures/figure";
import { rowsFigure } from "../../../extension/figures/rows";
import { darkTheme, lightTheme } from "../../../extension/figures/theme";
import { smallReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

test("axes have plotly's names", () => {
  expect([0, 1, 9].map((index) => axisName("x", index))).toEqual(["xaxis", "xaxis2", "xaxis10"]);
  expect([axisName("color", 1), axisId("y", 0), axisId("y", 2)]).toEqual(["coloraxis2", "y", "y3"]);
});

test("plotly finds the axes beside the other fields of the layout", () => {
  const report = smallReport();
  const { layout } = rowsFigure(report, stateOf(report), lightTheme, 900).figure;
  const flat = plotlyLayout(layout);
  expect(flat.xaxis2).toBe(layout.axes.xaxis2);
  expect(flat).not.toHaveProperty("axes");
  expect(flat).not.toHaveProperty("colorAxes");
});

test("shares of a drawing stay between none and all", () => {
  expect([-0.1, 1 / 3, 1.0000001].map(domainShare)).toEqual([0, 0.333333, 1]);
});

test("a figure looks as its page does, without plotly's legend and hover", () => {
  expect(lookOf(darkTheme)).toMatchObject({ paper_bgcolor: darkTheme.background, showlegend: false, hovermode: false });
});
