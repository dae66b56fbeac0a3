import { variantColours } from "../../kernel/report/colours";
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
