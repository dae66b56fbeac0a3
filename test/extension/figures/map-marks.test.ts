import { modelGrid } from "../../../extension/figures/map-grid";
import { cellTraces, panelTitles, variantTitle } from "../../../extension/figures/map-marks";
import { shadesOf } from "../../../extension/figures/map-shades";
import { lightTheme } from "../../../extension/figures/theme";
import { losslessReport } from "../../fixtures/report/reports";
import { payloads } from "../payloads";
import { expectPlainText, stateOf } from "../placed";

const report = losslessReport();
const grid = modelGrid(
  report,
  report.layers.map((_, i) => i),
);
const [error, sparsity] = shadesOf(report, [0, 1], stateOf(report), lightTheme);

test("a heat map of the cells, and ∞ on what lost nothing", () => {
  const [cells, signs] = cellTraces(report, grid, error, 0, { x: "x", y: "y", coloraxis: "coloraxis" }, lightTheme);
  expect(cells.type === "heatmap" && cells.z.flat().filter((value) => value !== null)).toHaveLength(4);
  expect(signs).toMatchObject({ type: "scatter", mode: "text", text: ["∞"] });
  expect(cellTraces(report, grid, sparsity, 0, { x: "x", y: "y", coloraxis: "coloraxis2" }, lightTheme)).toHaveLength(
    1,
  );
});

test("the note stands beside the title where there is room", () => {
  const [wide] = panelTitles(error, 0, 1, 900, lightTheme);
  const [narrow] = panelTitles(error, 0, 1, 200, lightTheme);
  expect(wide.text).toContain("higher is better");
  expect(narrow.text).toBe("<b>Quantization error</b>");
});

test("a variant's name is text", () => {
  for (const payload of payloads) expectPlainText(variantTitle(payload, 0, 1, 20, lightTheme).text);
});
