import { percent, significant } from "../../../extension/figures/numbers";

test("three digits, ∞ for what is infinite, shares as percentages", () => {
  expect([significant(0.0123456), significant(null)]).toEqual(["0.0123", "∞"]);
  expect(percent(0.4378)).toBe("43.8 %");
});
