import {
  colourDomain,
  decibelDomain,
  lowestDecibels,
  shareColourDomain,
  shareColourMaximum,
} from "../../kernel/report/domains";
import { losslessReport, smallReport } from "../fixtures/report/reports";

test("colour is clipped only by what lies far outside", () => {
  const even = Array.from({ length: 101 }, (_, k) => k);
  expect(colourDomain(even)).toEqual({ minimum: 0, maximum: 100, clipped: false });
  expect(colourDomain([...even, -400])).toMatchObject({ minimum: 1, clipped: true });
  expect(colourDomain([])).toEqual({ minimum: 0, maximum: 1, clipped: false });
  expect(shareColourDomain([even, even.map((v) => v + 50)])).toBe(true);
  expect(shareColourDomain([even, [500, 501]])).toBe(false);
});

test("decibels run from zero, or from below it, but never below the lowest; what lost nothing stands beyond", () => {
  expect(decibelDomain(losslessReport())).toMatchObject({ minimum: lowestDecibels, lossless: true });
  const small = smallReport();
  const best = Math.max(...small.layers.flatMap((l) => l.variants.flatMap((v) => v?.sqnrDb ?? [])));
  expect(decibelDomain(small)).toEqual({ minimum: 0, maximum: best, lossless: false });
  expect(decibelDomain({ ...small, layers: [] })).toEqual({ minimum: 0, maximum: 10, lossless: false });
});

test("a scale for shares ends at the least round share that holds them all", () => {
  expect([[], [0.1], [0.11], [0.5, 0.2], [0.81]].map((shares) => shareColourMaximum(shares))).toEqual([
    0.1, 0.1, 0.2, 0.6, 1,
  ]);
});
