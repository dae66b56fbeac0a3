import { OptionError } from "../../kernel/errors";
import {
  checkGranularity,
  forEachGroup,
  freezeStep,
  groupsOf,
  rowsOf,
  tableShape,
  type Granularity,
} from "../../kernel/grid/groups";

const visited = (shape: number[], step: { per: Granularity; group?: number }) => {
  const count = shape.reduce((product, size) => product * size, 1);
  const groups: number[][] = [];
  const grouping = groupsOf("linear", shape, count, step);
  forEachGroup(grouping, (...all) => groups.push(all));
  return { groups, table: tableShape(grouping, step.per) };
};

describe("groups", () => {
  test("lie along the row and never cross rows; the last of a row may be shorter", () => {
    expect(visited([2, 5], { per: "group", group: 2 })).toEqual({
      groups: [
        [0, 0, 2],
        [1, 2, 4],
        [2, 4, 5],
        [3, 5, 7],
        [4, 7, 9],
        [5, 9, 10],
      ],
      table: [2, 3],
    });
  });

  test("of a channel are its row, of a tensor all", () => {
    expect(visited([2, 3], { per: "channel" })).toEqual({
      groups: [
        [0, 0, 3],
        [1, 3, 6],
      ],
      table: [2, 1],
    });
    expect(visited([2, 3], { per: "tensor" })).toEqual({ groups: [[0, 0, 6]], table: [1] });
  });

  test("longer than a row are the row", () => {
    expect(visited([2, 3], { per: "group", group: 128 }).groups).toEqual([
      [0, 0, 3],
      [1, 3, 6],
    ]);
  });

  test("are 128 weights where nothing is said", () => {
    expect(groupsOf("linear", [1, 300], 300, { per: "group" })).toMatchObject({ groupLength: 128, groupsPerRow: 3 });
  });

  test("of rows without weights are none", () => {
    expect(visited([3, 0], { per: "group", group: 2 }).groups).toEqual([]);
    expect(visited([0, 3], { per: "channel" }).groups).toEqual([]);
  });
});

test("rows are those of the first dimension; a vector is one", () => {
  expect(rowsOf("f", [2, 3, 4], 24)).toEqual({ rows: 2, rowLength: 12 });
  expect(rowsOf("f", [5], 5)).toEqual({ rows: 1, rowLength: 5 });
  expect(rowsOf("f", [], 1)).toEqual({ rows: 1, rowLength: 1 });
  expect(() => rowsOf("f", [2, 3], 5)).toThrow(new OptionError("f(): shape (2, 3) holds 6 values, not 5"));
});

test("a group goes with per group alone", () => {
  expect(checkGranularity("f", {})).toEqual({ per: "group", group: 128 });
  expect(checkGranularity("f", { group: 7 })).toEqual({ per: "group", group: 7 });
  expect(checkGranularity("f", { per: "channel" })).toEqual({ per: "channel" });
  expect(() => checkGranularity("f", { per: "channel", group: 7 })).toThrow('group is 7 and per is "channel"');
  expect(() => checkGranularity("f", { group: 0 })).toThrow(OptionError);
});

test("a frozen step has no options that are undefined, and is no longer the one it came from", () => {
  const step = freezeStep({ kind: "linear", bits: 4, group: undefined });
  expect(Object.keys(step)).toEqual(["kind", "bits"]);
  expect(Object.isFrozen(step)).toBe(true);
});
