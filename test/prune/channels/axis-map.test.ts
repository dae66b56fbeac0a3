/** Maps of an axis by hand: cuts, averages and sums, and the way back to the old size. */
import fc from "fast-check";
import {
  applyMap,
  applyMaps,
  applyMapsInSlices,
  expandMaps,
  keepMap,
  mappedShape,
  type AxisMap,
} from "../../../kernel/prune/channels/axis-map";

const numbers = (values: Float32Array) => Array.from(values);
const clustered = (
  kind: "average" | "sum",
  axis: number,
  size: number,
  lists: number[][],
  scale?: number[],
): AxisMap => {
  const starts = new Int32Array(lists.length + 1);
  lists.forEach((list, k) => (starts[k + 1] = starts[k] + list.length));
  const members = Int32Array.from(lists.flat());
  return {
    kind,
    axis,
    size,
    members,
    clusters: { starts, members, scale: Float64Array.from(scale ?? lists.flat().map(() => 1)) },
  };
};
const matrix = Float32Array.of(1, 2, 3, 4, 5, 6); // (2, 3)

describe("a cut", () => {
  test("keeps rows, or columns", () => {
    expect(numbers(applyMap(matrix, [2, 3], keepMap(0, 2, Int32Array.of(1))))).toEqual([4, 5, 6]);
    expect(numbers(applyMap(matrix, [2, 3], keepMap(1, 3, Int32Array.of(0, 2))))).toEqual([1, 3, 4, 6]);
  });

  test("keeps slices in the middle of three dimensions", () => {
    const values = Float32Array.from({ length: 12 }, (_, i) => i); // (2, 3, 2)
    expect(numbers(applyMap(values, [2, 3, 2], keepMap(1, 3, Int32Array.of(2))))).toEqual([4, 5, 10, 11]);
  });

  test("puts zeros where −1 stands", () => {
    expect(numbers(applyMap(matrix, [2, 3], keepMap(1, 3, Int32Array.of(0, -1))))).toEqual([1, 0, 4, 0]);
    expect(numbers(applyMap(matrix, [2, 3], keepMap(0, 2, Int32Array.of(-1, 1))))).toEqual([0, 0, 0, 4, 5, 6]);
  });

  test("may leave nothing", () => {
    expect(numbers(applyMap(matrix, [2, 3], keepMap(0, 2, new Int32Array(0))))).toEqual([]);
    expect(mappedShape([2, 3], [keepMap(0, 2, new Int32Array(0))])).toEqual([0, 3]);
  });
});

describe("clusters", () => {
  test("average incoming weights over their members, without the scale", () => {
    const map = clustered("average", 0, 3, [[0, 2], [1]], [5, 7, 9]);
    expect(numbers(applyMap(Float32Array.of(1, 2, 10, 20, 5, 8), [3, 2], map))).toEqual([3, 5, 10, 20]);
  });

  test("sum outgoing weights, each times its scale", () => {
    const map = clustered("sum", 1, 3, [[0, 2], [1]], [2, 0.5, 3]);
    expect(numbers(applyMap(matrix, [2, 3], map))).toEqual([1 * 2 + 3 * 0.5, 6, 4 * 2 + 6 * 0.5, 15]);
    expect(mappedShape([2, 3], [map])).toEqual([2, 2]);
  });
});

