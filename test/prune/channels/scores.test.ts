import { section } from "../../../kernel/network/channels";
import { channelMatrix, channelSums, channelVectors } from "../../../kernel/prune/channels/scores";

const values = Float32Array.of(1, -2, 3, -4, 5, -6); // (2, 3)

describe("channelSums", () => {
  test("sums |w| or w² over the rows of each channel", () => {
    const rows = { values, shape: [2, 3], axis: 0, section: section(1) };
    expect(Array.from(channelSums(rows, 2, "l1"))).toEqual([6, 15]);
    expect(Array.from(channelSums(rows, 2, "l2"))).toEqual([14, 77]);
  });

  test("sums over columns, and over channels of several entries", () => {
    const columns = { values, shape: [2, 3], axis: 1, section: section(1) };
    expect(Array.from(channelSums(columns, 3, "l1"))).toEqual([5, 7, 9]);
    const wide = { values: Float32Array.of(1, 2, 3, 4), shape: [4, 1], axis: 0, section: section(2) };
    expect(Array.from(channelSums(wide, 2, "l1"))).toEqual([3, 7]);
  });

  test("leaves out entries of no channel", () => {
    const second = { values, shape: [2, 3], axis: 1, section: section(1, 1) };
    expect(Array.from(channelSums(second, 2, "l1"))).toEqual([7, 9]);
  });

  test("adds the repeats of a channel", () => {
    const flattened = {
      values: Float32Array.of(1, 2, 3, 4),
      shape: [1, 4],
      axis: 1,
      section: section(1, 0, { repeat: 2, period: 2 }),
    };
    expect(Array.from(channelSums(flattened, 2, "l1"))).toEqual([4, 6]);
  });
});

describe("channelVectors", () => {
  test("lays a channel's weights of all tensors side by side", () => {
    const weight = { values, shape: [2, 3], axis: 0, section: section(1) };
    const bias = { values: Float32Array.of(7, 8), shape: [2], axis: 0, section: section(1) };
    expect(Array.from(channelVectors([weight, bias], 2))).toEqual([1, -2, 3, 7, -4, 5, -6, 8]);
  });

  test("takes columns too", () => {
    const turned = { values, shape: [2, 3], axis: 1, section: section(1) };
    expect(Array.from(channelVectors([turned], 3))).toEqual([1, -4, -2, 5, 3, -6]);
  });

  test("takes both halves of a fused weight by their sections", () => {
    const fused = Float32Array.of(1, 2, 3, 4); // (4, 1): [gate | up]
    const half = (start: number) => ({ values: fused, shape: [4, 1], axis: 0, section: section(1, start) });
    expect(Array.from(channelVectors([half(0), half(2)], 2))).toEqual([1, 3, 2, 4]);
  });
});

describe("channelMatrix", () => {
  const read = (view: ReturnType<typeof channelMatrix>) =>
    Array.from({ length: view.rows }, (_, row) =>
      Array.from({ length: view.columns }, (_, column) => view.values[row * view.rowStep + column * view.columnStep]),
    );

  test("is rows of the matrix from the first on", () => {
    const part = { values, shape: [2, 3], axis: 0, section: section(1) };
    expect(read(channelMatrix(part, 1, 1, false))).toEqual([[-4, 5, -6]]);
    expect(read(channelMatrix(part, 0, 2, true))).toEqual([
      [1, -4],
      [-2, 5],
      [3, -6],
    ]);
  });

  test("is columns of the matrix, as (channels, others) or turned", () => {
    const part = { values, shape: [2, 3], axis: 1, section: section(1) };
    expect(read(channelMatrix(part, 1, 2, false))).toEqual([
      [-2, 5],
      [3, -6],
    ]);
    expect(read(channelMatrix(part, 1, 2, true))).toEqual([
      [-2, 3],
      [5, -6],
    ]);
  });
});
