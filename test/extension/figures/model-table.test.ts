import { modelTable } from "../../../extension/figures/model-table";
import { sortRows } from "../../../extension/figures/table";
import type { ModelView } from "../../../kernel/report/model";

const tensor = (name: string, shape: number[], bytes: number) => ({
  ...{ name, shape, bytes, block: "", blockIndex: null, kind: name, dtype: "F32" },
  parameters: shape.reduce((a, b) => a * b, 1),
});
const view: ModelView = {
  version: 1,
  kind: "model",
  model: { name: "m", format: "memory", parameters: 60, bytes: 240 },
  tensors: [tensor("w10", [4, 10], 160), tensor("w2", [20], 80)],
};

test("a row for each tensor that the filter leaves, its bytes with a bar up to the largest of the model", () => {
  const table = modelTable(view, [1]);
  expect(table.rows).toEqual([1]);
  expect(table.columns.map(({ head, cell }) => [head, cell(1).text, cell(1).bar])).toEqual([
    ["tensor", "w2", null],
    ["shape", "20", null],
    ["dtype", "F32", null],
    ["parameters", "20", null],
    ["bytes", "80 B", 0.5],
  ]);
});

test("every column sorts", () => {
  const table = modelTable(view, [0, 1]);
  expect(table.columns.map((_, column) => sortRows(table, column, false))).toEqual([
    [1, 0],
    [1, 0],
    [0, 1],
    [1, 0],
    [1, 0],
  ]);
});
