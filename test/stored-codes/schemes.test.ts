import { schemes } from "../../kernel/stored-codes/schemes";

test("each scheme has a name of its own", () => {
  const names = schemes.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
