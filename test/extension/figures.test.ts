import { modelCsv, reportCsv } from "../../extension/figures/csv";
import { plotlyLayout, type PlacedFigure } from "../../extension/figures/figure";
import { histogramFigure, outsideSentence } from "../../extension/figures/histogram";
import { mapFigure } from "../../extension/figures/map";
import { measureNames } from "../../extension/figures/measures";
import { paperFigure } from "../../extension/figures/paper";
import { rowsFigure } from "../../extension/figures/rows";
import {
  initialState,
  selectLayers,
  toggleVariant,
  visibleVariants,
  type ViewState,
} from "../../extension/figures/state";
import { layerSentence, reportSummary } from "../../extension/figures/summary";
import { reportTable, sortRows } from "../../extension/figures/table";
import { darkTheme, lightTheme } from "../../extension/figures/theme";
import { nextLayer } from "../../extension/figures/walk";
import type { ModelView, Report } from "../../kernel/report/types";
import {
  deepReport,
  losslessReport,
  manyVariantsReport,
  miniLmReport,
  namelessReport,
  smallReport,
} from "../fixtures/report/reports";
import { expectGolden } from "./golden";
import { payloadModel, payloadReport, payloads } from "./payloads";

const state = (report: Report, change: Partial<ViewState> = {}): ViewState => ({ ...initialState(report), ...change });

