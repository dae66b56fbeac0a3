import {
  axisTitle,
  betterWords,
  boundIndex,
  frameOf,
  linesInside,
  measuredCurves,
  relativeTo,
  valueAt,
} from "../../kernel/report/curve-geometry";
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

test("which curves are measured, which bound a bound is, and the words of an axis", () => {
  expect(measuredCurves(view)).toEqual([0, 1, 2]);
  expect(all.map((at) => boundIndex(view, at))).toEqual([-1, -1, -1, 0, 1]);
  expect([axisTitle(view.x), axisTitle(view.y)]).toEqual(["bits per weight", "SQNR (dB)"]);
  expect([betterWords(view.x), betterWords(view.y), betterWords(view.y, true), betterWords(view.x, true)]).toEqual([
    "  ← better",
    "  better →",
    "  better →",
    "  better ←",
  ]);
  expect(betterWords({ ...view.x, better: null })).toBe("");
});
