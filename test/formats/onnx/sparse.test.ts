import { memorySource } from "../../../kernel/bytes/source";
import { FormatError } from "../../../kernel/errors";
import { FileTensor } from "../../../kernel/formats/file-tensor";
import { isDenseEnough, SparseTensor } from "../../../kernel/formats/onnx/sparse";

const f32 = { dtype: "F32", bits: 32, field: 4 } as const;

function tensor(numbers: readonly number[], places: readonly number[], shape: readonly number[], byAxes = false) {
  const values = new Uint8Array(Float32Array.from(numbers).buffer);
  const list = new Uint8Array(BigInt64Array.from(places, BigInt).buffer);
  const placesShape = byAxes ? [numbers.length, shape.length] : [numbers.length];
  return new SparseTensor("m.onnx", "w", shape, f32, {
    values: new FileTensor(memorySource(values), "w", [numbers.length], "F32", 0, values.length),
    places: new FileTensor(memorySource(list), "p", placesShape, "I64", 0, list.length),
    at: 9,
  });
}

test("numbers stand in their places, counted by elements or by axes, and all else is 0", async () => {
  const dense = [0, 0, 5, 6, 0, 0];
  const one = tensor([5, 6], [2, 3], [2, 3]);
  expect(Array.from(await one.read())).toEqual(dense);
  expect(await one.readBytes()).toEqual(new Uint8Array(Float32Array.from(dense).buffer));
  expect(one.sizeBytes).toBe(24);
  expect(Array.from(await tensor([5, 6], [0, 2, 1, 0], [2, 3], true).read())).toEqual(dense);
  expect(Array.from(await tensor([], [], [2, 3]).read())).toEqual([0, 0, 0, 0, 0, 0]);
});

test("places outside of the shape, twice, or not ascending are refused", async () => {
  for (const places of [
    [2, 6],
    [2, 2],
    [3, 2],
    [-1, 2],
  ])
    await expect(tensor([5, 6], places, [2, 3]).read()).rejects.toThrow(FormatError);
  await expect(tensor([5, 6], [0, 3, 1, 0], [2, 3], true).read()).rejects.toThrow("m.onnx, byte 9");
});

test("what a few numbers may be made to is bounded", () => {
  expect(isDenseEnough([2048, 2048], 0)).toBe(true);
  expect(isDenseEnough([2048, 2049], 1)).toBe(false);
  expect(isDenseEnough([4096, 4096], 16_384)).toBe(true);
});
