import { mapFigure } from "../../../extension/figures/map";
import { rowsFigure } from "../../../extension/figures/rows";
import { lightTheme } from "../../../extension/figures/theme";
import { directionOf, nextLayer } from "../../../extension/figures/walk";
import { deepReport, manyVariantsReport, smallReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

test.each([smallReport, manyVariantsReport, deepReport])("%p: arrows reach every layer once, and end", (make) => {
  const report = make();
  const { panels } = rowsFigure(report, stateOf(report), lightTheme, 900);
  const seen = new Set<number>();
  for (let at = nextLayer(panels[0].cells, null, "first"); at !== null; at = nextLayer(panels[0].cells, at, "down")) {
    expect(seen.has(at)).toBe(false);
    seen.add(at);
  }
  expect(seen.size).toBe(report.layers.length);
});

test("home and end; nothing beyond them; a list has no sideways", () => {
  const report = smallReport();
  const { cells } = rowsFigure(report, stateOf(report), lightTheme, 900).panels[0];
  expect(nextLayer(cells, 3, "first")).toBe(cells[0].layer);
  expect(nextLayer(cells, 3, "last")).toBe(cells[5].layer);
  expect(nextLayer(cells, cells[0].layer, "up")).toBeNull();
  expect(nextLayer(cells, cells[5].layer, "down")).toBeNull();
  expect(nextLayer(cells, 3, "right")).toBeNull();
  expect(nextLayer([], null, "first")).toBeNull();
  // A layer that the filter took away: the walk begins anew.
  expect(nextLayer(cells, 99, "down")).toBe(cells[0].layer);
});

test("on a map an empty cell is stepped over", () => {
  const report = deepReport();
  const { cells } = mapFigure(report, stateOf(report), lightTheme, 1000).panels[0];
  const embedding = report.layers.findIndex(({ block }) => block === "embed");
  const below = nextLayer(cells, embedding, "down");
  expect(below).not.toBeNull();
  expect(nextLayer(cells, below, "up")).not.toBeNull();
});

test("keys that lead somewhere", () => {
  expect(["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End", "Enter", "a"].map(directionOf)).toEqual([
    "up",
    "down",
    "left",
    "right",
    "first",
    "last",
    undefined,
    undefined,
  ]);
});
