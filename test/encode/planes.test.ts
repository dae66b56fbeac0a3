import { Random } from "../../kernel/bytes/random";
import { decodeBlock, encodeBlock, hashBlock } from "../../kernel/encode/planes";
import { hash64, plainKernels } from "../../kernel/encode/planes-plain";
import { blockElements, planeKernels } from "../../kernel/simd/planes";
import { generateWeights } from "../quantize/generator";

const fast = planeKernels();
const plain = plainKernels();
const fail = (problem: string, expected: string, offset: number): never => {
  throw new Error(`${offset}: ${problem}; expected ${expected}`);
};

/** Codes with both kernels, which must agree, and decodes with both. */
function expectRoundTrip(bytes: Uint8Array, width: number, rotate: boolean): Uint8Array {
  const block = encodeBlock(fast, bytes, width, rotate);
  expect(Buffer.compare(block, encodeBlock(plain, bytes, width, rotate))).toBe(0);
  for (const kernels of [fast, plain]) {
    const out = new Uint8Array(bytes.length).fill(255);
    decodeBlock(kernels, block, width, out, fail);
    expect(Buffer.compare(out, bytes)).toBe(0);
  }
  expect(hashBlock(fast, block)).toBe(hash64(block));
  return block;
}

test("XXH64 of the specification's examples and of every short length, both ways", () => {
  expect(hash64(new Uint8Array(0))).toBe(0xef46db3751d8e999n);
  expect(hash64(Buffer.from("abc"))).toBe(0x44bc2cf5ad770999n);
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 167) & 255);
  for (let length = 0; length <= 200; length++)
    expect(hashBlock(fast, bytes.subarray(0, length))).toBe(hash64(bytes.subarray(0, length)));
});

describe.each([
  [1, false],
  [2, false],
  [2, true],
  [4, false],
  [4, true],
  [8, false],
  [8, true],
])("elements of %d bytes, rotated %s: WebAssembly and TypeScript give the same bytes", (width, rotate) => {
  test("weights, of all lengths up to 70 and of awkward ones", () => {
    const weights = new Uint8Array(generateWeights(5000, 11).buffer);
    for (let n = 1; n < 70; n++) expectRoundTrip(weights.slice(0, n * width), width, rotate);
    for (const n of [127, 128, 129, 1000, 2499]) expectRoundTrip(weights.slice(0, n * width), width, rotate);
  });

  test("noise, one value, two values, steps, and every byte value once", () => {
    const random = new Random(width);
    const n = 3001;
    const make = (value: (i: number) => number) => Uint8Array.from({ length: n * width }, (_, i) => value(i));
    expect(
      expectRoundTrip(
        make(() => random.below(256)),
        width,
        rotate,
      )[0],
    ).toBe(0);
    expect(
      expectRoundTrip(
        make(() => 171),
        width,
        rotate,
      ).length,
    ).toBe(1 + 6 * width);
    expectRoundTrip(
      make((i) => (i % 97 === 0 ? 9 : 200)),
      width,
      rotate,
    );
    expectRoundTrip(
      make((i) => i >> 6),
      width,
      rotate,
    );
    expectRoundTrip(
      make((i) => i & 255),
      width,
      rotate,
    );
    // Counts like Fibonacci numbers: the longest codes, cut at 11 bits.
    expectRoundTrip(
      make(() => Math.min(255, Math.floor(-Math.log2((random.below(65_535) + 1) / 65_536) * 1.44))),
      width,
      rotate,
    );
  });
});

test("a whole block of BF16 weights: exponents cost their entropy and a little", () => {
  const bits = new Uint32Array(generateWeights(blockElements, 5).buffer);
  const bf16 = Uint16Array.from(bits, (x) => x >>> 16);
  const block = expectRoundTrip(new Uint8Array(bf16.buffer), 2, true);
  const counts = new Map<number, number>();
  for (const x of bf16) counts.set((x >> 7) & 255, (counts.get((x >> 7) & 255) ?? 0) + 1);
  let entropy = 0;
  for (const count of counts.values()) entropy -= (count / bf16.length) * Math.log2(count / bf16.length);
  expect(block.length * 8).toBeGreaterThan(bf16.length * (8 + entropy));
  expect(block.length * 8).toBeLessThan(bf16.length * (8 + entropy + 0.12));
});
