import { scaleOf } from "../../../extension/figures/scale";
import { lowestDecibels } from "../../../kernel/report/domains";
import type { LayerVariant, Report } from "../../../kernel/report/types";
import { losslessReport, smallReport } from "../../fixtures/report/reports";

const report = smallReport();
const edge = losslessReport();
const variant = (of: Report, layer: number, v = 0): LayerVariant => {
  const found = of.layers[layer].variants[v];
  if (!found) throw new Error("the fixture has this variant");
  return found;
};

test("decibels begin at zero and end beyond the best", () => {
  const scale = scaleOf(report, [0, 1], "sqnrDb", true);
  expect([scale.logarithmic, scale.range[0], scale.lossless]).toEqual([false, 0, null]);
  expect(scale.axis.ticksuffix).toBe(" dB");
  for (const layer of report.layers.keys()) expect(scale.place(variant(report, layer))).toBeLessThan(scale.range[1]);
});

test("what lost nothing stands beyond the axis, what is hopeless at its lower end", () => {
  const scale = scaleOf(edge, [0, 1], "sqnrDb", true);
  expect(scale.place(variant(edge, 0))).toBe(scale.lossless);
  expect([scale.place(variant(edge, 2, 1)), scale.beyond(variant(edge, 2, 1))]).toEqual([lowestDecibels, true]);
  expect(scale.beyond(variant(edge, 3))).toBe(false);
});

test("distances run in decades or from zero; zero has a place below the least", () => {
  const decades = scaleOf(edge, [0, 1], "rootMeanSquareError", true);
  const linear = scaleOf(edge, [0, 1], "rootMeanSquareError", false);
  expect([decades.axis.type, linear.axis.type, linear.lossless]).toEqual(["log", "linear", null]);
  const least = Math.min(...[1, 2, 3].map((layer) => decades.place(variant(edge, layer))));
  expect(decades.place(variant(edge, 0))).toBeLessThan(least);
  expect(Math.log10(decades.place(variant(edge, 0)))).toBeGreaterThan(decades.range[0]);
  expect(linear.place(variant(edge, 0))).toBe(0);
});

test("too few powers of ten: ticks at 1, 2 and 5 of each decade", () => {
  // Errors from 0.0027 to 0.0059, and to 0.0127.
  const { axis } = scaleOf(report, [0], "rootMeanSquareError", true);
  expect([axis.tickmode, axis.tickvals]).toEqual(["array", [0.005]]);
  expect(scaleOf(report, [0, 1], "rootMeanSquareError", true).axis.tickvals).toEqual([0.005, 0.01]);
});

test("shares are percentages of the whole range, whatever the layers have", () => {
  const scale = scaleOf(report, [0], "sparsity", true);
  expect([scale.range, scale.placeOf(0.5), scale.place({ ...variant(report, 0), sparsity: 0.25 })]).toEqual([
    [0, 103],
    50,
    25,
  ]);
});

test("amounts run from zero to beyond the largest; of nothing to one", () => {
  const scale = scaleOf(report, [0], "bitsPerWeight", true);
  const most = Math.max(...report.layers.map((_, layer) => variant(report, layer).bitsPerWeight));
  expect(scale.range).toEqual([0, most * 1.06]);
  expect(scaleOf({ ...report, layers: [] }, [0], "bitsPerWeight", true).range).toEqual([0, 1.06]);
});
