import { memoryBytes, memoryViews } from "../../kernel/simd/layer-memory";
import { inRuns, pieceWeights, type TileShape } from "../../kernel/simd/runs";

/** The runs over an array of the weights' numbers and a table of the tiles' numbers: first weight, weights, first tile, width. */
function runsOf(shape: TileShape): number[][] {
  const perRow = shape.columns === 0 ? 0 : Math.ceil(shape.columns / shape.width);
  const weights = Float32Array.from({ length: shape.rows * shape.columns }, (_, i) => i);
  const tiles = Float32Array.from({ length: perRow * Math.ceil(shape.rows / shape.height) }, (_, i) => i);
  const runs: number[][] = [];
  const { floats } = memoryViews();
  inRuns(shape, [{ array: weights, use: "in" }], [{ array: tiles, use: "in" }], ([x], [t], count, width) => {
    expect(floats[x / 4 + count - 1]).toBe(floats[x / 4] + count - 1);
    runs.push([floats[x / 4], count, floats[t / 4], width]);
  });
  return runs;
}

test("rows that tiles divide go together", () => {
  expect(runsOf({ rows: 3, columns: 4, width: 2, height: 1 })).toEqual([[0, 12, 0, 2]]);
});

test("rows that they do not divide go one by one, with the tiles of each", () => {
  expect(runsOf({ rows: 3, columns: 5, width: 2, height: 1 })).toEqual([
    [0, 5, 0, 2],
    [5, 5, 3, 2],
    [10, 5, 6, 2],
  ]);
});

test("tiles of two rows serve both", () => {
  expect(runsOf({ rows: 3, columns: 4, width: 2, height: 2 })).toEqual([
    [0, 4, 0, 2],
    [4, 4, 0, 2],
    [8, 4, 2, 2],
  ]);
});

test("a row longer than a piece is cut at whole tiles, and a tile longer than a piece into parts", () => {
  const columns = pieceWeights + 100;
  expect(runsOf({ rows: 1, columns, width: 1000, height: 1 })).toEqual([
    [0, 16_000, 0, 1000],
    [16_000, 484, 16, 484],
  ]);
  expect(runsOf({ rows: 2, columns, width: columns, height: 1 })).toEqual([
    [0, pieceWeights, 0, pieceWeights],
    [pieceWeights, 100, 0, 100],
    [columns, pieceWeights, 1, pieceWeights],
    [columns + pieceWeights, 100, 1, 100],
  ]);
});

test("more rows than a piece holds go in several runs", () => {
  const rows = pieceWeights / 64 + 1;
  expect(runsOf({ rows, columns: 64, width: 32, height: 1 })).toEqual([
    [0, pieceWeights, 0, 32],
    [pieceWeights, 64, 512, 32],
  ]);
});

test("no weights, no run", () => {
  expect(runsOf({ rows: 0, columns: 4, width: 2, height: 1 })).toEqual([]);
  expect(runsOf({ rows: 4, columns: 0, width: 2, height: 1 })).toEqual([]);
});

test("what a kernel writes comes back, and what it only reads does not", () => {
  const read = Uint8Array.of(1, 2, 3);
  const written = new Uint8Array(3);
  const both = Uint8Array.of(10);
  inRuns(
    { rows: 1, columns: 3, width: 3, height: 1 },
    [
      { array: read, use: "in" },
      { array: written, use: "out" },
    ],
    [{ array: both, use: "both" }],
    ([from, to], [table], count) => {
      memoryBytes(to, count).set(memoryBytes(from, count));
      memoryBytes(from, count).fill(0);
      memoryBytes(table, 1)[0]++;
    },
  );
  expect([[...read], [...written], [...both]]).toEqual([[1, 2, 3], [1, 2, 3], [11]]);
});
