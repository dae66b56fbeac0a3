import { fp4, unpackFp4 } from "../../kernel/stored-codes/fp4";
import { decodesByRows, headers, weightsOf } from "./weights";

test.each(["nvfp4-modelopt", "nvfp4-modelopt-experts", "nvfp4-modelopt-experts-transposed", "deepseek-v4-stacked"])(
  "%s decodes by rows as at once",
  async (name) => {
    const weights = await weightsOf(fp4, name);
    expect(weights).toHaveLength(1);
    expect(await decodesByRows(weights[0])).toBe(true);
  },
);

test("the first of two codes is in the low half of its byte", () => {
  const values = new Float32Array(4);
  unpackFp4(Uint8Array.of(0x72, 0x8f), values);
  expect([...values]).toEqual([1, 6, -6, -0]);
});

test("bytes whose scales do not fit are no four-bit floats", () => {
  const found = (weight: [string, ...number[]], scale: [string, ...number[]], second: [string, ...number[]]) =>
    fp4.find(headers({ "a.weight": weight, "a.weight_scale": scale, "a.weight_scale_2": second }));
  expect(found(["U8", 4, 16], ["F8_E4M3", 4, 2], ["F32"])).toMatchObject([{ shape: [4, 32], scheme: "NVFP4" }]);
  expect(found(["U8", 4, 16], ["U8", 4, 1], ["F32"])).toMatchObject([{ shape: [4, 32], scheme: "MXFP4" }]);
  expect(found(["U8", 2, 8, 5], ["F8_E4M3", 2, 1, 5], ["F32", 2])).toMatchObject([{ shape: [2, 16, 5] }]);
  expect(found(["F4", 4, 32], ["F8_E8M0", 4, 1], ["F32"])).toMatchObject([{ shape: [4, 32] }]);
  expect(found(["U8", 4, 16], ["F8_E4M3", 4, 1], ["F32"])).toEqual([]);
  expect(found(["U8", 4, 16], ["F32", 4, 2], ["F32"])).toEqual([]);
  expect(found(["I8", 4, 16], ["F32", 4, 1], ["F32"])).toEqual([]);
  expect(() => found(["U8", 4, 16], ["F8_E4M3", 4, 2], ["F32", 3])).toThrow("has 3 elements");
});

test("layouts of other libraries under the same names are left to be refused", () => {
  const quantization = { quant_method: "quark" };
  expect(fp4.find(headers({ "a.weight": ["U8", 4, 16], "a.weight_scale": ["U8", 4, 1] }, { quantization }))).toEqual(
    [],
  );
});
