import { OptionError } from "../../kernel";
import {
  checkAxes,
  inverseOrder,
  isOwnLayout,
  layoutOf,
  orderedAxes,
  orderedShape,
  permuted,
  rowsShape,
  toMethodOrder,
  toOwnOrder,
} from "../../kernel/tensor/layout";
import { layouts, torchValues, turnedByIndex } from "./layouts";

const counted = (shape: readonly number[]) =>
  Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, (_, i) => i);

describe.each(Object.entries(layouts))("%s", (_, { shape, axes, matrix, matrices, order }) => {
  test("is so many matrices (out, in, …) for a method", () => {
    const layout = layoutOf(shape, axes);
    const isMoved = order.some((axis, at) => axis !== at);
    expect(layout).toEqual({ matrices, matrix, ...(isMoved && { order }) });
    expect(rowsShape(layout)).toEqual([matrices * matrix[0], ...matrix.slice(1)]);
    expect(isOwnLayout(shape, axes)).toBe(false);
  });

  test("goes into method order and comes back", () => {
    const values = counted(shape);
    const seen = toMethodOrder(values, shape, axes);
    expect([...seen]).toEqual([...turnedByIndex(values, shape, order)]);
    expect([...toOwnOrder(seen, shape, axes)]).toEqual([...values]);
    const bytes = Uint8Array.from(values, (value) => value % 251);
    expect([...toOwnOrder(toMethodOrder(bytes, shape, axes), shape, axes)]).toEqual([...bytes]);
  });

  test("has axes in order once it is turned", () => {
    const turned = orderedAxes(axes, order);
    expect(layoutOf(orderedShape(shape, order), turned)).toEqual({ matrices, matrix });
    expect(orderedShape(orderedShape(shape, order), inverseOrder(order))).toEqual(shape);
  });
});

test.each([
  { shape: [4, 6], axes: undefined },
  { shape: [4, 6], axes: { output: [0], input: [1], stacked: [] } },
  { shape: [4, 6, 3, 3], axes: { output: [0], input: [1], stacked: [] } },
  { shape: [4, 2, 3], axes: { output: [0], input: [1, 2], stacked: [] } },
  { shape: [7], axes: { output: [0], input: [], stacked: [] } },
  { shape: [], axes: undefined },
])("$shape is its own matrix where its axes are in order, and its values are not copied", ({ shape, axes }) => {
  expect(layoutOf(shape, axes)).toEqual({ matrices: 1, matrix: shape });
  expect(isOwnLayout(shape, axes)).toBe(true);
  const values = counted(shape);
  expect(toMethodOrder(values, shape, axes)).toBe(values);
  expect(toOwnOrder(values, shape, axes)).toBe(values);
});

test("axes of one entry may stand anywhere; a stack of one is a matrix", () => {
  expect(layoutOf([5, 1, 7], { output: [1], input: [2], stacked: [0] })).toEqual({ matrices: 5, matrix: [1, 7] });
  expect(layoutOf([1, 1, 5, 7], { output: [2], input: [3], stacked: [] })).toEqual({
    matrices: 1,
    matrix: [5, 7, 1, 1],
  });
  expect(layoutOf([1, 5, 7], { output: [1], input: [2], stacked: [0] })).toEqual({ matrices: 1, matrix: [5, 7] });
});

test.each([
  [
    [33, 65],
    [1, 0],
  ],
  [
    [64, 31],
    [0, 1],
  ],
  [
    [3, 5, 40, 70],
    [3, 2, 0, 1],
  ],
  [
    [3, 5, 40, 70],
    [1, 0, 2, 3],
  ],
  [
    [2, 33, 3, 34],
    [0, 3, 2, 1],
  ],
  [
    [1, 40, 1, 9],
    [3, 2, 1, 0],
  ],
  [
    [0, 4],
    [1, 0],
  ],
  [[6], [0]],
  [
    [1, 1],
    [1, 0],
  ],
])("a permutation of %j by %j takes each value where its index says", (shape, order) => {
  const values = counted(shape);
  const result = permuted(values, shape, order);
  expect(Buffer.compare(Buffer.from(result.buffer), Buffer.from(turnedByIndex(values, shape, order).buffer))).toBe(0);
  expect([...values.slice(0, 3)]).toEqual([0, 1, 2].slice(0, values.length));
});

test("axes that do not fit the shape are refused by name", () => {
  const wrong = (axes: object, reason: RegExp) => {
    const check = () => checkAxes("fromArrays()", [2, 3], axes as Parameters<typeof checkAxes>[2]);
    expect(check).toThrow(OptionError);
    expect(check).toThrow(reason);
  };
  wrong({ output: [2], input: [0], stacked: [] }, /^fromArrays\(\): there is no axis 2 in shape \(2, 3\)/);
  wrong({ output: [-1], input: [0], stacked: [] }, /no axis -1/);
  wrong({ output: [0.5], input: [], stacked: [] }, /no axis 0\.5/);
  wrong({ output: [1], input: [1], stacked: [] }, /axis 1 is named twice/);
  wrong({ output: [1], input: [0] }, /one of its lists is missing/);
  const right = { output: [1], input: [0], stacked: [] };
  expect(checkAxes("", [2, 3], right)).toBe(right);
});

test("the weights of these tests differ from matrix to matrix", () => {
  const { "experts (experts, out, in)": experts } = layouts;
  const values = torchValues(experts);
  const largest = [0, 1, 2].map((e) => Math.max(...values.subarray(e * 384, (e + 1) * 384).map(Math.abs)));
  expect(largest[1]).toBeLessThan(largest[0] / 5);
  expect(largest[2]).toBeLessThan(largest[1] / 5);
});
