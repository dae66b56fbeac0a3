import { NonFiniteError } from "../../kernel/errors";
import { section } from "../../kernel/network/channels";
import { tasks } from "../../kernel/surgery/tasks";

const { channelSums, headScores, mergeChannels, sumOfSquares } = tasks.functions;

const part = (values: number[], shape: number[], axis = 0, where = section(1), name = "w") => ({
  name,
  values: Float32Array.from(values),
  shape,
  axis,
  section: where,
});

test("channels are summed by norm", () => {
  expect(Array.from(channelSums({ part: part([1, -2, 3, -4], [2, 2]), size: 2, norm: "l1" }).value)).toEqual([3, 7]);
  expect(Array.from(channelSums({ part: part([1, -2, 3, -4], [2, 2]), size: 2, norm: "l2" }).value)).toEqual([5, 25]);
});

test("a head's score is ‖O·V‖, by hand", () => {
  // One value a head: V rows (3, 0, 4) and (0, 1, 0), O columns (1, 2) and (5, 0).
  const value = part([3, 0, 4, 0, 1, 0], [2, 3], 0, section(1), "v");
  const output = part([1, 5, 2, 0], [2, 2], 1, section(1), "o");
  const scores = headScores({ value, output, size: 2, queries: 1 }).value;
  expect(scores[0]).toBeCloseTo(Math.sqrt(125), 6);
  expect(scores[1]).toBeCloseTo(5, 6);
});

test("heads that share a key add up over their queries", () => {
  const value = part([3, 4], [1, 2], 0, section(1), "v");
  const output = part([1, 2], [1, 2], 1, section(2), "o");
  expect(headScores({ value, output, size: 1, queries: 2 }).value[0]).toBeCloseTo(Math.sqrt(25 * (1 + 4)), 6);
});

test("queries of a head lie behind those of the head before, from where the section begins", () => {
  const value = part([9, 9, 1, 0, 0, 1], [3, 2], 0, section(1, 1), "v");
  // Columns: one of no head, then two of head 0 and two of head 1.
  const output = part([9, 1, 2, 3, 4], [1, 5], 1, section(2, 1), "o");
  const scores = headScores({ value, output, size: 2, queries: 2 }).value;
  expect(scores[0]).toBeCloseTo(Math.sqrt(1 + 4), 6);
  expect(scores[1]).toBeCloseTo(Math.sqrt(9 + 16), 6);
});

test("a query reads as many columns as a value has entries", () => {
  // V = (1; 1), O = (1, 2) for the first query and (3, 4) for the second: 3² + 7².
  const value = part([1, 1], [2, 1], 0, section(2), "v");
  const output = part([1, 2, 3, 4], [1, 4], 1, section(4), "o");
  expect(headScores({ value, output, size: 1, queries: 2 }).value[0]).toBeCloseTo(Math.sqrt(9 + 49), 6);
});

test("neurons are merged by all the weights that make them", () => {
  const weight = part([1, 0, 0, 1, 2, 0], [3, 2]);
  const bias = (values: number[]) => part(values, [3], 0, section(1), "b");
  const lists = (values: number[]) =>
    Array.from(mergeChannels({ parts: [weight, bias(values)], size: 3, kept: 2, homogeneous: false }).value.members);
  expect(lists([0, 0, 0])).toEqual([0, 2, 1]);
  // Biases that point apart: now the first two are nearest.
  expect(lists([5, 5, -5])).toEqual([0, 1, 2]);
});

test("squares are summed in order", () => {
  expect(sumOfSquares({ name: "w", values: Float32Array.of(1, -2, 3) })).toBe(14);
  expect(sumOfSquares({ name: "w", values: new Float32Array(0) })).toBe(0);
});

test("weights that are not finite are told by the layer's name and the method", () => {
  const bad = part([1, NaN], [2, 1], 0, section(1), "fc");
  expect(() => channelSums({ part: bad, size: 2, norm: "l1" })).toThrow(
    "fc: weight 1 is NaN; nodes needs finite weights",
  );
  expect(() => mergeChannels({ parts: [bad], size: 2, kept: 1, homogeneous: true })).toThrow(
    "merge needs finite weights",
  );
  expect(() => sumOfSquares({ name: "fc", values: Float32Array.of(Infinity) })).toThrow(NonFiniteError);
  const fine = part([1, 1], [2, 1], 0, section(1), "v");
  expect(() =>
    headScores({ value: fine, output: part([1, NaN], [1, 2], 1, section(1), "o"), size: 2, queries: 1 }),
  ).toThrow("o: weight 1 is NaN; heads");
});
