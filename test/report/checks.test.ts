import {
  allMeasures,
  errorMeasures,
  histogram,
  measured,
  modelSummary,
  tensorSummary,
  viewLimits,
} from "../../kernel/report/checks";
import { errorKeys, measureKeys, measures } from "../../kernel/report/measures";
import { readerOf } from "../../kernel/report/reader";
import { levelLimit } from "../../kernel/report/types";
import { smallReport } from "../fixtures/report/reports";

const [layer] = smallReport().layers;
const variant = { ...layer.variants[0], targetSparsity: 0.5 };

test("a model and a tensor are copied field by field, optional ones where they are", () => {
  const model = { name: "m", format: "gguf", parameters: 3, bytes: 12 };
  expect(modelSummary(readerOf({ ...model, more: 1 }))).toEqual(model);
  expect(modelSummary(readerOf({ ...model, sha256: "ab", source: "hf:x" }))).toEqual({
    ...model,
    sha256: "ab",
    source: "hf:x",
  });
  const { variants, ...tensor } = layer;
  expect(variants).toHaveLength(2);
  expect(tensorSummary(readerOf(layer))).toEqual(tensor);
});

test("a histogram whose axis runs backwards, or with more bins than are drawn, is refused", () => {
  const good = { minimum: 0, maximum: 1, counts: [1, 2], below: 0, above: 0 };
  expect(histogram(readerOf(good))).toEqual(good);
  expect(() => histogram(readerOf({ ...good, maximum: -1 }))).toThrow("ends before it begins");
  expect(() => histogram(readerOf({ ...good, counts: Array(viewLimits.bins + 1).fill(0) }))).toThrow("4097 entries");
});

test("every measure of the table is read, and within its range only", () => {
  expect(Object.keys(allMeasures(readerOf(variant)))).toEqual([...measureKeys]);
  expect(Object.keys(errorMeasures(readerOf(variant)))).toEqual([...errorKeys]);
  const outside = { number: "0", "number or infinite": "0", "not negative": -1, whole: 1.5, share: 1.01 } as const;
  for (const key of measureKeys) {
    const refused = outside[measures[key].range];
    expect(() => measured(readerOf({ ...variant, [key]: refused }), [key])).toThrow(key);
    const without = Object.fromEntries(Object.entries(variant).filter(([name]) => name !== key));
    if (measures[key].isOptional) expect(measured(readerOf(without), [key])).toEqual({});
    else expect(() => measured(readerOf(without), [key])).toThrow(`${key} is missing`);
  }
});

test("as many levels are drawn as a report lists", () => {
  expect(viewLimits.levels).toBe(levelLimit);
});
