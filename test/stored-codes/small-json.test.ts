import { jsonIn, shapeIn } from "../../kernel/stored-codes/small-json";
import { fileOf, type Stored } from "./files";

const read = (...stored: Stored) => {
  const file = fileOf({ state: stored });
  return jsonIn(file, file.need("state", "a test"));
};
const text = (json: string): Stored => ["U8", [json.length], Buffer.from(json)];

test("a JSON object is read, and nothing else", async () => {
  expect(await read(...text('{"a": [1, 2]}'))).toEqual({ a: [1, 2] });
  for (const wrong of ["[1]", "null", "{", "3"])
    await expect(read(...text(wrong))).rejects.toThrow("holds no JSON object");
  await expect(read("I32", [1], [1])).rejects.toThrow("a JSON text as U8");
});

test("a shape is a list of whole numbers", () => {
  expect([shapeIn([2, 3]), shapeIn([]), shapeIn([1.5]), shapeIn(["2"]), shapeIn(-1), shapeIn([-1])]).toEqual([
    [2, 3],
    [],
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
