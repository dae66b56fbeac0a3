import fc from "fast-check";
import { curvePaints, curvesFigure, curvesPaper, initialCurvesState } from "../../../extension/figures/curves";
import { plotlyLayout } from "../../../extension/figures/figure";
import { darkTheme, lightTheme } from "../../../extension/figures/theme";
import { hostileCurves, rateCurves } from "../../fixtures/report/curves";
import { expectGolden } from "../golden";
import { payloads } from "../payloads";

const view = rateCurves();

test("snapshots: rate–distortion light, above a bound dark, for paper", () => {
  expectGolden("curves-light", curvesFigure(view, initialCurvesState, lightTheme, 900).figure);
  expectGolden(
    "curves-above-dark",
    curvesFigure(view, { ...initialCurvesState, baseline: 3, hidden: [1] }, darkTheme, 700).figure,
  );
  expectGolden("curves-paper", curvesPaper(view, initialCurvesState, 900));
});

test("every measured point has a mark inside the axes; what is switched off has none", () => {
  const { figure, marks } = curvesFigure(view, initialCurvesState, lightTheme, 900);
  expect(marks.map(({ curve, point }) => [curve, point])).toEqual([
    [0, 0],
    [0, 1],
    [0, 2],
    [1, 0],
    [2, 0],
  ]);
  const [xLow, xHigh] = figure.layout.axes.xaxis.range ?? [0, 0];
  const [yLow, yHigh] = figure.layout.axes.yaxis.range ?? [0, 0];
  for (const { x, y } of marks) expect([x > xLow, x < xHigh, y > yLow, y < yHigh]).toEqual([true, true, true, true]);
  const some = curvesFigure(view, { ...initialCurvesState, hidden: [0, 3] }, lightTheme, 900);
  expect(some.marks.map(({ curve }) => curve)).toEqual([1, 2]);
  expect(some.figure.data.some(({ name }) => name === "linear")).toBe(false);
});

test("the lossless point stands on a line of its own with its word", () => {
  const { figure, marks } = curvesFigure(view, initialCurvesState, lightTheme, 900);
  const { tickvals = [], ticktext = [] } = figure.layout.axes.yaxis;
  expect(ticktext[ticktext.length - 1]).toBe("lossless");
  expect(marks[4].y).toBe(tickvals[tickvals.length - 1]);
});

test("bounds are grey; a curve that is switched off gives its colour to no other", () => {
  const all = curvePaints(view, []);
  expect(all.map((paint) => paint === null)).toEqual([false, false, false, true, true]);
  expect(curvePaints(view, [0])[1]).toEqual(all[1]);
});

test("names reach plotly as text only", () => {
  for (const payload of payloads) {
    const { figure } = curvesFigure(hostileCurves(payload), initialCurvesState, lightTheme, 800);
    const { title } = figure.layout.axes.xaxis;
    expect(title?.text).not.toMatch(/[<$]|&(?!(amp|lt|gt|#36);)/);
    for (const { name } of figure.data) expect(name ?? "").not.toMatch(/[<>$]/);
    const paper = JSON.stringify(plotlyLayout(curvesPaper(hostileCurves(payload), initialCurvesState, 800).layout));
    expect(paper.replace(/<\/?(b|span)( style=\\"color:#[0-9a-f]+\\")?>/g, "")).not.toMatch(/<\w/);
  }
});

test("any curves at all give finite figures", () => {
  const number = fc.double({ min: -1e30, max: 1e30, noNaN: true });
  const point = fc.record({ x: number, y: fc.option(number, { nil: null }) });
  const curve = fc.record({
    name: fc.string(),
    kind: fc.constantFrom("measured" as const, "bound" as const),
    points: fc.array(point, { maxLength: 8 }),
  });
  const axis = fc.record({
    label: fc.string(),
    unit: fc.string(),
    scale: fc.constantFrom("linear" as const, "log" as const),
    better: fc.constantFrom("higher" as const, "lower" as const, null),
  });
  fc.assert(
    fc.property(fc.array(curve, { maxLength: 10 }), axis, axis, (curves, x, y) => {
      const sorted = curves.map((c) => ({ ...c, points: [...c.points].sort((a, b) => a.x - b.x) }));
      const made = { version: 1 as const, kind: "curves" as const, name: "n", facts: "", x, y, curves: sorted };
      const { figure, marks } = curvesFigure(made, initialCurvesState, lightTheme, 600);
      for (const { x: px, y: py } of marks) expect(Number.isFinite(px) && Number.isFinite(py)).toBe(true);
      for (const { range } of Object.values(figure.layout.axes))
        expect((range ?? []).every(Number.isFinite)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
