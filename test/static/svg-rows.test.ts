import { lightTheme, variantColours } from "../../kernel/report/colours";
import { rowsPart } from "../../kernel/static/svg-rows";
import { losslessReport, smallReport } from "../fixtures/report/reports";

test("a row for each layer with its numbers in words, its dots in the variants' colours", () => {
  const report = smallReport();
  const rows = rowsPart(report, [0, 1], 0).marks.filter((mark) => mark.startsWith("<g>"));
  expect(rows).toHaveLength(report.layers.length);
  for (const row of rows) {
    expect(row).toMatch(/: \d+\.\d dB, \d+\.\d % zeros, \d\.\d\d bits\/weight; /);
    expect(row.split(variantColours[0]).length).toBe(row.split(variantColours[1]).length);
  }
});

test("a layer that lost nothing stands at ∞, one that a variant lacks has a single dot, one beyond the axis an arrow", () => {
  const marks = rowsPart(losslessReport(), [0, 1], 0).marks;
  expect(marks.join("")).toContain(">∞</text>");
  const rows = marks.filter((mark) => mark.startsWith("<g>"));
  const value = rows.find((row) => row.includes("value.weight"));
  expect(value).toContain("l7 -4v8z");
  const key = rows.find((row) => row.includes("key.weight"));
  expect(key).not.toContain(variantColours[1]);
});

test("layers that aim at different shares have a tick of their own at each; one aim for all is no layer's tick", () => {
  const report = smallReport();
  const ticksOf = (aims: (layer: number, variant: number) => number) => {
    const layers = report.layers.map((layer, at) => ({
      ...layer,
      variants: layer.variants.map((measured, v) => measured && { ...measured, targetSparsity: aims(at, v) }),
    }));
    const rows = rowsPart({ ...report, layers }, [0, 1], 0).marks.filter((mark) => mark.startsWith("<g>"));
    return rows.map((row) => {
      const ticks = row.matchAll(
        new RegExp(`<path d="M([\\d.]+) ([\\d.]+)L([\\d.]+) ([\\d.]+)" stroke="${lightTheme.target}"/>`, "g"),
      );
      return [...ticks].map(([, x1, y1, x2, y2]) => ({
        x: Number(x1),
        isUpright: x1 === x2,
        height: Number(y2) - Number(y1),
      }));
    });
  };
  const own = ticksOf((layer) => layer / 10);
  expect(own.map((ticks) => ticks.length)).toEqual(report.layers.map(() => 1));
  for (const [tick] of own) expect(tick).toMatchObject({ isUpright: true, height: 14 });
  const places = own.map(([{ x }]) => x);
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(new Set(places).size).toBe(places.length);
  expect(ticksOf((layer, variant) => (layer + variant) / 10).map((ticks) => ticks.length)).toEqual(
    report.layers.map(() => 2),
  );
  expect(ticksOf(() => 0.5).map((ticks) => ticks.length)).toEqual(report.layers.map(() => 0));
});
