import { plotlyLayout } from "../../../extension/figures/figure";
import { paperFigure } from "../../../extension/figures/paper";
import { miniLmReport, smallReport } from "../../fixtures/report/reports";
import { expectGolden } from "../golden";
import { payloadReport } from "../payloads";
import { expectPlainText, stateOf, textsOf } from "../placed";

test("a figure for paper has the model's name and the variants with their sizes above it", () => {
  const report = smallReport();
  const figure = paperFigure(report, stateOf(report), 900);
  expectGolden("paper-6", figure);
  const texts = textsOf(figure.layout.annotations).join("\n");
  for (const { name } of report.variants) expect(texts).toContain(name);
  expect(texts).toMatch(/KiB · \d\.\d\d bits\/weight/);
});

test("drawing is a pure function", () => {
  const report = miniLmReport();
  const before = JSON.stringify(report);
  const draw = (): string => JSON.stringify(paperFigure(report, stateOf(report), 900));
  expect(draw()).toBe(draw());
  expect(JSON.stringify(report)).toBe(before);
});

test.each([0, 20, 40])("names stand in a figure as text only (payloads from %d)", (shift) => {
  const report = payloadReport(shift);
  for (const layout of ["layers", "map"] as const) {
    const figure = paperFigure(report, stateOf(report, { layout }), 900);
    const texts = [...textsOf(plotlyLayout(figure.layout)), ...figure.data.flatMap(({ name }) => name ?? [])];
    expect(texts.length).toBeGreaterThan(20);
    texts.forEach(expectPlainText);
  }
});
