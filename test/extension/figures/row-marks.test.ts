import { paints } from "../../../extension/figures/colours";
import { columnBands } from "../../../extension/figures/row-columns";
import { columnTraces } from "../../../extension/figures/row-marks";
import { placeRows } from "../../../extension/figures/row-places";
import { lightTheme } from "../../../extension/figures/theme";
import type { Report } from "../../../kernel/report/types";
import { losslessReport, smallReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

const draw = (report: Report, column: number) => {
  const rows = placeRows(
    report,
    report.layers.map((_, i) => i),
    true,
  );
  const [band] = columnBands(report, stateOf(report), 900);
  const traces = columnTraces(report, rows, band.columns[column], paints(2, [0, 1]), lightTheme, { x: "x", y: "y" });
  return traces.flatMap((trace) => (trace.type === "scatter" ? [trace] : []));
};
const withAims = (aim: (layer: number) => number): Report => ({
  ...smallReport(),
  layers: smallReport().layers.map((layer, at) => ({
    ...layer,
    variants: layer.variants.map((variant) => variant && { ...variant, targetSparsity: aim(at) }),
  })),
});
const aims = (report: Report) => draw(report, 1).filter(({ line }) => line?.dash === "dot");

test("a dot for each variant, the first on top; a span behind them", () => {
  const traces = draw(smallReport(), 0);
  expect(traces.map(({ mode }) => mode)).toEqual(["lines", "markers", "markers"]);
  expect(traces[2].name).toBe(smallReport().variants[0].name);
  expect(traces[0].x).toHaveLength(3 * 6);
});

test("amounts span from zero, errors from the least to the greatest", () => {
  expect(draw(smallReport(), 1)[0].x[0]).toBe(0);
  const [spans, second, first] = draw(smallReport(), 0);
  expect(spans.x[0]).toBe(Math.min(Number(first.x[0]), Number(second.x[0])));
});

test("rows with the same aim share one line; other aims have their own", () => {
  const [line, ...others] = aims(withAims(() => 0.5));
  expect(others).toEqual([]);
  expect(line.x).toEqual([50, 50, null]);
  expect(aims(withAims((layer) => (layer < 2 ? 0.2 : 0.6)))).toHaveLength(2);
  expect(draw(smallReport(), 0).some(({ line: own }) => own?.dash === "dot")).toBe(false);
});

test("open marks for what lost nothing, arrows for what is beyond the axis, nothing for an absent layer", () => {
  const [, second, first] = draw(losslessReport(), 0);
  expect(first.marker?.symbol).toEqual(["circle-open", "circle", "circle", "circle"]);
  expect(second.marker?.symbol).toEqual(["square", "square", "triangle-left", "square"]);
  expect(second.x[1]).toBeNull();
});

test("a number that a report does not hold has no dot, and is not taken for lossless", () => {
  const report = losslessReport();
  const old = {
    ...report,
    layers: report.layers.map((layer) => ({
      ...layer,
      variants: layer.variants.map(
        (variant) => variant && { ...variant, bitsPerWeight: undefined as unknown as number },
      ),
    })),
  };
  const [, second, first] = draw(old, 2);
  expect([...first.x, ...second.x]).toEqual(Array(8).fill(null));
});
