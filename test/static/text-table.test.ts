import { alignColumns, cellWidth } from "../../kernel/static/text-table";

test("a wide character takes two cells, a combining mark none", () => {
  expect(["abc", "名", "é", "😀", ""].map(cellWidth)).toEqual([3, 2, 1, 2, 0]);
});

test("columns are as wide as their widest cell; numbers to the right; no blanks at the end", () => {
  expect(
    alignColumns(
      [
        ["name", "1"],
        ["名", "100"],
      ],
      ["left", "right"],
    ),
  ).toEqual(["name    1", "名    100"]);
});

test("a line of its own widens nothing", () => {
  expect(alignColumns([["a", "b"], "a long line of its own", ["c"]], ["left", "left"])).toEqual([
    "a  b",
    "a long line of its own",
    "c",
  ]);
});
