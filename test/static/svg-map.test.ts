import { mapPart } from "../../kernel/static/svg-map";
import { deepReport, losslessReport } from "../fixtures/report/reports";

const titles = (marks: readonly string[]): string[] =>
  marks.flatMap((mark) => [...mark.matchAll(/<title>([^<]*)<\/title><\/rect>/g)].map(([, text]) => text));

test("a cell for every layer, variant and measure, with its number in words", () => {
  const report = deepReport();
  const { marks } = mapPart(report, [0, 1], 0);
  const found = titles(marks);
  // Error and sparsity; bits per weight are even and have no grid.
  expect(found).toHaveLength(300 * 2 * 2);
  expect(found.filter((title) => / dB$/.test(title))).toHaveLength(600);
  expect(found.filter((title) => / % zeros$/.test(title))).toHaveLength(600);
});

test("bits per weight have a grid where layers differ", () => {
  const report = deepReport();
  const uneven = {
    ...report,
    layers: report.layers.map((layer, at) => ({
      ...layer,
      variants: layer.variants.map((variant) => variant && { ...variant, bitsPerWeight: 2 + (at % 4) }),
    })),
  };
  expect(titles(mapPart(uneven, [0], 0).marks).filter((title) => / bits\/weight$/.test(title))).toHaveLength(300);
});

test("what lost nothing and what is absent have marks of their own, which the legend explains", () => {
  const text = mapPart(losslessReport(), [0, 1], 0).marks.join("");
  expect(text).toContain(">∞ dB</text>");
  expect(text).toContain(">absent</text>");
  expect(text).toContain("key.weight absent</title>");
});
