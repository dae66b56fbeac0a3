import { quantizationOf, withoutQuantization } from "../../kernel/stored-codes/quantization-settings";

const nothingBeside = (): Promise<undefined> => Promise.resolve(undefined);
const coded = [{ name: "a.qweight" }];

test("the config says it under any of its keys, also those of a model of text inside", async () => {
  for (const key of ["quantization_config", "compression_config", "quantization"])
    expect(await quantizationOf([], { [key]: { bits: 4 } }, nothingBeside)).toEqual({ bits: 4 });
  expect(await quantizationOf([], { text_config: { quantization_config: { bits: 3 } } }, nothingBeside)).toEqual({
    bits: 3,
  });
  expect(await quantizationOf(coded, { quantization_config: "4-bit" }, nothingBeside)).toBeUndefined();
});

test("where the config is silent a file beside is asked for, if names look like codes", async () => {
  const asked: string[] = [];
  const beside = (name: string) => {
    asked.push(name);
    return Promise.resolve(name === "quant_config.json" ? { w_bit: 4 } : undefined);
  };
  expect(await quantizationOf([{ name: "a.weight" }], {}, beside)).toBeUndefined();
  expect(asked).toEqual([]);
  expect(await quantizationOf(coded, undefined, beside)).toEqual({ w_bit: 4 });
  expect(asked).toEqual(["quantize_config.json", "quant_config.json"]);
});

test("a config of plain weights says nothing of codes, outside and inside", () => {
  const plain = { model_type: "x", text_config: { hidden_size: 8 } };
  const quantized = {
    ...plain,
    quantization_config: {},
    expert_dtype: "fp4",
    text_config: { hidden_size: 8, quantization: {} },
  };
  expect(withoutQuantization(quantized)).toEqual(plain);
});
