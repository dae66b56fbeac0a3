import fc from "fast-check";
import {
  curvesFigure,
  curvesPaper,
  initialCurvesState,
  nextMark,
  pointQuantities,
  pointSentence,
} from "../../extension/figures/curves";
import { plotlyLayout } from "../../extension/figures/figure";
import { curvesTable, sortRows } from "../../extension/figures/table";
import { darkTheme, lightTheme } from "../../extension/figures/theme";
import { validate } from "../../extension/figures/validate";
import { hostileCurves, rateCurves } from "../fixtures/report/curves";
import { expectGolden } from "./golden";
import { payloads } from "./payloads";

const view = rateCurves();
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

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

test("arrows walk along a curve and to the nearest point of the next", () => {
  const { marks } = curvesFigure(view, initialCurvesState, lightTheme, 900);
  const at = (mark: (typeof marks)[number] | null) => mark && [mark.curve, mark.point];
  expect(at(nextMark(marks, null, "ArrowRight"))).toEqual([0, 0]);
  expect(at(nextMark(marks, marks[0], "ArrowRight"))).toEqual([0, 1]);
  expect(at(nextMark(marks, marks[2], "ArrowRight"))).toEqual([0, 2]);
  expect(at(nextMark(marks, marks[0], "ArrowLeft"))).toEqual([0, 0]);
  expect(at(nextMark(marks, marks[0], "ArrowDown"))).toEqual([1, 0]);
  expect(at(nextMark(marks, marks[4], "ArrowUp"))).toEqual([1, 0]);
  expect(at(nextMark(marks, marks[3], "ArrowUp"))).toEqual([0, 1]);
  expect(at(nextMark(marks, marks[1], "End"))).toEqual([2, 0]);
  expect(nextMark([], null, "Home")).toBeNull();
});

test("a point says what it is, with units and its distance to each bound", () => {
  expect(pointSentence(view, 0, 1)).toBe("linear 4-bit g64: 4.25 bits per weight, SQNR 19.1 dB");
  expect(pointSentence(view, 2, 0)).toBe("rans: 7.90 bits per weight, SQNR lossless");
  expect(pointQuantities(view, 0, 1)).toEqual([
    { label: "bits per weight", value: "4.25" },
    { label: "SQNR, dB", value: "19.1" },
    { label: "above Gaussian bound, dB", value: "−6.48" },
    { label: "above Shannon lower bound, dB", value: "−7.08" },
  ]);
});

test("the table sorts by value, the lossless highest", () => {
  const table = curvesTable(view, []);
  expect(sortRows(table, 3, true).map((row) => table.columns[0].cell(row).text)).toEqual([
    "rans alone",
    "linear",
    "nf4",
    "linear",
    "linear",
  ]);
  expect(curvesTable(view, [0, 2]).rows).toEqual([3]);
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

describe("validation", () => {
  test("takes curves as they are and drops what it does not know", () => {
    expect(validate(plain(view))).toEqual({ ok: true, view: plain(view) });
    expect(validate({ ...(plain(view) as object), more: 1 })).toEqual({ ok: true, view: plain(view) });
  });

  test.each<[string, (v: Record<string, unknown>) => void, RegExp]>([
    ["no axis", (v) => delete v.x, /its x is missing/],
    ["a strange scale", (v) => ((v.y as Record<string, unknown>).scale = "cubic"), /y\.scale is "cubic"/],
    [
      "a strange kind",
      (v) => ((v.curves as Record<string, unknown>[])[0].kind = "dream"),
      /curves\[0\]\.kind is "dream"/,
    ],
    [
      "text for a number",
      (v) => ((v.curves as { points: { x: unknown }[] }[])[1].points[0].x = "4"),
      /points\[0\]\.x is not a finite/,
    ],
    ["65 curves", (v) => (v.curves = Array(65).fill((v.curves as unknown[])[0])), /holds 65 entries; at most 64/],
  ])("refuses %s with its place", (_, change, says) => {
    const copy = plain(view) as Record<string, unknown>;
    change(copy);
    const checked = validate(copy);
    expect(checked.ok).toBe(false);
    expect("sentence" in checked ? checked.sentence : "").toMatch(says);
  });
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
