import { dtypes, isIntegerType, sizeOf, type DType } from "../../kernel/tensor/dtype";

test("sizes are those of whole blocks", () => {
  expect([
    sizeOf("F32", 3),
    sizeOf("F64", 3),
    sizeOf("BF16", 3),
    sizeOf("F4", 4),
    sizeOf("Q4_0", 64),
    sizeOf("Q6_K", 512),
  ]).toEqual([12, 24, 6, 2, 36, 420]);
  for (const dtype of Object.keys(dtypes) as DType[]) {
    expect(sizeOf(dtype, 0)).toBe(0);
    expect(sizeOf(dtype, 512)).toBe((512 / dtypes[dtype].blockElements) * dtypes[dtype].blockBytes);
  }
});

test("whole numbers are told from real ones and from blocks", () => {
  expect(["I64", "U8", "BOOL", "F32", "F8_E4M3", "Q4_K", "linear 4-bit"].map(isIntegerType)).toEqual([
    ...[true, true, true],
    ...[false, false, false, false],
  ]);
});
