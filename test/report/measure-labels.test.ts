import { measureError } from "../../kernel/measure/error";
import {
  formatMeasure,
  measureDigits,
  measureHeading,
  measureNote,
  measurePhrase,
  spoken,
} from "../../kernel/report/measure-labels";
import { smallReport } from "../fixtures/report/reports";

const [variant] = smallReport().layers[0].variants;
if (!variant) throw new Error("the fixture has variants");
const exact = measureError(Float32Array.of(1, 2), Float32Array.of(1, 2));

test("numbers with their digits, units and words", () => {
  const m = { ...variant, sqnrDb: 20.77, sparsity: 0.4378, bitsPerWeight: 4.7099, cosine: 0.75, maxAbsError: 0.00452 };
  expect(measureDigits("sqnrDb", m)).toBe("20.8");
  expect(measureDigits("cosine", m)).toBe("0.250");
  expect(["sqnrDb", "sparsity", "bitsPerWeight"].map((key) => measurePhrase(key as "sqnrDb", m))).toEqual([
    "20.8 dB",
    "43.8 % zeros",
    "4.71 bits/weight",
  ]);
  expect([
    formatMeasure("sqnrDb", 20.77),
    formatMeasure("maxAbsError", 0.00452),
    formatMeasure("sparsity", 0.5),
  ]).toEqual(["20.8 dB", "0.00452", "50.0 %"]);
  expect([measureHeading("sqnrDb"), measureHeading("sparsity"), measureHeading("bitsPerWeight")]).toEqual([
    "SQNR dB",
    "zeros %",
    "bits/weight",
  ]);
  expect([measureNote("rootMeanSquareError"), measureNote("cosine"), measureNote("targetSparsity")]).toEqual([
    "RMSE, lower is better",
    "1 − cosine, lower is better",
    "target",
  ]);
  expect(spoken("bits/weight")).toBe("bits per weight");
});

test("an infinite number is ∞ in static forms and lossless in live ones; a missing one is a dash", () => {
  expect([measureDigits("sqnrDb", exact), formatMeasure("sqnrDb", exact.sqnrDb), measureDigits("sqnrDb", {})]).toEqual([
    "∞",
    "lossless",
    "–",
  ]);
});
