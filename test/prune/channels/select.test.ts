import fc from "fast-check";
import { leastOf } from "../../../kernel/prune/channels/select";

describe("leastOf", () => {
  test("gives the indices of the least, ascending by index", () => {
    expect(leastOf(Float64Array.of(5, 1, 4, 2), 2)).toEqual([1, 3]);
  });

  test("takes the lowest index of equal scores, and no more than asked", () => {
    expect(leastOf(Float64Array.of(2, 1, 2, 2), 2)).toEqual([0, 1]);
    expect(leastOf(Float64Array.of(0, 0, 0), 2)).toEqual([0, 1]);
  });

  test("gives none for zero or less, and all where more are asked than there are", () => {
    expect(leastOf(Float64Array.of(1, 2), 0)).toEqual([]);
    expect(leastOf(Float64Array.of(1, 2), -1)).toEqual([]);
    expect(leastOf(Float64Array.of(2, 1), 5)).toEqual([0, 1]);
    expect(leastOf(new Float64Array(0), 1)).toEqual([]);
  });

  test("does not change its input", () => {
    const scores = Float32Array.of(3, 1, 2);
    leastOf(scores, 2);
    expect(Array.from(scores)).toEqual([3, 1, 2]);
  });

  test("agrees with a stable sort", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3, max: 3 })), fc.nat(12), (values, count) => {
        const stable = values.map((_, i) => i).sort((a, b) => values[a] - values[b] || a - b);
        expect(leastOf(Float64Array.from(values), count)).toEqual(stable.slice(0, count).sort((a, b) => a - b));
      }),
    );
  });
});
