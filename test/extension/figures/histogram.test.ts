import { histogramFigure, outsideSentence } from "../../../extension/figures/histogram";
import { lightTheme } from "../../../extension/figures/theme";
import type { Report } from "../../../kernel/report/types";
import { miniLmReport, smallReport, withoutHistogram } from "../../fixtures/report/reports";
import { expectGolden } from "../golden";

test("a layer's weights before and after, with the levels below the axis", () => {
  expectGolden("histogram-light", histogramFigure(miniLmReport(), 4, [0, 1, 2], false, lightTheme, 700));
});

test("the histogram needs none of its parts", () => {
  const report = smallReport();
  const bare = withoutHistogram(report.layers[0]);
  expect(histogramFigure({ ...report, layers: [bare] }, 0, [0], false, lightTheme, 500)).toBeNull();
  const flat = { minimum: 2, maximum: 2, counts: [64], below: 0, above: 0 };
  const figure = histogramFigure(
    { ...report, layers: [{ ...bare, histogram: flat, variants: [null, null] }] },
    0,
    [0],
    true,
    lightTheme,
    500,
  );
  expect(figure?.layout.axes.xaxis.range).toEqual([1, 3]);
});

test("what lies outside the histogram is counted", () => {
  const report = smallReport();
  expect(outsideSentence(report, 0, [0])).toBe("Outside this axis: 3 weights, before and after.");
  const [layer] = report.layers;
  const [first] = layer.variants;
  if (!first?.histogram || !layer.histogram) throw new Error("the fixture has histograms");
  const moved: Report = {
    ...report,
    layers: [{ ...layer, variants: [{ ...first, histogram: { ...first.histogram, below: 0, above: 1229 } }, null] }],
  };
  expect(outsideSentence(moved, 0, [0])).toBe(
    "Outside this axis: 3 weights before, 1,229 weights (10.0 %) after linear 4-bit g64.",
  );
});

test("counts in decades begin at half a weight, so that an empty bin has a place", () => {
  const figure = histogramFigure(miniLmReport(), 4, [0], true, lightTheme, 700);
  const counts = figure?.data.flatMap((trace) => (trace.yaxis === "y" ? trace.y : [])) ?? [];
  expect(Math.min(...counts.map(Number))).toBe(0.5);
  expect(figure?.layout.axes.yaxis.type).toBe("log");
});
