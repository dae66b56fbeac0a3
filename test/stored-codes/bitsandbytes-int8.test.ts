import { bitsandbytes8 } from "../../kernel/stored-codes/bitsandbytes-int8";
import { found, type Stored } from "./files";

const layer: Record<string, Stored> = {
  "a.weight": ["I8", [2, 3], [127, -127, 0, 1, 2, 3]],
  "a.SCB": ["F32", [2], [1, 127]],
  "a.weight_format": ["U8", [], [0]],
};

test("rows have scales, and the constant is bitsandbytes's own", async () => {
  const [tensor] = await found(bitsandbytes8, layer);
  expect(tensor).toMatchObject({ name: "a.weight", shape: [2, 3], scheme: "bitsandbytes LLM.int8()" });
  const constant = Math.fround(7.874015718698502e-3);
  expect([...(await tensor.read())]).toEqual([127, -127, 0, 127, 254, 381].map((x) => Math.fround(x * constant)));
  expect(tensor.stored).toHaveLength(3);
});

test("the tiles of a GPU, and scales that do not fit, are refused", async () => {
  const [tiles] = await found(bitsandbytes8, { ...layer, "a.weight_format": ["U8", [], [2]] });
  await expect(tiles.read()).rejects.toThrow("the tiles of a GPU");
  await expect(found(bitsandbytes8, { ...layer, "a.SCB": ["F32", [3], [1, 1, 1]] })).rejects.toThrow("2 elements");
  await expect(found(bitsandbytes8, { ...layer, "a.SCB": ["I32", [2], [1, 1]] })).rejects.toThrow("the type F32");
  await expect(found(bitsandbytes8, { ...layer, "a.weight": ["F32", [1], [1]] })).rejects.toThrow("the type I8");
  await expect(found(bitsandbytes8, { ...layer, "a.weight": ["I8", [2], [1, 1]] })).rejects.toThrow("two, (out, in)");
});