describe("expandMaps", () => {
  test("puts zeros where channels were cut", () => {
    const map = keepMap(1, 3, Int32Array.of(0, 2));
    expect(numbers(expandMaps(Float32Array.of(7, 8, 9, 10), matrix, [2, 3], [map]))).toEqual([7, 0, 8, 9, 0, 10]);
    const rows = keepMap(0, 2, Int32Array.of(-1, 1));
    expect(numbers(expandMaps(Float32Array.of(9, 9, 9, 1, 2, 3), matrix, [2, 3], [rows]))).toEqual([0, 0, 0, 1, 2, 3]);
  });

  test("gives each member of a cluster its scale times what stands for it", () => {
    const map = clustered("average", 0, 3, [[0, 2], [1]], [0.5, 1.5, 1]);
    const original = Float32Array.of(1, 1, 10, 20, 3, 3);
    expect(numbers(expandMaps(Float32Array.of(2, 4, 10, 20), original, [3, 2], [map]))).toEqual([1, 2, 10, 20, 3, 6]);
  });

  test("gives back the very outgoing weights where their sum was not changed", () => {
    const map = clustered("sum", 1, 3, [[0, 2], [1]], [0.1, 0.7, 1]);
    const small = applyMap(matrix, [2, 3], map);
    expect(numbers(expandMaps(small, matrix, [2, 3], [map]))).toEqual(numbers(matrix));
  });

  test("shares the change of a sum out by old + s·rest / Σs²", () => {
    const map = clustered("sum", 0, 2, [[0, 1]], [1, 2]);
    // Σ s·old = 1 + 2·3 = 7; the new sum is 17, the rest 10: 10 / 5 = 2 times each scale.
    expect(numbers(expandMaps(Float32Array.of(17), Float32Array.of(1, 3), [2], [map]))).toEqual([3, 7]);
  });

  test("leaves weights alone whose scales are all zero", () => {
    const map = clustered("sum", 0, 2, [[0, 1]], [0, 0]);
    expect(numbers(expandMaps(Float32Array.of(17), Float32Array.of(1, 3), [2], [map]))).toEqual([1, 3]);
  });

  test("undoes several maps, the last one first", () => {
    const maps = [keepMap(0, 2, Int32Array.of(1)), keepMap(1, 3, Int32Array.of(0, 2))];
    expect(numbers(expandMaps(Float32Array.of(8, 9), matrix, [2, 3], maps))).toEqual([0, 0, 0, 8, 0, 9]);
  });

  test("adds up to the same as the small weights, whatever was changed", () => {
    const value = fc.integer({ min: -64, max: 64 });
    fc.assert(
      fc.property(
        fc.tuple(value, value, value),
        fc.tuple(value, value),
        fc.tuple(value, value, value),
        (old, small, scales) => {
          const map = clustered("sum", 0, 3, [[0, 2], [1]], scales);
          fc.pre(scales[0] !== 0 || scales[1] !== 0);
          fc.pre(scales[2] !== 0);
          const back = expandMaps(Float32Array.from(small), Float32Array.from(old), [3], [map]);
          expect(scales[0] * back[0] + scales[1] * back[2]).toBeCloseTo(small[0], 2);
          expect(scales[2] * back[1]).toBeCloseTo(small[1], 2);
        },
      ),
    );
  });
});

describe("several maps", () => {
  const maps = [keepMap(1, 3, Int32Array.of(2, 0)), clustered("sum", 0, 2, [[0, 1]])];

  test("are applied one after the other", () => {
    expect(numbers(applyMaps(matrix, [2, 3], maps))).toEqual([9, 5]);
    expect(mappedShape([2, 3], maps)).toEqual([1, 2]);
  });

  test("give the same in slices, with pauses between", async () => {
    let pauses = 0;
    const sliced = await applyMapsInSlices(matrix, [2, 3], maps, async () => void pauses++);
    expect(numbers(sliced)).toEqual([9, 5]);
    expect(pauses).toBeGreaterThanOrEqual(maps.length);
  });

  test("give the same in slices where one outer row is the whole tensor", async () => {
    const values = Float32Array.from({ length: 3 * (1 << 19) }, (_, i) => i % 1021);
    const map = keepMap(0, 3, Int32Array.of(2, -1, 0));
    let pauses = 0;
    const sliced = await applyMapsInSlices(values, [3, 1 << 19], [map], async () => void pauses++);
    expect(Buffer.compare(Buffer.from(sliced.buffer), Buffer.from(applyMap(values, [3, 1 << 19], map).buffer))).toBe(0);
    expect(pauses).toBe(2);
  });

  test("none at all leave the values", () => {
    expect(expandMaps(matrix, matrix, [2, 3], [])).toBe(matrix);
    expect(applyMaps(matrix, [2, 3], [])).toBe(matrix);
  });
});
