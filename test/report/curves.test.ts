import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { curves, OptionError } from "../../kernel";
import { frameOf, linesInside, relativeTo, valueAt } from "../../kernel/report/curve-geometry";
import { curveRows, curvesToCsv } from "../../kernel/report/curve-rows";
import { curvesToHtml, curvesToText } from "../../kernel/static/curves-forms";
import { displaySymbol } from "../../kernel/static/display";
import { escapeMarkup } from "../../kernel/report/labels";
import { curvesToSvg } from "../../kernel/static/svg-curves";
import { viewMimeType, type CurvesView } from "../../kernel/report/types";
import { hostileCurves, rateCurves } from "../fixtures/report/curves";

const view = rateCurves();
const all = view.curves.map((_, at) => at);

describe("the frame", () => {
  test("holds every measured point, not the bounds' ends, and has room for what lost nothing", () => {
    const { x, y, lossless } = frameOf(view, all);
    expect([x.low < 2.25, x.low > 1.5, x.high > 8.25, x.high < 9]).toEqual([true, true, true, true]);
    expect([y.low < 6.1, y.high > 43.4]).toEqual([true, true]);
    expect(lossless).toBeGreaterThan(43.4);
    expect(x.ticks).toEqual([3, 4, 5, 6, 7, 8]);
  });

  test("of bounds alone holds the bounds; of one point is not empty; of nothing is a unit", () => {
    expect(frameOf(view, [3]).y.high).toBeGreaterThan(48);
    const { x, y } = frameOf(view, [1]);
    expect([x.high > x.low, y.high > y.low]).toEqual([true, true]);
    expect(frameOf({ ...view, curves: [] }, [])).toMatchObject({ lossless: null });
  });

  test("a logarithmic axis has its decades as ticks", () => {
    const { x, lossless, y } = frameOf(hostileCurves("n"), [0, 1, 2]);
    expect(x.ticks).toEqual([0.001, 0.01, 0.1, 1]);
    expect(lossless).toBeLessThan(Math.log10(2 * 1e-3 ** 1.5));
    expect(lossless).toBeGreaterThan(y.low);
  });
});

describe("lines", () => {
  test("are cut at the frame's edge, on the line", () => {
    const frame = frameOf(view, all);
    const [line] = linesInside(view, view.curves[3], frame);
    const [first, last] = [line[0], line[line.length - 1]];
    expect(first[0]).toBeCloseTo(frame.x.low, 9);
    expect(first[1]).toBeCloseTo(6.02 * frame.x.low, 9);
    expect(last[1] <= frame.y.high + 1e-9 && last[0] <= frame.x.high + 1e-9).toBe(true);
    expect(last[1] / last[0]).toBeCloseTo(6.02, 9);
  });

  test("leave the frame and come back as two pieces; an infinite point ends one", () => {
    const frame = { x: { low: 0, high: 4, ticks: [] }, y: { low: 0, high: 1, ticks: [] }, lossless: null };
    const curve = (ys: (number | null)[]) => ({
      name: "c",
      kind: "measured" as const,
      points: ys.map((y, x) => ({ x, y })),
    });
    expect(linesInside(view, curve([0, 2, 2, 2, 0]), frame)).toEqual([
      [
        [0, 0],
        [0.5, 1],
      ],
      [
        [3.5, 1],
        [4, 0],
      ],
    ]);
    expect(linesInside(view, curve([0, 1, null, 1, 0]), frame)).toEqual([
      [
        [0, 0],
        [1, 1],
      ],
      [
        [3, 1],
        [4, 0],
      ],
    ]);
    expect(linesInside(view, curve([2, 3, 2, 3, 2]), frame)).toEqual([]);
  });
});

test("values between points lie on the line, and nowhere else is one", () => {
  const bound = view.curves[3];
  expect(valueAt(bound, 4.1)).toBeCloseTo(24.682, 9);
  expect(valueAt(bound, 8)).toBeCloseTo(48.16, 9);
  expect(valueAt(bound, 8.01)).toBeNull();
  expect(valueAt(view.curves[2], 7.9)).toBeNull();
});

test("relative to a bound: the distance above it; points where it ends are left out", () => {
  const relative = relativeTo(view, 3);
  expect(relative.y.label).toBe("SQNR above Gaussian bound");
  expect(relative.curves[0].points.map(({ y }) => y?.toFixed(3))).toEqual(["-7.445", "-6.485"]);
  expect(relative.curves[3].points.every(({ y }) => Math.abs(y ?? 1) < 1e-12)).toBe(true);
  expect(relative.curves[2].points).toEqual([]);
});

