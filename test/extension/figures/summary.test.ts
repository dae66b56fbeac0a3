import { layerSentence, modelSentence, modelViewSummary, reportSummary } from "../../../extension/figures/summary";
import type { ModelView } from "../../../kernel/report/model";
import { losslessReport, smallReport } from "../../fixtures/report/reports";
import { payloadModel } from "../payloads";
import { stateOf } from "../placed";

test("in words: the totals and the five worst layers", () => {
  const report = smallReport();
  const words = reportSummary(report, stateOf(report));
  expect(words).toHaveLength(1 + 2 + 1);
  expect(words[1]).toMatch(/^linear 4-bit g64: [\d.]+ KiB, [\d.]+ bits per weight over the whole model/);
  expect(words[3].split(";")).toHaveLength(5);
  expect(layerSentence(report, 0, stateOf(report))).toMatch(
    /^h\.0\.attn\.c_attn\.weight, 64 × 192\. linear 4-bit g64: SQNR [\d.]+ dB, [\d.]+ % zeros, 4\.\d\d bits per weight/,
  );
});

test("what lost nothing is said to be lossless; a variant that lacks the layer is not mentioned", () => {
  const report = losslessReport();
  expect(layerSentence(report, 0, stateOf(report))).toContain("linear 4-bit g64: SQNR lossless, 0.0 % zeros, ");
  expect(layerSentence(report, 1, stateOf(report))).not.toContain(report.variants[1].name);
  const alone = { ...report, layers: report.layers.slice(0, 1) };
  expect(reportSummary(alone, stateOf(alone, { hidden: [1] })).at(-1)).toBe("No layer lost anything.");
});

test("the measure that the reader chose stands in the words", () => {
  const report = smallReport();
  const chosen = stateOf(report, { measure: "cosine", hidden: [1] });
  expect(reportSummary(report, chosen).at(-1)).toMatch(/^Worst layers by 1 − cos: /);
  expect(layerSentence(report, 0, chosen)).toMatch(/: 1 − cos 0\.0\d+, /);
});

test("a model in a sentence, its invisible characters written out", () => {
  const model = { name: "a\u202eb", format: "npz", parameters: 12345, bytes: 2048 };
  expect(modelSentence(model)).toBe("a\\u{202e}b: 12.3 k parameters, 2.00 KiB, npz.");
  expect(modelViewSummary(payloadModel() as ModelView)).toMatch(/ \d+ tensors\.$/);
});
