import { shadesOf, withBar } from "../../../extension/figures/map-shades";
import { lightTheme } from "../../../extension/figures/theme";
import type { Report } from "../../../kernel/report/types";
import { deepReport, losslessReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

const withBits = (report: Report, bits: (layer: number) => number): Report => ({
  ...report,
  layers: report.layers.map((layer, at) => ({
    ...layer,
    variants: layer.variants.map((variant) => variant && { ...variant, bitsPerWeight: bits(at) }),
  })),
});

test("error and sparsity always, bits per weight where layers differ by more than a quarter of a bit", () => {
  const titles = (report: Report): string[] =>
    shadesOf(report, [0, 1], stateOf(report), lightTheme).map(({ title }) => title);
  const report = deepReport();
  expect(titles(withBits(report, () => 4))).toEqual(["Quantization error", "Sparsity"]);
  expect(titles(withBits(report, (at) => 4 + (at % 2) / 5))).toEqual(["Quantization error", "Sparsity"]);
  expect(titles(withBits(report, (at) => 4 + (at % 2)))).toEqual(["Quantization error", "Sparsity", "Size"]);
});

test("dark is the worse end, whichever way the measure runs", () => {
  const report = deepReport();
  const darkest = (measure: "sqnrDb" | "rootMeanSquareError"): number => {
    const [{ colours }] = shadesOf(report, [0], stateOf(report, { measure }), lightTheme);
    return colours.colorscale.findIndex(([, colour]) => colour === "#00204c");
  };
  expect([darkest("sqnrDb"), darkest("rootMeanSquareError")]).toEqual([0, 17]);
});

test("what lost nothing has the best colour and says so; an absent layer has none", () => {
  const report = losslessReport();
  const [error] = shadesOf(report, [0, 1], stateOf(report), lightTheme);
  expect(error.lossless(report.layers[0], 0)).toBe(true);
  expect(error.value(report.layers[0], 0)).toBe(error.colours.cmax);
  expect([error.lossless(report.layers[1], 1), error.value(report.layers[1], 1)]).toEqual([false, null]);
});

test("in decades the scale's ends are powers, its words the values", () => {
  const report = deepReport();
  const state = stateOf(report, { measure: "meanSquaredError" });
  const [{ colours }] = shadesOf(report, [0], state, lightTheme);
  expect(colours.cmax).toBeLessThan(0);
  expect(JSON.stringify(colours.colorbar)).toMatch(/e−\d|0\.0/);
  const bar = withBar(colours, 1, 1, 400, lightTheme).colorbar;
  expect(bar).toMatchObject({ orientation: "h", len: 168, ticktext: colours.colorbar?.ticktext });
});
