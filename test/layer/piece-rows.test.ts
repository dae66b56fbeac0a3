import { NonFiniteError } from "../../kernel/errors";
import { allRows, commonDivisor, rowsAtOnce, surveyRange } from "../../kernel/layer/piece-rows";
import { weightReader } from "../../kernel/layer/weight-reader";
import { robustRange } from "../../kernel/measure/histogram";
import { layoutOf } from "../../kernel/tensor/layout";
import { gaussianWeights } from "../blocks/weights";

const plain = (...shape: number[]) => layoutOf(shape, undefined);

test("pieces hold some 49,152 weights in whole multiples of rows, and whole blocks of sums where that fits", () => {
  expect(rowsAtOnce(plain(512, 384), 1)).toBe(128);
  expect(rowsAtOnce(plain(700, 1000), 16)).toBe(48);
  expect(rowsAtOnce(plain(8, 100_000), 1)).toBe(1);
  expect(rowsAtOnce(plain(1000, 4096), undefined)).toBeUndefined();
  // One piece is no piece.
  expect(rowsAtOnce(plain(96, 512), 1)).toBeUndefined();
  expect(rowsAtOnce(plain(100, 1000), 128)).toBeUndefined();
  expect([commonDivisor(12, 18), commonDivisor(7, 3), commonDivisor(4, 0)]).toEqual([6, 1, 4]);
});

test("a stack has the rows of all its matrices", () => {
  expect(allRows({ shape: [4, 6, 5], axes: { stacked: [0], output: [1], input: [2] } })).toEqual([24, 5]);
});

test("the range is that of all weights; a NaN has its place in the layer", () => {
  const values = gaussianWeights(60_000, 3);
  const job = { input: { values }, dtype: "F32", shape: [60, 1000] };
  const words = { label: "magnitude 50 %", name: "fc" };
  expect(surveyRange(weightReader(job, false), 7000, words)).toEqual(robustRange(values));
  values[31_234] = NaN;
  const error = (): unknown => surveyRange(weightReader(job, false), 7000, words);
  expect(error).toThrow(NonFiniteError);
  expect(error).toThrow("weight 31234 is NaN; magnitude 50 % needs finite weights");
});
