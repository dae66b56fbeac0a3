import {
  binCounts,
  noChange,
  countBins,
  countZeros,
  fastErrors,
  mergeErrorSums,
  noErrorSums,
  plainErrors,
  sumBlock,
  sumErrorBlock,
} from "../../kernel/loops/errors";

const w = Float32Array.of(1, -2, 0, 4, -0.5);
const v = Float32Array.of(2, -2, -0, 1, 0.5);
/** Differences 1, 0, 0, −3, 1. */
const sums = {
  count: 5,
  squaredError: 11,
  squaredBefore: 21.25,
  squaredAfter: 9.25,
  product: 2 + 4 + 0 + 4 - 0.25,
  maxAbsError: 3,
};

describe.each([
  ["plain", plainErrors],
  ["fast", fastErrors],
])("%s", (_, loops) => {
  test("by hand: five weights", () => {
    expect(loops.sum(w, v)).toEqual(sums);
    expect(loops.sum(new Float32Array(0), new Float32Array(0))).toEqual(noErrorSums);
  });

  test.each([4, 64])("sums, zeros and %d bins in one pass", (bins) => {
    const change = loops.compare(w, v, { minimum: -2, maximum: 2, bins }, noChange(bins));
    expect(change.sums).toEqual(sums);
    expect(change.zeros).toBe(1);
    const [before, after] = [binCounts(change.binsBefore), binCounts(change.binsAfter)];
    expect(before).toMatchObject({ below: 0, above: 1 });
    expect(after).toMatchObject({ below: 0, above: 0 });
    const filled = ({ counts }: { counts: number[] }) =>
      counts.flatMap((count, bin) => (count > 0 ? [[(bin * 4) / bins - 2, count]] : []));
    // −0.5 lies in [−1, 0) of four bins, in [−0.5, −0.4375) of 64; 2, the upper end, in the last.
    const last = 2 - 4 / bins;
    expect(filled(before)).toEqual(
      bins === 4
        ? [
            [-2, 1],
            [-1, 1],
            [0, 1],
            [1, 1],
          ]
        : [
            [-2, 1],
            [-0.5, 1],
            [0, 1],
            [1, 1],
          ],
    );
    expect(filled(after)).toEqual(
      bins === 4
        ? [
            [-2, 1],
            [0, 2],
            [1, 2],
          ]
        : [
            [-2, 1],
            [0, 1],
            [0.5, 1],
            [1, 1],
            [last, 1],
          ],
    );
  });

  test("what is no number takes part", () => {
    const odd = loops.sum(Float32Array.of(1, 2), Float32Array.of(NaN, 2));
    expect([odd.squaredError, odd.squaredAfter, odd.squaredBefore]).toEqual([NaN, NaN, 5]);
    expect(loops.sum(Float32Array.of(1), Float32Array.of(-Infinity)).maxAbsError).toBe(Infinity);
  });
});

test("the largest difference is that of float64, in whichever block it lies", () => {
  // 1 + 2^−30 and 1 + 2^−29 are both 1 in float32.
  const [less, more] = [2 ** -30, 2 ** -29];
  for (const pair of [
    [less, more],
    [more, less],
  ])
    for (const after of [-1, 1]) {
      const before = new Float32Array(2 * sumBlock);
      const values = new Float32Array(before.length);
      [5, sumBlock + 7].forEach((at, k) => {
        before[at] = -after * pair[k];
        values[at] = after;
      });
      expect(fastErrors.sum(before, values).maxAbsError).toBe(1 + more);
      expect(fastErrors.sum(before.subarray(0, 7), values.subarray(0, 7)).maxAbsError).toBe(1 + pair[0]);
    }
});

test.each([
  [-1, 2],
  [0, 0.3],
  [-7e-5, 0],
  [-3e30, 1e30],
  [5, 6],
  [-1e-30, 1e-31],
])("values at and beside the edges of the bins of %d to %d fall where float64 has them", (least, most) => {
  const [minimum, maximum] = [Math.fround(least), Math.fround(most)];
  const range = { minimum, maximum, bins: 64 };
  const width = (maximum - minimum) / 64;
  const values = Float32Array.from({ length: 67 * 40 }, (_, i) => {
    const edge = Math.fround(minimum + (Math.floor(i / 40) - 1) * width);
    // Whole steps of float32, and of 2^−16 of a bin.
    const step = i % 2 === 0 ? Math.abs(edge) * 2 ** -23 : width * 2 ** -16;
    return edge + step * ((i % 40) - 20);
  });
  const change = fastErrors.compare(values, values, range, noChange(64));
  expect(binCounts(change.binsBefore)).toEqual(countBins(values, range));
  expect(change.binsAfter).toEqual(change.binsBefore);
});

test("bins hold more values than 16 bits count, inside, below and above", () => {
  const values = new Float32Array(300_000).fill(0.01);
  values.fill(-5, 100_000, 170_000).fill(5, 200_000);
  const range = { minimum: -1, maximum: 1, bins: 64 };
  const { binsBefore, binsAfter, zeros } = fastErrors.compare(values, new Float32Array(300_000), range, noChange(64));
  expect([...binsBefore.filter((count) => count > 0)]).toEqual([70_000, 130_000, 100_000]);
  expect(binsBefore[33]).toBe(130_000);
  expect(binsAfter[33]).toBe(300_000);
  expect(zeros).toBe(300_000);
});

test("a block adds up in four accumulators, element i in number i mod 4, the first to the third", () => {
  // Beside 2^54, whose neighbours are 4 away, each 1.5625 alone is lost; the second and the fourth together count.
  const before = Float32Array.of(2 ** 27, 1.25, 0, 1.25);
  const zero = new Float32Array(4);
  expect(sumErrorBlock(before, zero, 0, 4).squaredBefore).toBe(2 ** 54 + 4);
  expect(sumErrorBlock(before, zero, 1, 3)).toMatchObject({ count: 2, squaredBefore: 1.5625 });
});

test("blocks are added, and the largest error is the largest of either", () => {
  const one = { ...sums, maxAbsError: 2 };
  expect(mergeErrorSums(one, sums)).toEqual({
    count: 10,
    squaredError: 22,
    squaredBefore: 42.5,
    squaredAfter: 18.5,
    product: 19.5,
    maxAbsError: 3,
  });
  expect(mergeErrorSums(sums, one).maxAbsError).toBe(3);
  const long = new Float32Array(sumBlock + 3).fill(1);
  expect(plainErrors.sum(long, new Float32Array(long.length))).toMatchObject({
    count: sumBlock + 3,
    squaredError: sumBlock + 3,
  });
});

test("zeros of both signs are zeros; bins have their lower end, the last its upper end too", () => {
  expect(countZeros([0, -0, 1e-45, 2])).toBe(2);
  expect(countBins(Float32Array.of(-3, 0, 1, 2, 3, 4), { minimum: 0, maximum: 3, bins: 3 })).toEqual({
    counts: [1, 1, 2],
    below: 1,
    above: 1,
  });
});
