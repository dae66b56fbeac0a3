import { quantities, quantityLabels, quantityOf } from "../../../extension/figures/quantities";
import { losslessReport } from "../../fixtures/report/reports";

const [exact] = losslessReport().layers[0].variants;
if (!exact) throw new Error("the fixture has this variant");

test("everything that is measured, in the order of the labels, with units", () => {
  expect(quantities(exact).map(({ label }) => label)).toEqual(quantityLabels);
  expect(quantityLabels).toEqual([
    "SQNR",
    "t²",
    "RMSE",
    "MSE",
    "1 − cos",
    "largest error",
    "zeros",
    "bits/weight",
    "entropy, bits",
  ]);
  expect(
    quantities(exact)
      .slice(0, 7)
      .map(({ value }) => value),
  ).toEqual(["lossless", "0", "0", "0", "0", "0", "0.0 %"]);
});

test("one measure of anything that has it", () => {
  expect(quantityOf("entropyBits", {})).toBe("–");
  expect([quantityOf("sqnrDb", { sqnrDb: 20.77 }), quantityOf("cosine", { cosine: 0.9 })]).toEqual([
    "20.8 dB",
    "0.100",
  ]);
});
