import { columnsOf, moduleOf, scalesOf } from "../../kernel/stored-codes/compressed-tensors-module";
import { fileOf, type Stored } from "./files";

const moduleWith = (order: Stored, scale: Stored = ["F32", [1, 2], [1, 2]]) =>
  moduleOf(fileOf({ "a.weight_scale": scale, "a.weight_g_idx": order }), "a.");
const grid = { height: 1, width: 2, across: 2 };

test("an order tells the group of each column; all minus one is none", async () => {
  expect([...(await columnsOf(moduleWith(["I32", [4], [1, 0, 1, 0]]), [1, 4], grid, undefined))]).toEqual([1, 0, 1, 0]);
  expect([...(await columnsOf(moduleWith(["I32", [4], [-1, -1, -1, -1]]), [1, 4], grid, undefined))]).toEqual([
    0, 0, 1, 1,
  ]);
  await expect(columnsOf(moduleWith(["I32", [4], [0, 1, 2, 0]]), [1, 4], grid, undefined)).rejects.toThrow(
    "input 2 is of group 2",
  );
});

test("exponents are powers of two, and 255 is no number", async () => {
  const scales = await scalesOf(moduleWith(["I32", [0], []], ["U8", [1, 3], [127, 130, 255]]), undefined);
  expect([...scales]).toEqual([1, 8, NaN]);
});

test("a module without a scale is an error", () => {
  expect(() => moduleOf(fileOf({}), "a.")).toThrow('there is no tensor "a.weight_scale"');
});
