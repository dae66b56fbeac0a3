import { headerPart } from "../../kernel/static/svg-header";
import { totalsRows } from "../../kernel/static/summary";
import { hostileReport, smallReport } from "../fixtures/report/reports";

test("a line for each variant with its totals, the model above", () => {
  const report = smallReport();
  const { marks, bottom } = headerPart(report, [0, 1]);
  const text = marks.join("");
  for (const row of totalsRows(report)) for (const cell of row) expect(text).toContain(cell.replace(/ %$/, ""));
  expect(text).toContain("6 layers touched");
  expect(headerPart(report, [0]).bottom).toBe(bottom - 18);
});

test("the numbers' right edges stay inside the picture and do not meet", () => {
  const text = headerPart(smallReport(), [0]).marks.join("");
  const edges = [...text.matchAll(/<text x="([\d.]+)" y="78" text-anchor="end"/g)].map(([, x]) => Number(x));
  expect(edges).toEqual([520, 598, 680, 780, 856, 930]);
});

test("a hostile name is text", () => {
  expect(headerPart(hostileReport(), [0]).marks.join("")).not.toMatch(/<script|\u202e/);
});
