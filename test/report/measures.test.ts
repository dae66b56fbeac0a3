import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  badness,
  errorChoices,
  errorKeys,
  isLossless,
  measureKeys,
  measures,
  panels,
  shownIn,
  shownValue,
} from "../../kernel/report/measures";
import { measureError } from "../../kernel/measure/error";
import { smallReport } from "../fixtures/report/reports";

const [variant] = smallReport().layers[0].variants;
if (!variant) throw new Error("the fixture has variants");
const exact = measureError(Float32Array.of(1, 2), Float32Array.of(1, 2));

test("the formula of each measure is the one that its field in the contract states", () => {
  const types = readFileSync(join(__dirname, "../../../kernel/report/types.ts"), "utf8");
  for (const key of measureKeys) {
    const fields = [...types.matchAll(new RegExp(`/\\*\\*((?:(?!\\*/)[^])*)\\*/\\s*readonly ${key}\\??:`, "g"))];
    expect([
      key,
      fields.some(([, words]) => words.replace(/\s*\n\s*\*\s*/g, " ").includes(measures[key].formula)),
    ]).toEqual([key, true]);
  }
});

test("what each is called: in a table, with its unit, in a sentence, and which way is better", () => {
  const words = measureKeys.map((key) => {
    const { label, narrow, unit, phrase, better, column } = measures[key];
    return [column, narrow ?? label, label, unit, phrase, better];
  });
  expect(words).toEqual([
    ["bytes", "bytes", "bytes", "B", "bytes", "lower"],
    ["bits_per_weight", "bits/w", "bits/weight", "", "bits/weight", "lower"],
    ["mean_squared_error", "MSE", "MSE", "", "MSE", "lower"],
    ["root_mean_square_error", "RMSE", "RMSE", "", "RMSE", "lower"],
    ["sqnr_db", "SQNR", "SQNR", "dB", "dB", "higher"],
    ["relative_error", "t²", "t²", "", "t²", "lower"],
    ["cosine", "1 − cos", "1 − cos", "", "1 − cos", "lower"],
    ["max_abs_error", "largest error", "largest error", "", "largest error", "lower"],
    ["sparsity", "zeros", "zeros", "%", "% zeros", null],
    ["target_sparsity", "target", "target", "%", "% zeros aimed at", null],
    ["entropy_bits", "entropy, bits", "entropy, bits", "", "bits of entropy", "lower"],
  ]);
});

test("every place shows measures of the table, and those with a choice have a name in the settings", () => {
  for (const places of Object.values(shownIn)) for (const key of places) expect(measureKeys).toContain(key);
  for (const key of panels.flatMap((panel) => panel.measures)) expect(measureKeys).toContain(key);
  expect(errorChoices.map((key) => measures[key].setting)).toEqual(["sqnr", "t2", "rmse", "mse", "cosine"]);
  expect(shownIn.steps.every((key) => (errorKeys as readonly string[]).includes(key))).toBe(true);
  const names = measureKeys.map((key) => measures[key].column);
  expect(new Set(names).size).toBe(names.length);
});

test("the fields that compare w′ with w are those that measureError gives", () => {
  expect([...errorKeys].sort()).toEqual(Object.keys(exact).sort());
});

test("a value that is missing is undefined", () => {
  expect(shownValue("targetSparsity", {})).toBeUndefined();
});

test("rounding never shows a cosine distance below zero", () => {
  expect(shownValue("cosine", { cosine: 1 + 1e-16 + 2e-16 })).toBe(0);
});

test("what lost nothing is the least bad, whichever way the measure runs", () => {
  expect([isLossless(exact), isLossless(variant), isLossless({ meanSquaredError: 0, sqnrDb: 3 })]).toEqual([
    true,
    false,
    true,
  ]);
  const worse = { ...variant, sqnrDb: 1, rootMeanSquareError: 9 };
  const better = { ...variant, sqnrDb: 30, rootMeanSquareError: 0.1 };
  for (const key of ["sqnrDb", "rootMeanSquareError"] as const)
    expect(badness(key, worse)).toBeGreaterThan(badness(key, better));
  expect(badness("sqnrDb", exact)).toBe(-Infinity);
});
