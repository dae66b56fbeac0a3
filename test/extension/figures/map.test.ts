import { mapFigure } from "../../../extension/figures/map";
import { darkTheme, lightTheme } from "../../../extension/figures/theme";
import { nextLayer } from "../../../extension/figures/walk";
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

test("three hundred layers as a map, light", () => {
  const report = deepReport();
  expect(report.layers).toHaveLength(300);
  expectGolden("map-300-light", mapFigure(report, stateOf(report, { hidden: [1] }), lightTheme, 1000));
});

const reports = [smallReport, miniLmReport, deepReport, manyVariantsReport, namelessReport, losslessReport];

test.each(reports)("%p: every layer stands in every panel, by any measure, at any width", (make) => {
  const report = make();
  for (const measure of errorChoices)
    for (const width of [240, 848, 1600])
      for (const logarithmic of [true, false]) {
        const placed = mapFigure(report, stateOf(report, { measure, logarithmic }), darkTheme, width);
        expectWhole(
          placed,
          report.layers.map((_, i) => i),
        );
        expectAligned(placed);
        expectFinite(placed);
      }
});

test("a map's columns and blocks: arrows go sideways through the depth", () => {
  const report = deepReport();
  const { panels } = mapFigure(report, stateOf(report), lightTheme, 1000);
  const query = report.layers.findIndex((layer) => layer.blockIndex === 9 && layer.kind === "query");
  const right = nextLayer(panels[0].cells, query, "right");
  expect(right === null ? null : report.layers[right]).toMatchObject({ blockIndex: 10, kind: "query" });
  const down = nextLayer(panels[0].cells, query, "down");
  expect(down === null ? null : report.layers[down]).toMatchObject({ blockIndex: 9, kind: "key" });
});
