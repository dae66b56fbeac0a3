import { bitsandbytes4 } from "../../kernel/stored-codes/bitsandbytes";
import { filled, found, type Stored } from "./files";

const state = { quant_type: "nf4", blocksize: 64, shape: [3, 3], dtype: "float32" };
const map = Array.from({ length: 16 }, (_, code) => code);

const layer = (said: object = state, more: Record<string, Stored> = {}): Record<string, Stored> => {
  const json = JSON.stringify(said);
  return {
    "a.weight": ["U8", [5, 1], [0x12, 0x34, 0x56, 0x78, 0x90]],
    "a.weight.absmax": ["F32", [1], [0.5]],
    "a.weight.quant_map": ["F32", [16], map],
    "a.weight.quant_state.bitsandbytes__nf4": ["U8", [json.length], Buffer.from(json)],
    ...more,
  };
};

test("codes of a row may begin in the middle of a byte", async () => {
  const [tensor] = await found(bitsandbytes4, layer());
  expect(tensor).toMatchObject({ name: "a.weight", shape: [3, 3], scheme: "bitsandbytes NF4 block 64" });
  expect([...(await tensor.read())]).toEqual([0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]);
  expect([...(await tensor.readRows(1, 2))]).toEqual([2, 2.5, 3]);
});

test("values are rounded to the dtype of the state", async () => {
  const third: Record<string, Stored> = { "a.weight.absmax": ["F32", [1], [1 / 3]] };
  const [half] = await found(bitsandbytes4, layer({ ...state, dtype: "bfloat16" }, third));
  expect((await half.read())[0]).toBe(0.333984375);
  const [single] = await found(bitsandbytes4, layer(state, third));
  expect((await single.read())[0]).toBe(Math.fround(1 / 3));
});

test("a state that makes no sense, and parts that do not fit it, are refused", async () => {
  for (const wrong of [
    { blocksize: 0 },
    { shape: "3×3" },
    { dtype: "int8" },
    { dtype: "toString" },
    { dtype: "__proto__" },
    { quant_type: "fp4" },
    { nested_blocksize: -1 },
  ])
    await expect(found(bitsandbytes4, layer({ ...state, ...wrong }))).rejects.toThrow('the state of "a.weight" is');
  await expect(found(bitsandbytes4, layer({ ...state, shape: [30, 30] }))).rejects.toThrow(
    "450, for 900 codes of 4 bits",
  );
  await expect(found(bitsandbytes4, layer(state, { "a.weight.absmax": ["F32", [2], [1, 1]] }))).rejects.toThrow(
    "1 elements",
  );
  await expect(found(bitsandbytes4, layer(state, { "a.weight.absmax": ["U8", [1], [1]] }))).rejects.toThrow(
    "the type F32",
  );
  await expect(found(bitsandbytes4, layer(state, { "a.weight.quant_map": ["F32", [4], filled(4)] }))).rejects.toThrow(
    "16 elements",
  );
});
