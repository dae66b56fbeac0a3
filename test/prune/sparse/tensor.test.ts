import * as fc from "fast-check";
import { FormatError } from "../../../kernel/errors";
import { edges } from "../../../kernel/prune/edges";
import { prune } from "../../../kernel/prune/prune";
import { breakEvenDensity, sparseBits, cheapest, unstructuredStorage } from "../../../kernel/prune/sparse/storage";
import { decodeSparse, encodeSparse, type SparseForm } from "../../../kernel/prune/sparse/tensor";
import { generateWeights } from "../../quantize/generator";

const floats = (bytes: Uint8Array, from: number) => [...new Float32Array(bytes.slice(from).buffer)];

describe("worked by hand: rows (0, 5, 0, 7) and (9, 0, 0, 0)", () => {
  const values = Float32Array.of(0, 5, 0, 7, 9, 0, 0, 0);
  const shape = [2, 4];

  test("bitmask: bits 1, 3, 4 set", () => {
    const { bytes, indexBits, storedWeights } = encodeSparse(values, shape, { scheme: "bitmask" });
    expect([indexBits, storedWeights, bytes[0], bytes.length]).toEqual([8, 3, 0b00011010, 13]);
    expect(floats(bytes, 1)).toEqual([5, 7, 9]);
  });

  test("CSR: starts 0, 2, 3 of 4 bits; columns 1, 3, 0 of 2 bits", () => {
    const { bytes, indexBits } = encodeSparse(values, shape, { scheme: "positions" });
    // Least significant first: 0000 0100 | 1100 10 11 | 00: bytes 0x20, 0xd3, 0x00.
    expect([indexBits, ...bytes.subarray(0, 3)]).toEqual([18, 0x20, 0xd3, 0x00]);
    expect(floats(bytes, 3)).toEqual([5, 7, 9]);
  });

  test("2:4: places 1, 3 and 0, 1 of 2 bits", () => {
    const { bytes, indexBits } = encodeSparse(values, shape, { scheme: "n:m", n: 2, m: 4 });
    expect([indexBits, bytes[0]]).toEqual([8, 0b01_00_11_01]);
    expect(floats(bytes, 1)).toEqual([5, 7, 9, 0]);
  });
});

test("random tensors come back, −0 and kept zeros too, in the bytes that are counted", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 0, max: 21 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer(),
      (rows, columns, density, seed) => {
        const shape = [rows, columns];
        const values = generateWeights(rows * columns, seed);
        const mask = Uint8Array.from(generateWeights(values.length, seed + 1), (w) => (w < density - 0.5 ? 1 : 0));
        values.forEach((value, i) => (values[i] = mask[i] ? (i % 5 === 0 ? -0 : value) : 0));
        for (const scheme of ["bitmask", "positions"] as const) {
          const sparse = encodeSparse(values, shape, { scheme }, mask);
          expect(decodeSparse(sparse.bytes, shape, { scheme })).toEqual({ values, mask });
          expect(sparse.bytes.length).toBe(Math.ceil(sparse.indexBits / 8) + 4 * sparse.storedWeights);
        }
        const counted = unstructuredStorage(shape, sum(mask));
        expect(encodeSparse(values, shape, { scheme: counted.scheme as "bitmask" }, mask)).toMatchObject({
          indexBits: counted.indexBits,
          storedWeights: counted.storedWeights,
        });
      },
    ),
    { seed: 7, numRuns: 150 },
  );
});

const sum = (mask: Uint8Array) => mask.reduce((total, bit) => total + bit, 0);

test.each([
  [2, 4, 83, 54],
  [1, 4, 3, 7],
  [4, 8, 5, 16],
  [3, 5, 1, 1],
])("%d:%d on (%d, %d) takes what edges() counted and comes back", (n, m, rows, columns) => {
  const shape = [rows, columns];
  const pruned = prune(generateWeights(rows * columns, 3), edges({ n, m }), { shape });
  const form: SparseForm = { scheme: "n:m", n, m };
  const sparse = encodeSparse(pruned.values, shape, form, pruned.mask);
  if (pruned.storage.scheme === "n:m")
    expect(sparse).toMatchObject({
      indexBits: pruned.storage.indexBits,
      storedWeights: pruned.storage.storedWeights,
    });
  expect(decodeSparse(sparse.bytes, shape, form).values).toEqual(pruned.values);
});

