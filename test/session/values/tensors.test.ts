import {
  isModelTensor,
  isTfjsTensor,
  modelTensorText,
  shapeAndType,
  tfjsText,
  typedArrayText,
} from "../../../kernel/session/values/tensors";
import { fromArrays } from "../../../kernel/formats/arrays";

const tfjs = {
  shape: [2],
  dtype: "float32",
  rankType: "1",
  dataSync: () => new Float32Array([3, 4]),
  toString: () => "Tensor\n  values:\n    [3, 4]",
};

test("a tensor of tfjs tells its range; one that is gone says so", () => {
  expect(isTfjsTensor(tfjs)).toBe(true);
  expect(tfjsText(tfjs)).toBe("Tensor float32 [2], range 3 … 4\n    [3, 4]");
  expect(tfjsText({ ...tfjs, isDisposedInternal: true })).toBe("Tensor float32 [2] (disposed)");
  expect(isTfjsTensor({ ...tfjs, dataSync: 5 })).toBe(false);
});

test("a typed array is what Node says, and its facts", () => {
  expect(typedArrayText(new Int8Array([1, -2]), {})).toBe("Int8Array(2) [ 1, -2 ]\nshape (2), int8, range -2 … 1");
  expect(typedArrayText(new Int8Array(), {})).toBe("Int8Array(0) []\nshape (0), int8");
  expect(typedArrayText(new Proxy(new Int8Array(1), {}), {})).toBeUndefined();
});

test("a model's tensor is read for its range, and says why where it cannot be", async () => {
  const tensor = fromArrays({ w: { values: new Float32Array([1, 2, 3, 4]), shape: [2, 2] } }).tensor("w");
  expect(isModelTensor(tensor)).toBe(true);
  expect(await modelTensorText(tensor)).toBe("Tensor w: F32 [2, 2], 16 bytes\nrange 1 … 4, values [1, 2, 3, 4]");
  const facts = { name: "w", dtype: "F32", shape: [2 ** 14, 2 ** 13], sizeBytes: 2 ** 29, parameters: 2 ** 27 };
  const read = () => Promise.reject(new Error("no such file"));
  expect(await modelTensorText({ ...facts, read })).toContain("await it.read() gives the 134217728 values");
  expect(await modelTensorText({ ...facts, parameters: 1, read })).toContain("cannot be shown: no such file");
});

test("lists of variables have shape, type and bytes of what has them", () => {
  expect(shapeAndType(new Float32Array(3))).toEqual({ shape: "(3)", dtype: "float32", bytes: 12 });
  expect(shapeAndType(tfjs)).toEqual({ shape: "(2)", dtype: "float32" });
  expect(shapeAndType([1, 2])).toEqual({ shape: "(2)" });
  expect(shapeAndType(new Map([[1, 2]]))).toEqual({ shape: "(1)" });
  expect(shapeAndType({})).toEqual({});
});
