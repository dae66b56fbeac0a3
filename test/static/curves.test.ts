import { OptionError } from "../../kernel/errors";
import { viewMimeType } from "../../kernel/report/types";
import { curves } from "../../kernel/static/curves";
import { displaySymbol } from "../../kernel/static/display";

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