test("rows, text and CSV carry every measured point with its distance to each bound", () => {
  expect(curveRows(view).map(({ name, y, above }) => [name, y, above[0]?.toFixed(2)])).toEqual([
    ["linear", 6.1, "-7.44"],
    ["linear", 19.1, "-6.48"],
    ["linear", 43.4, undefined],
    ["nf4", 20.6, "-6.49"],
    ["rans alone", null, undefined],
  ]);
  const text = curvesToText(view);
  expect(text).toMatch(
    /^all-MiniLM-L6-v2 · 22.7 M weights\n\ncurve +point +bits per weight +SQNR, dB +above Gaussian bound, dB/,
  );
  expect(text).toMatch(/rans alone +rans +7\.90 +lossless +– +–/);
  expect(curvesToCsv(view)).toContain('\r\nlinear,"linear 4-bit g64",4.25,19.1,-6.48');
  expect(curvesToCsv(view)).toContain('"rans alone",rans,7.9,inf,,');
});

const golden = join(__dirname, "../../../test/golden/report");
test.each<[string, CurvesView]>([
  ["curves", view],
  ["curves-hostile", hostileCurves('<img src=x onerror=alert(1)> $x$ "&\u202e')],
])("the picture of %s is the committed one, well-formed, without script or link", (name, made) => {
  const svg = curvesToSvg(made);
  const file = join(golden, `${name}.svg`);
  if (!existsSync(file) && !process.env.CI) writeFileSync(file, svg);
  if (readFileSync(file, "utf8") !== svg) writeFileSync(file.replace(".svg", "-changed.svg"), svg);
  expect(readFileSync(file, "utf8")).toBe(svg);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  const marks = (svg.match(/<[^>]*>/g) ?? []).join("").replace(/="[^"]*"/g, "=");
  expect(marks).not.toMatch(/<(script|style|a|image|foreignObject|use)\b|\s(id|class|on\w+|[\w:]*href)=/);
  for (const curve of made.curves) expect(svg).toContain(escapeMarkup(curve.name));
  const html = curvesToHtml(made);
  const tags = new Set([...html.matchAll(/<\/?(\w+)/g)].map(([, tag]) => tag));
  expect([...tags].sort()).toEqual("code details figure img summary table tbody td th thead tr".split(" "));
});

describe("curves()", () => {
  const options = { name: "toy", x: "zeros", y: { label: "SQNR", unit: "dB", better: "higher" as const } };

  test("puts points in order and shows itself in three forms", () => {
    const made = curves({
      ...options,
      curves: {
        global: [
          [50, 12.7],
          [10, 33.1],
          [0, null],
        ],
      },
      bounds: {
        best: [
          [0, 40],
          [60, 20],
        ],
      },
    });
    expect(made.curves[0].points).toEqual([
      { x: 0, y: null },
      { x: 10, y: 33.1 },
      { x: 50, y: 12.7 },
    ]);
    expect(made.curves[1]).toMatchObject({ name: "best", kind: "bound" });
    const bundle = made[displaySymbol]();
    expect(Object.keys(bundle)).toEqual([viewMimeType, "text/html", "text/plain"]);
    expect(JSON.parse(JSON.stringify(bundle[viewMimeType]))).toEqual(JSON.parse(JSON.stringify(made)));
    expect(Object.isFrozen(made.curves[0].points)).toBe(true);
  });

  test.each<[string, object, RegExp]>([
    ["a wrong word", { titel: "x" }, /unknown option "titel"/],
    ["a wrong word of an axis", { y: { label: "SQNR", units: "dB" } }, /did you mean "unit"/],
    ["an unknown scale", { x: { label: "x", scale: "logarithmic" } }, /x\.scale is "logarithmic"/],
    ["a NaN", { curves: { global: [[1, NaN]] } }, /point 0 of "global" is \(1, NaN\)/],
    ["an infinite x", { curves: { global: [[Infinity, 1]] } }, /finite/],
    ["no list", { curves: { global: 3 } }, /"global" is no list of points/],
  ])("refuses %s", (_, change, says) => {
    expect(() => curves({ ...options, curves: {}, ...change } as Parameters<typeof curves>[0])).toThrow(OptionError);
    expect(() => curves({ ...options, curves: {}, ...change } as Parameters<typeof curves>[0])).toThrow(says);
  });
});