describe("break-even density", () => {
  test("by hand", () => {
    expect(breakEvenDensity(32)).toBe(31 / 32);
    expect(breakEvenDensity(4)).toBe(0.75);
    expect(breakEvenDensity(1)).toBe(0);
    // 1,000 × 1,024 at 16 bits: 20 bits a row start, 10 bits a column.
    const csr = breakEvenDensity(16, { scheme: "positions", shape: [1000, 1024] });
    expect(csr).toBeCloseTo((16 - (20 * 1001) / 1_024_000) / 26, 12);
    expect(breakEvenDensity(16, { scheme: "n:m", m: 4 })).toBe(16 / 18);
    expect(breakEvenDensity(2, { scheme: "n:m", m: 4 })).toBe(0.5); // 2:4 of 2-bit codes gains nothing
  });

  test("on both sides of it, the smaller form is the one that the formula says", () => {
    const shape = [40, 50];
    for (const [form, scheme] of [
      [{ scheme: "bitmask" } as const, "bitmask"],
      [{ scheme: "positions", shape } as const, "positions"],
    ] as const) {
      const kept = breakEvenDensity(32, form) * 2000;
      for (const count of [Math.ceil(kept) - 1, Math.floor(kept) + 1]) {
        const mask = Uint8Array.from({ length: 2000 }, (_, i) => (i < count ? 1 : 0));
        const { indexBits, storedWeights } = encodeSparse(new Float32Array(2000), shape, { scheme }, mask);
        expect(indexBits + 32 * storedWeights < 2000 * 32).toBe(count < kept);
        const bits = sparseBits({ scheme, indexBits, storedWeights }, 2000, 32);
        expect(bits).toBe(Math.min(64_000, indexBits + 32 * storedWeights));
      }
    }
    const a = { scheme: "bitmask", indexBits: 10, storedWeights: 1 } as const;
    expect(cheapest(a, { ...a, indexBits: 9 })).toMatchObject({ indexBits: 9 });
  });
});

test("refusals", () => {
  const values = Float32Array.of(1, 2, 3, 0);
  expect(() => encodeSparse(values, [2, 3], { scheme: "bitmask" })).toThrow("does not hold 4 values");
  expect(() => encodeSparse(values, [1, 4], { scheme: "n:m", n: 2, m: 4 })).toThrow("row 0 has 3 weights in group 0");
  expect(() => encodeSparse(values, [1, 4], { scheme: "n:m", n: 5, m: 4 })).toThrow("n is 5");
  expect(() => encodeSparse(values, [1, 4], { scheme: "bitmask", m: 4 })).toThrow('belong to the scheme "n:m"');
  expect(() => encodeSparse(values, [1, 4], { scheme: "csr" } as unknown as SparseForm)).toThrow("scheme is");
  const { bytes } = encodeSparse(values, [1, 4], { scheme: "bitmask" });
  expect(() => decodeSparse(bytes.subarray(0, 9), [1, 4], { scheme: "bitmask" })).toThrow("there are 9 bytes");
  expect(() => decodeSparse(bytes.subarray(0, 0), [1, 4], { scheme: "bitmask" })).toThrow("an index of 1");
  expect(() => decodeSparse(Uint8Array.of(0x17, ...bytes.subarray(1)), [1, 4], { scheme: "bitmask" })).toThrow(
    FormatError,
  );
  const falling = Uint8Array.of(0b0001, 0, 0, 0, 0, 0, 0, 0, 0);
  expect(() => decodeSparse(falling, [1, 4], { scheme: "n:m", n: 2, m: 4 })).toThrow("ascending places");
  const refused = Array.from({ length: 256 }, (_, first) => {
    try {
      decodeSparse(Uint8Array.of(first, 255 - first, first, 1, 2), [2, 4], { scheme: "positions" });
      return [];
    } catch (error) {
      return [error];
    }
  }).flat();
  expect(refused.length).toBeGreaterThan(200);
  for (const error of refused) expect(error).toBeInstanceOf(FormatError);
});
