import { plainColumn, sortRows, tensorColumns, type Table } from "../../../extension/figures/table";
import { reportTable } from "../../../extension/figures/report-table";
import { deepReport } from "../../fixtures/report/reports";
import { stateOf } from "../placed";

const names = ["b10", "b2", "a", "b2"];
const sizes = [3, 1, 2, 1];
const table: Table = {
  rows: [0, 1, 2, 3],
  columns: [
    plainColumn("name", false, (row) => ({ text: names[row], sort: names[row] })),
    plainColumn("size", true, (row) => ({ text: String(sizes[row]), sort: sizes[row] })),
  ],
};

test("words sort by the alphabet with numbers by size, numbers by size; equals keep their order either way", () => {
  expect(sortRows(table, 0, false)).toEqual([2, 1, 3, 0]);
  expect(sortRows(table, 0, true)).toEqual([0, 1, 3, 2]);
  expect(sortRows(table, 1, false)).toEqual([1, 3, 2, 0]);
  expect(sortRows(table, 1, true)).toEqual([0, 2, 1, 3]);
  expect(table.rows).toEqual([0, 1, 2, 3]);
});

test("layer 10 of a deep model comes after layer 2", () => {
  const deep = deepReport();
  const byName = sortRows(reportTable(deep, stateOf(deep)), 0, false).map((row) => deep.layers[row].name);
  expect(byName.indexOf("model.layers.2.mlp.up_proj.weight")).toBeLessThan(
    byName.indexOf("model.layers.10.mlp.up_proj.weight"),
  );
});

test("a tensor's shape sorts by its weights", () => {
  const [name, shape] = tensorColumns("tensor", () => ({ name: "w", shape: [3, 7], parameters: 21 }));
  expect([name.head, name.cell(0)]).toEqual(["tensor", { text: "w", sort: "w", bar: null }]);
  expect(shape.cell(0)).toEqual({ text: "3 × 7", sort: 21, bar: null });
});
