import { cutWindows } from "../../../kernel/quantize/cuts/cut-windows";
import { intervalSums } from "../../../kernel/quantize/cuts/interval-cost";
import { optimalCuts } from "../../../kernel/quantize/cuts/optimal-codebook";
import { generateWeights } from "../generator";

test.each([
  [3000, 4],
  [3000, 16],
  [500, 2],
])("of %d values and %d intervals the windows hold the best cuts", (count, k) => {
  const values = Float64Array.from(new Set(generateWeights(count, 7))).sort();
  const multiplicity = new Uint32Array(values.length).fill(1);
  const cuts = optimalCuts(values, multiplicity, k);
  const windows = cutWindows(intervalSums(values, multiplicity), k);
  if (!windows) throw new Error("no windows");
  const { places, lowest, highest } = windows;
  expect([places[0], places[places.length - 1]]).toEqual([0, values.length]);
  expect(places.length).toBeLessThan(values.length / 2);
  Array.from(cuts).forEach((cut, l) => {
    const at = places.indexOf(cut);
    expect([cut, at >= lowest[l] && at <= highest[l]]).toEqual([cut, true]);
  });
});
