import {
  totalsHeadings,
  layersInOrder,
  measureCells,
  measureHeadings,
  modelFacts,
  textAlternative,
  totalsNote,
  totalsRows,
  worstList,
} from "../../kernel/static/summary";
import { deepReport, losslessReport, smallReport } from "../fixtures/report/reports";

const itself = (name: string): string => name;

test("the model in one line; a format that is no word of ours is data", () => {
  const model = { name: "m", format: "gguf", parameters: 22_713_216, bytes: 90_852_864 };
  expect(modelFacts(model)).toBe("22.7 M parameters · 86.6 MiB · gguf");
  expect(modelFacts({ ...model, format: "<b>" }, (name) => `[${name}]`)).toContain("· [<b>]");
});

test("totals stand under their headings, with what they are over", () => {
  expect(totalsHeadings).toEqual([
    "variant",
    "size",
    "of original",
    "bits/weight",
    "touched bits/weight",
    "SQNR dB",
    "zeros %",
  ]);
  const report = smallReport();
  for (const row of totalsRows(report)) expect(row).toHaveLength(totalsHeadings.length);
  expect(totalsRows({ ...report, model: { ...report.model, bytes: 0 } })[0][2]).toBe("–");
  expect(totalsNote(report)).toContain("of the 6 layers that");
  expect(totalsNote({ ...report, layers: report.layers.slice(0, 1) })).toContain("of the 1 layer that");
});

test("what the source had quantized already is said after the totals; a scheme is data", () => {
  const report = smallReport();
  const layers = report.layers.map((layer) => ({ ...layer, requantized: "<FP8>" }));
  expect(totalsNote(report)).not.toContain("before");
  expect(totalsNote({ ...report, layers }, (name) => `[${name}]`)).toContain(
    "Quantized before: 6 of 6 layers ([<FP8>])",
  );
});

test("cells of a layer: three digits' worth, ∞ for nothing lost, dashes for a layer that a variant lacks", () => {
  const report = losslessReport();
  expect(measureHeadings).toEqual(["SQNR dB", "bits/w", "zeros %"]);
  expect(measureCells(report.layers[0], 0)[0]).toBe("∞");
  expect(measureCells(report.layers[1], 1)).toEqual(["–", "–", "–"]);
  expect(measureCells(report.layers[3], 0)).toEqual([
    expect.stringMatching(/^\d+\.\d$/),
    expect.stringMatching(/^\d\.\d\d$/),
    expect.stringMatching(/^\d+\.\d$/),
  ]);
});

test("the worst layers name their variant where there are several", () => {
  const report = smallReport();
  expect(worstList(report, itself)).toHaveLength(5);
  expect(worstList(report, itself)[0]).toMatch(/ \d+\.\d dB \(.+\)$/);
  const one = {
    ...report,
    variants: report.variants.slice(0, 1),
    layers: report.layers.map((layer) => ({ ...layer, variants: layer.variants.slice(0, 1) })),
  };
  expect(worstList(one, itself)[0]).toMatch(/ dB$/);
});

test("layers are listed by block, not as the file sorts their names", () => {
  const blocks = layersInOrder(deepReport()).flatMap(({ blockIndex }) => blockIndex ?? []);
  expect(blocks).toEqual([...blocks].sort((a, b) => a - b));
});

test("the text alternative holds the totals of each variant and the worst layers", () => {
  const report = smallReport();
  const words = textAlternative(report, itself);
  for (const { name } of report.variants) expect(words).toContain(`${name}: `);
  expect(words).toMatch(/bits\/weight, SQNR \d+\.\d dB, \d+\.\d % zeros in 6 touched layers\./);
  expect(words).toContain("Worst layers: ");
  const [first] = report.variants;
  const lossless = { ...report, variants: [{ ...first, touched: { ...first.touched, sqnrDb: null } }], layers: [] };
  expect(textAlternative(lossless, itself)).toMatch(/, nothing lost, .*No layer lost anything\.$/);
});
