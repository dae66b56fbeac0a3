import { tilesOf } from "../../kernel/grid/tiles";
import { fastTiles, plainTiles } from "../../kernel/loops/tiles";

test.each([
  ["plain", plainTiles],
  ["fast", fastTiles],
])("the largest magnitude of a tile is over all its rows (%s)", (_, loops) => {
  const tiling = tilesOf("f", [3, 3], 9, "block", 2, 2);
  const weights = Float32Array.of(1, -2, 3, 4, 0, -7, 8, -9, 0);
  expect(Array.from(loops.largestMagnitudes(weights, tiling))).toEqual([4, 7, 9, 0]);
});
