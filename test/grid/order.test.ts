import * as fc from "fast-check";
import { sortValues, valueOfRank } from "../../kernel/grid/order";
import { generateWeights } from "../quantize/generator";

describe("order", () => {
  test("radix sort is the sort, and ranks agree", () => {
    const values = generateWeights(9_001, 3);
    values.set([0, -0, Infinity, -Infinity, 2 ** -149, -(2 ** -149)], 17);
    const sorted = sortValues(values);
    expect(sorted).toEqual(values.slice().sort());
    for (const rank of [0, 1, 4_500, 8_999, 9_000]) expect(valueOfRank(values, rank)).toBe(sorted[rank]);
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1, maxLength: 40, noNaN: true }), fc.nat(), (list, n) => {
        expect(valueOfRank(list, n % list.length)).toBe(list.slice().sort()[n % list.length]);
      }),
    );
  });
});
