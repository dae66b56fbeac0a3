import { placeRows, shortName } from "../../../extension/figures/row-places";
import { smallReport } from "../../fixtures/report/reports";

const report = smallReport();

test("rows stand a unit apart, blocks a little more; a block is named at its first row", () => {
  const rows = placeRows(report, [0, 1, 2, 3, 4, 5], true);
  const starts = rows.filter(({ block }) => block !== "");
  expect(starts.map(({ block }) => block)).toEqual([...new Set(report.layers.map(({ block }) => block))]);
  rows.slice(1).forEach((row, k) => expect(row.y - rows[k].y).toBeCloseTo(row.block === "" ? 1 : 1.55, 9));
});

test("out of the model's order every row names its block", () => {
  const rows = placeRows(report, [3, 0, 1], false);
  expect(rows.map(({ layer, y }) => [layer, y])).toEqual([
    [3, 0],
    [0, 1],
    [1, 2],
  ]);
  expect(rows.every(({ layer, block }) => block === report.layers[layer].block)).toBe(true);
});

test("a layer without a kind is called by its name, cut in the middle", () => {
  expect(shortName({ ...report.layers[0], kind: "", name: "a".repeat(50) })).toHaveLength(30);
});
