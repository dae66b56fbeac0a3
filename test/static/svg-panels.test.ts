import { measures, panels as measurePanels } from "../../kernel/report/measures";
import { lightTheme } from "../../kernel/report/colours";
import { axisWidth, panelsOf, position } from "../../kernel/static/svg-panels";
import type { Report } from "../../kernel/report/types";
import { losslessReport, smallReport } from "../fixtures/report/reports";

test("a panel for each of the table of measures, side by side inside the picture", () => {
  const panels = panelsOf(smallReport(), [0, 1], 200);
  expect(panels.map(({ measure }) => measure)).toEqual(measurePanels.map((panel) => panel.measures[0]));
  panels.slice(1).forEach((panel, k) => expect(panel.x).toBeGreaterThan(panels[k].x + panels[k].width));
  const last = panels[panels.length - 1];
  expect(last.x + last.width).toBeLessThanOrEqual(960 - 20);
});

test("a value stands between the ends of its axis; beyond them at an end", () => {
  const [error] = panelsOf(losslessReport(), [0, 1], 200);
  expect(error.lossless).toBe(true);
  expect(position(error, error.minimum)).toBe(error.x);
  expect(position(error, -400)).toBe(error.x);
  expect(position(error, error.maximum)).toBe(error.x + axisWidth(error));
  expect(axisWidth(error)).toBe(error.width - 30);
  expect([error.tick(-20), error.tick(10)]).toEqual(["−20 dB", "10 dB"]);
});

test("amounts on which the variants agree are bars; errors never", () => {
  const report = smallReport();
  const agreed: Report = {
    ...report,
    layers: report.layers.map((layer) => ({ ...layer, variants: [layer.variants[0], layer.variants[0]] })),
  };
  expect(panelsOf(agreed, [0, 1], 200).map(({ bars }) => bars)).toEqual([false, true, true]);
});

test("one aim for all is a dark line and words in the note; layers with different ones have their own", () => {
  const report = smallReport();
  const aimed = (aim: (layer: number) => number): Report => ({
    ...report,
    layers: report.layers.map((layer, at) => ({
      ...layer,
      variants: layer.variants.map((variant) => variant && { ...variant, targetSparsity: aim(at) }),
    })),
  });
  const [, same] = panelsOf(
    aimed(() => 0.5),
    [0, 1],
    200,
  );
  expect(same.note).toBe(`${measurePanels[1].picture.note}, target 50 ${measures.targetSparsity.unit}`);
  expect([...(same.targetLines ?? [])]).toEqual([[0.5, lightTheme.target]]);
  const [, different] = panelsOf(
    aimed((at) => at / 10),
    [0, 1],
    200,
  );
  expect([different.note, different.targetLines]).toEqual([measurePanels[1].picture.note, undefined]);
});
