import { ggmlTypes } from "../../../kernel/formats/gguf/types";
import { dtypes } from "../../../kernel/tensor/dtype";

test("types that are read have the same blocks under both names", () => {
  for (const { name, blockElements, blockBytes } of ggmlTypes.values())
    if (name in dtypes)
      expect([name, dtypes[name as keyof typeof dtypes]]).toEqual([name, { blockElements, blockBytes }]);
});

test("numbers and names are each other's", () => {
  expect(new Set([...ggmlTypes.values()].map(({ name }) => name)).size).toBe(ggmlTypes.size);
  expect([
    ggmlTypes.get(0)?.name,
    ggmlTypes.get(1)?.name,
    ggmlTypes.get(8)?.name,
    ggmlTypes.get(30)?.name,
    ggmlTypes.get(4),
  ]).toEqual(["F32", "F16", "Q8_0", "BF16", undefined]);
});
