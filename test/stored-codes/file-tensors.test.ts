import { fromArrays } from "../../kernel";
import { FileTensors } from "../../kernel/stored-codes/file-tensors";

const file = (quantization?: Record<string, unknown>) => {
  const model = fromArrays({
    "a.qweight": { shape: [1, 2], values: new Float32Array(2) },
    qweight: { shape: [1], values: new Float32Array(1) },
    "b.notqweight": { shape: [1], values: new Float32Array(1) },
  });
  return new FileTensors(new Map(model.tensors.map((tensor) => [tensor.name, tensor])), {
    file: "m.safetensors",
    config: {},
    quantization,
    metadata: {},
    signal: undefined,
  });
};

test("stems are what stands before a suffix, which is a whole part of a name", () => {
  expect(file().stems("qweight")).toEqual(["a.", ""]);
});

test("the method is a word in small letters, if it is one", () => {
  expect([file().method, file({ quant_method: "GPTQ" }).method, file({ quant_method: 3 }).method]).toEqual([
    undefined,
    "gptq",
    undefined,
  ]);
});

test("a part that breaks a rule is an error with what it is and what it should be", () => {
  expect(file().find("c.qweight", { dtypes: ["I32"] })).toBeUndefined();
  expect(() => file().find("a.qweight", { dtypes: ["I32", "U32"] })).toThrow(
    'm.safetensors, byte 0: "a.qweight" is F32 [1, 2]; expected the type I32 or U32',
  );
  expect(() => file().need("a.qweight", "GPTQ", { shape: [2, 1] })).toThrow("expected the shape [2, 1]");
  expect(() => file().need("a.qzeros", "GPTQ")).toThrow(
    'there is no tensor "a.qzeros"; expected one, for the weight is stored as GPTQ',
  );
});
