import { factorBytes, factorsFrom } from "../../kernel/stored/factors";

const factors = { left: Float32Array.of(1, -2), right: Float32Array.of(0.5, 3, 4), rows: 2, columns: 3, rank: 1 };

test("the left factor lies before the right one, little-endian", () => {
  const halves = factorBytes([{ ...factors, bitsPerValue: 16 }]);
  expect(Array.from(halves)).toEqual([0, 0x3c, 0, 0xc0, 0, 0x38, 0, 0x42, 0, 0x44]);
  const floats = factorBytes([{ ...factors, bitsPerValue: 32 }]);
  expect(floats.length).toBe(20);
  expect(new DataView(floats.buffer).getFloat32(16, true)).toBe(4);
});

test.each([16, 32])("factors of %d bits come back as they were, also those of a stack", (bitsPerValue) => {
  const one = { ...factors, bitsPerValue };
  expect(factorsFrom(factorBytes([one]), [2, 3], [1], bitsPerValue)).toEqual([one]);
  const two = { left: Float32Array.of(1, 2, 3, 4), right: Float32Array.of(1, 2, 3, 4, 5, 6), rank: 2 };
  const stack = [one, { ...one, ...two }, { ...one, left: new Float32Array(0), right: new Float32Array(0), rank: 0 }];
  expect(factorsFrom(factorBytes(stack), [2, 3], [1, 2, 0], bitsPerValue)).toEqual(stack);
});

test("a kernel is the matrix (out, in·height·width)", () => {
  const bytes = factorBytes([
    {
      left: Float32Array.of(1),
      right: new Float32Array(12),
      rows: 1,
      columns: 12,
      rank: 1,
      bitsPerValue: 16,
    },
  ]);
  expect(factorsFrom(bytes, [1, 3, 2, 2], [1], 16)).toMatchObject([{ rows: 1, columns: 12 }]);
});