/** Every layer stands in every panel exactly once, inside the panel's range. */
function expectWhole(placed: PlacedFigure, layers: readonly number[]): void {
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
function expectAligned({ figure, panels }: PlacedFigure): void {
  const { width, height, margin, axes } = figure.layout;
  const [inner, outer] = [width - margin.l - margin.r, height - margin.t - margin.b];
  for (const panel of panels) {
    const x = axes[panel.xaxis].domain ?? [0, 1];
    const y = axes[panel.yaxis].domain ?? [0, 1];
    expect(panel.left).toBeCloseTo(margin.l + x[0] * inner, 1);
    expect(panel.width).toBeCloseTo((x[1] - x[0]) * inner, 1);
    expect(panel.top).toBeCloseTo(margin.t + (1 - y[1]) * outer, 1);
    expect(panel.height).toBeCloseTo((y[1] - y[0]) * outer, 1);
  }
}

describe("snapshots", () => {
  test("six layers as rows, light", () => {
    const report = smallReport();
    expectGolden("rows-6-light", rowsFigure(report, state(report), lightTheme, 900));
  });
  test("six layers, RMSE in decades, worst first, dark", () => {
    const report = smallReport();
    expectGolden(
      "rows-6-rmse-dark",
      rowsFigure(report, state(report, { measure: "rmse", order: "worst" }), darkTheme, 900),
    );
  });
  test("three hundred layers as a map, light", () => {
    const report = deepReport();
    expect(report.layers).toHaveLength(300);
    expectGolden("map-300-light", mapFigure(report, state(report, { hidden: [1] }), lightTheme, 1000));
  });
  test("a layer's histogram with its levels", () => {
    const report = miniLmReport();
    expectGolden("histogram-light", histogramFigure(report, 4, [0, 1, 2], false, lightTheme, 700));
  });
  test("a figure for paper", () => {
    const report = smallReport();
    expectGolden("paper-6", paperFigure(report, state(report), 900));
  });
});

describe.each([smallReport, miniLmReport, deepReport, manyVariantsReport, namelessReport, losslessReport])(
  "%p",
  (make) => {
    const report = make();
    const all = report.layers.map((_, i) => i);

    test.each(measureNames)("rows and map hold every layer, by %s, at any width", (measure) => {
      for (const width of [240, 848, 1600])
        for (const logarithmic of [true, false]) {
          const shown = state(report, { measure, logarithmic });
          for (const placed of [
            rowsFigure(report, shown, lightTheme, width),
            mapFigure(report, shown, darkTheme, width),
          ]) {
            expectWhole(placed, all);
            expectAligned(placed);
            const text = JSON.stringify(placed.figure);
            expect(text).not.toMatch(/NaN|Infinity/);
            // A number that JSON cannot hold would turn into null where plotly needs one.
            const ends = Object.values(placed.figure.layout.axes).flatMap((axis) => axis.range ?? []);
            expect(ends.every(Number.isFinite)).toBe(true);
          }
        }
    });

    test("rows longer than a screen have their scales above them too, and are zoomed along these only", () => {
      const { figure, panels } = rowsFigure(report, state(report), lightTheme, 900);
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

    test("drawing is a pure function", () => {
      const before = JSON.stringify(report);
      const draw = (): string => JSON.stringify(paperFigure(report, state(report), 900));
      expect(draw()).toBe(draw());
      expect(JSON.stringify(report)).toBe(before);
    });

    test("arrows reach every layer and end", () => {
      const { panels } = rowsFigure(report, state(report), lightTheme, 900);
      const seen = new Set<number>();
      for (
        let at = nextLayer(panels[0].cells, null, "first");
        at !== null;
        at = nextLayer(panels[0].cells, at, "down")
      ) {
        expect(seen.has(at)).toBe(false);
        seen.add(at);
      }
      expect(seen.size).toBe(all.length);
    });
  },
);

test("rows up to sixty layers, the map beyond", () => {
  expect(initialState(miniLmReport()).layout).toBe("layers");
  expect(initialState(deepReport()).layout).toBe("map");
  expect(initialState(deepReport(), { measure: "rmse", layout: "table" })).toMatchObject({
    layout: "table",
    measure: "rmse",
  });
});

test("model order follows the blocks, whatever order the file has", () => {
  const report = deepReport();
  const blocks = selectLayers(report, state(report)).flatMap((i) => report.layers[i].blockIndex ?? []);
  expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
  expect(blocks).toHaveLength(42 * 7);
});

test("worst first by each measure; what lost nothing comes last", () => {
  const report = losslessReport();
  const order = selectLayers(report, state(report, { order: "worst" }));
  expect(order[0]).toBe(2);
  expect(selectLayers(report, state(report, { order: "worst", hidden: [1] })).at(-1)).toBe(0);
});

test("the filter takes words in any order; the kind is exact", () => {
  const report = miniLmReport();
  const names = (change: Partial<ViewState>): string[] =>
    selectLayers(report, state(report, change)).map((i) => report.layers[i].name);
  expect(names({ text: "QUERY layer.3" })).toEqual(["encoder.layer.3.attention.self.query.weight"]);
  expect(names({ kind: "query" })).toHaveLength(6);
  expect(names({ kind: "query", text: "layer.5" })).toHaveLength(1);
  expect(names({ text: "nothing like this" })).toEqual([]);
});

test("the last variant that is on stays on", () => {
  const report = smallReport();
  const one = toggleVariant(report, state(report), 0);
  expect(visibleVariants(report, one)).toEqual([1]);
  expect(visibleVariants(report, toggleVariant(report, one, 1))).toEqual([1]);
  expect(visibleVariants(report, toggleVariant(report, one, 0))).toEqual([0, 1]);
});

test("what is too bad for the axis stands at its edge, and lossless beyond the best", () => {
  const report = losslessReport();
  const { figure } = rowsFigure(report, state(report), lightTheme, 900);
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

test("a map's columns and blocks: arrows go sideways through the depth", () => {
  const report = deepReport();
  const { panels } = mapFigure(report, state(report), lightTheme, 1000);
  const query = report.layers.findIndex((layer) => layer.blockIndex === 9 && layer.kind === "query");
  const right = nextLayer(panels[0].cells, query, "right");
  expect(right === null ? null : report.layers[right]).toMatchObject({ blockIndex: 10, kind: "query" });
  const down = nextLayer(panels[0].cells, query, "down");
  expect(down === null ? null : report.layers[down]).toMatchObject({ blockIndex: 9, kind: "key" });
});

test("names stand in a figure as text only", () => {
  for (const shift of [0, 20, 40]) {
    const report = payloadReport(shift);
    for (const layout of ["layers", "map"] as const) {
      const figure = paperFigure(report, state(report, { layout }), 900);
      const texts: string[] = [];
      JSON.stringify(plotlyLayout(figure.layout), (key, value: unknown) => {
        if (["text", "ticktext", "name"].includes(key))
          texts.push(...[value].flat().filter((t) => typeof t === "string"));
        return value;
      });
      for (const trace of figure.data) if (trace.name !== undefined) texts.push(trace.name);
      expect(texts.length).toBeGreaterThan(20);
      for (const text of texts) {
        // Our own markup is two tags; nothing else may look like a tag, a TeX formula or an unknown entity.
        const rest = text.replace(/<\/?b>|<span style="color:#[0-9a-f]{6}">|<\/span>/g, "");
        expect(rest).not.toMatch(/[<>$]|&(?!amp;|lt;|gt;|#36;)/);
      }
    }
  }
});

test("the histogram needs none of its parts", () => {
  const report = smallReport();
  const { histogram, ...bare } = report.layers[0];
  expect(histogram).toBeDefined();
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

test("CSV: every layer and variant at full precision, and no formulas", () => {
  const lines = reportCsv(losslessReport()).split("\r\n");
  expect(lines[0].split(",")[0]).toBe("layer");
  expect(lines).toHaveLength(1 + 4 * 2 - 1 + 1);
  expect(lines[1]).toContain(",inf,");
  const tensors = modelCsv(payloadModel() as ModelView).split("\r\n");
  expect(tensors).toHaveLength(1 + payloads.length + 1);
  for (const line of [...tensors, ...reportCsv(payloadReport(0)).split("\r\n")]) expect(line).not.toMatch(/^"?[=+@-]/);
});

test("the table sorts numbers by size and words by their numbers", () => {
  const report = miniLmReport();
  const table = reportTable(report, state(report));
  const first = table.columns.findIndex((column) => column.variant === 1);
  const sorted = sortRows(table, first, false);
  const values = sorted.map((row) => report.layers[row].variants[1]?.sqnrDb ?? 0);
  expect(values).toEqual([...values].sort((a, b) => a - b));
  const deep = deepReport();
  const byName = sortRows(reportTable(deep, state(deep)), 0, false).map((row) => deep.layers[row].name);
  expect(byName.indexOf("model.layers.2.mlp.up_proj.weight")).toBeLessThan(
    byName.indexOf("model.layers.10.mlp.up_proj.weight"),
  );
});

test("in words: the totals and the five worst layers", () => {
  const report = smallReport();
  const words = reportSummary(report, state(report));
  expect(words).toHaveLength(1 + 2 + 1);
  expect(words[1]).toMatch(/^linear 4-bit g64: [\d.]+ KiB, [\d.]+ bits per weight over the whole model/);
  expect(words[3].split(";")).toHaveLength(5);
  expect(layerSentence(report, 0, state(report))).toMatch(
    /^h\.0\.attn\.c_attn\.weight, 64 × 192\. linear 4-bit g64: SQNR [\d.]+ dB, [\d.]+ % zeros, 4\.\d\d bits per weight/,
  );
});
