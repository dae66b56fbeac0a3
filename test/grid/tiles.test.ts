import { groupsOf } from "../../kernel/grid/groups";
import { forEachRun, tilesOf, tilingOfGroups } from "../../kernel/grid/tiles";

const runs = (tiling: ReturnType<typeof tilesOf>) => {
  const seen: number[][] = [];
  forEachRun(tiling, (...all) => seen.push(all));
  return seen;
};

describe("tiles", () => {
  test("of a block are smaller at the right and lower edge", () => {
    const tiling = tilesOf("f", [3, 5], 15, "block", 2, 3);
    expect(tiling).toMatchObject({ tiles: 4, tilesPerRow: 2, tableShape: [2, 2] });
    expect(runs(tiling)).toEqual([
      [0, 0, 3],
      [1, 3, 5],
      [0, 5, 8],
      [1, 8, 10],
      [2, 10, 13],
      [3, 13, 15],
    ]);
  });

  test("of a tensor, a channel and a group have a special form", () => {
    expect(runs(tilesOf("f", [2, 3], 6, "tensor", 9, 9))).toEqual([[0, 0, 6]]);
    expect(runs(tilesOf("f", [2, 3], 6, "channel", 9, 9))).toEqual([
      [0, 0, 3],
      [1, 3, 6],
    ]);
    expect(runs(tilesOf("f", [2, 3], 6, "group", 9, 2))).toEqual([
      [0, 0, 2],
      [1, 2, 3],
      [2, 3, 5],
      [3, 5, 6],
    ]);
  });

  test("of groups are the groups", () => {
    const grouping = groupsOf("f", [2, 3], 6, { per: "group", group: 2 });
    expect(tilingOfGroups(grouping)).toEqual(tilesOf("f", [2, 3], 6, "group", 1, 2));
  });

  test("of rows without weights are none", () => {
    expect(tilesOf("f", [3, 0], 0, "block", 2, 2)).toMatchObject({ tiles: 0, tableShape: [2, 0] });
  });
});
