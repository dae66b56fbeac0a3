import { memorySource } from "../../kernel/bytes/source";
import { rowMajorStrides, StridedTensor, tensorOf } from "../../kernel/formats/strided-tensor";

const source = memorySource(new Uint8Array(Float32Array.from({ length: 12 }, (_, i) => i).buffer));
const values = async (shape: number[], strides: number[], start = 0) =>
  Array.from(await tensorOf(source, "t", shape, "F32", start, strides).read());

test("a transposed array reads row-major", async () => {
  expect(await values([4, 3], [1, 4])).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
});

test("a slice reads its own elements", async () => {
  expect(await values([2, 2], [8, 2], 4)).toEqual([1, 3, 9, 11]);
  expect(await values([3], [0])).toEqual([0, 0, 0]);
  expect(await values([0, 3], [1, 4])).toEqual([]);
});

test("row-major arrays are plain, whatever the stride of a dimension of one", () => {
  expect(rowMajorStrides([2, 3, 4])).toEqual([12, 4, 1]);
  const isStrided = (shape: number[], strides: number[]) =>
    tensorOf(source, "t", shape, "F32", 0, strides) instanceof StridedTensor;
  expect([isStrided([3, 4], [4, 1]), isStrided([1, 4], [99, 1]), isStrided([3, 4], [1, 3])]).toEqual([
    false,
    false,
    true,
  ]);
});
