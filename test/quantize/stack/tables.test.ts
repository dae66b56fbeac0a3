import type { Table } from "../../../kernel/quantize/quantizer";
import { joinTables, partOfTable } from "../../../kernel/quantize/stack/tables";

const table = (data: number[], shape: number[]): Table => ({
  name: "scale",
  data: Float32Array.from(data),
  shape,
  bitsPerEntry: 16,
});

test("tables stand one below the other, and come apart again", () => {
  const parts = [table([1, 2, 3, 4], [2, 2]), table([5, 6, 7, 8], [2, 2])];
  const joined = joinTables(parts);
  expect(joined).toEqual(table([1, 2, 3, 4, 5, 6, 7, 8], [4, 2]));
  expect([0, 1].map((at) => partOfTable(joined, at, 2))).toEqual(parts);
  const singles = [table([1], [1]), table([2], [1]), table([3], [1])];
  expect(joinTables(singles)).toEqual(table([1, 2, 3], [3]));
  expect([0, 1, 2].map((at) => partOfTable(joinTables(singles), at, 3))).toEqual(singles);
});

test("a row that is shorter than those of another part repeats its last entry", () => {
  const joined = joinTables([table([1, 2, 3, 4], [2, 2]), table([5, 6, 7], [1, 3]), table([8], [1, 1])]);
  expect(joined).toEqual(table([1, 2, 2, 3, 4, 4, 5, 6, 7, 8, 8, 8], [4, 3]));
});

test("tables keep their type, and may be empty", () => {
  const bytes = { ...table([], [2]), data: Uint8Array.of(1, 2) };
  expect(joinTables([bytes, bytes]).data).toEqual(Uint8Array.of(1, 2, 1, 2));
  expect(joinTables([table([], [3, 0])]).shape).toEqual([0, 0]);
  expect(joinTables([table([], [0])])).toEqual(table([], [0]));
});
