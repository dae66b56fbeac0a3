import { isTurnable, MovedRows, StackedTensor, turnedMatrix, TurnedTensor } from "../../kernel/llama-cpp/moved-tensor";
import type { SavedTensor } from "../../kernel/formats/safetensors-writer";

const tensor = (values: number[], shape: number[], dtype = "F32"): SavedTensor => ({
  name: "t",
  shape,
  dtype,
  sizeBytes: 4 * values.length,
  read: async () => Float32Array.from(values),
  readBytes: async () =>
    new Uint8Array(dtype === "F16" ? Uint16Array.from(values).buffer : Float32Array.from(values).buffer),
});
const floats = (bytes: Uint8Array) => Array.from(new Float32Array(bytes.slice().buffer));

test("rows are moved to another order, in values and bytes alike", async () => {
  const moved = new MovedRows(tensor([1, 2, 3, 4, 5, 6], [3, 2]), "new", Uint32Array.of(2, 0, 1));
  expect([moved.name, moved.shape]).toEqual(["new", [3, 2]]);
  expect(Array.from(await moved.read())).toEqual([5, 6, 1, 2, 3, 4]);
  expect(floats(await moved.readBytes())).toEqual([5, 6, 1, 2, 3, 4]);
});

test("without an order a tensor is the same under another name and shape", async () => {
  const row = new MovedRows(tensor([1, 2], [1, 2]), "v", undefined, [2]);
  expect([row.shape, Array.from(await row.read())]).toEqual([[2], [1, 2]]);
});

test("stacked tensors lie one behind the other; of several types they say so", async () => {
  const stacked = new StackedTensor("s", [tensor([1, 2], [2]), tensor([3, 4], [2])]);
  expect([stacked.shape, stacked.dtype, stacked.sizeBytes]).toEqual([[2, 2], "F32", 16]);
  expect(Array.from(await stacked.read())).toEqual([1, 2, 3, 4]);
  expect(floats(await stacked.readBytes())).toEqual([1, 2, 3, 4]);
  expect(new StackedTensor("s", [tensor([1], [1]), tensor([2], [1], "F16")]).dtype).toBe("F32 and F16");
});

test("a matrix (in, out) is turned, in floats of four bytes and of two", async () => {
  const turned = new TurnedTensor(tensor([1, 2, 3, 4, 5, 6], [2, 3]), "w");
  expect(turned.shape).toEqual([3, 2]);
  expect(Array.from(await turned.read())).toEqual([1, 4, 2, 5, 3, 6]);
  expect(floats(await turned.readBytes())).toEqual([1, 4, 2, 5, 3, 6]);
  const half = new TurnedTensor(tensor([1, 2, 3, 4, 5, 6], [2, 3], "F16"), "w");
  expect(Array.from(new Uint16Array((await half.readBytes()).slice().buffer))).toEqual([1, 4, 2, 5, 3, 6]);
});

test("blocks do not survive turning", () => {
  expect(() => new TurnedTensor(tensor([1], [32, 1], "Q4_0"), "w")).toThrow("its blocks do not survive turning it");
});

test("a matrix that is at hand both ways is taken as it is needed", async () => {
  const blocks = tensor([7, 8], [1, 2], "Q4_0");
  const both = { ...tensor([1, 2], [2, 1]), turned: blocks };
  expect([isTurnable(both), isTurnable(tensor([1, 2], [2, 1]))]).toEqual([true, false]);
  expect(turnedMatrix(both, "w")).toMatchObject({ name: "w", shape: [1, 2], dtype: "Q4_0" });
  expect(Array.from(await turnedMatrix(both, "w").read())).toEqual([7, 8]);
  const plain = turnedMatrix(tensor([1, 2, 3, 4], [2, 2]), "w");
  expect([plain.name, Array.from(await plain.read())]).toEqual(["w", [1, 3, 2, 4]]);
});
