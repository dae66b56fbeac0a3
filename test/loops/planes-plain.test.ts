import { Random } from "../../kernel/bytes/random";
import { blockCodecs, encodeBlocks } from "../../kernel/blocks";
import { blockBytesOf, layoutOf, type LayoutCode } from "../../kernel/encode/byte-planes/block-layout";
import { hashBytes64 } from "../../kernel/encode/byte-planes/hash";
import { ownLane, sharedMemory } from "../../kernel/loops/plane-memory";
import { fastPlanes } from "../../kernel/loops/planes";
import { plainPlanesIn } from "../../kernel/loops/planes-plain";
import { hash64 } from "../../kernel/loops/xxh64";
import { generateWeights } from "../quantize/generator";
import { decodeBytes, encodeBytes, hashOf, throwing } from "../encode/blocks";

const fast = fastPlanes.own();
const plain = plainPlanesIn(sharedMemory(ownLane.end).buffer);

/** Codes with both kernels, which must agree, and decodes with both. */
function expectRoundTrip(bytes: Uint8Array, layout: LayoutCode, base?: Uint8Array): Uint8Array {
  const block = encodeBytes(fast, bytes, layout, base);
  expect(Buffer.compare(block, encodeBytes(plain, bytes, layout, base))).toBe(0);
  expect(block.length).toBeLessThanOrEqual(bytes.length + 1);
  for (const kernels of [fast, plain])
    expect(Buffer.compare(decodeBytes(kernels, block, layout, bytes.length, { ...throwing, base }), bytes)).toBe(0);
  expect(hashOf(fast, block)).toBe(hash64(block));
  return block;
}

/** Σ −log2 p over the bytes, in bits. */
function entropyOf(bytes: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const byte of bytes) counts[byte]++;
  return counts.reduce((sum, count) => sum - (count && count * Math.log2(count / bytes.length)), 0);
}

test("XXH64 of the specification's examples and of every short length, three ways", () => {
  expect(hash64(new Uint8Array(0))).toBe(0xef46db3751d8e999n);
  expect(hash64(Buffer.from("abc"))).toBe(0x44bc2cf5ad770999n);
  const bytes = Uint8Array.from({ length: 200 }, (_, i) => (i * 167) & 255);
  for (let length = 0; length <= 200; length++) {
    const part = bytes.subarray(0, length);
    expect([hashOf(fast, part), hashBytes64(part)]).toEqual([hash64(part), hash64(part)]);
  }
  const long = Uint8Array.from({ length: 2 ** 20 + 77 }, (_, i) => (i * i) >> 5);
  expect(hashBytes64(long)).toBe(hash64(long));
});

const elements: LayoutCode[] = [1, 2, 4, 8].flatMap((width) => [
  { width: width as 1 | 2 | 4 | 8, isFloat: false },
  { width: width as 1 | 2 | 4 | 8, isFloat: true },
]);

describe.each(
  elements.map((layout) => [("width" in layout && layout.width) || 0, "isFloat" in layout && layout.isFloat, layout]),
)("elements of %d bytes, float %s: WebAssembly and TypeScript give the same bytes", (width, _isFloat, layout) => {
  test("weights, of all lengths up to 70 and of awkward ones", () => {
    const weights = new Uint8Array(generateWeights(5000, 11).buffer);
    for (let n = 1; n < 70; n++) expectRoundTrip(weights.slice(0, n * width), layout);
    for (const n of [127, 128, 129, 1000, 2499]) expectRoundTrip(weights.slice(0, n * width), layout);
  });

  test("noise, one value, two values, steps, and every byte value once", () => {
    const random = new Random(width);
    const n = 3001;
    const make = (value: (i: number) => number) => Uint8Array.from({ length: n * width }, (_, i) => value(i));
    const noise = make(() => random.below(256));
    expect(expectRoundTrip(noise, layout)[0]).toBe(0);
    expect(
      expectRoundTrip(
        make(() => 171),
        layout,
      ).length,
    ).toBe(1 + 6 * width);
    expectRoundTrip(
      make((i) => (i % 97 === 0 ? 9 : 200)),
      layout,
    );
    expectRoundTrip(
      make((i) => i >> 6),
      layout,
    );
    expectRoundTrip(
      make((i) => i & 255),
      layout,
    );
    // Counts like Fibonacci numbers: the longest codes, cut at 11 bits.
    expectRoundTrip(
      make(() => Math.min(255, Math.floor(-Math.log2((random.below(65_535) + 1) / 65_536) * 1.44))),
      layout,
    );
  });

  test("against a base: itself, its neighbours, noise, the other sign", () => {
    const random = new Random(7 * width);
    const base = new Uint8Array(generateWeights(1200, 3).buffer).slice(0, 500 * width);
    expect(expectRoundTrip(base, layout, base).length).toBe(1 + 6 * width);
    const near = base.map((byte, i) => (i % width === 0 ? (byte + random.below(3)) & 255 : byte));
    const alone = encodeBytes(fast, near, layout).length;
    expect(expectRoundTrip(near, layout, base).length).toBeLessThan(alone);
    expectRoundTrip(
      Uint8Array.from(base, () => random.below(256)),
      layout,
      base,
    );
    expectRoundTrip(
      base.map((byte, i) => (i % width === width - 1 ? byte ^ 128 : byte)),
      layout,
      base,
    );
  });
});

test("a whole block of BF16 weights: exponents cost their entropy and a little", () => {
  const bits = new Uint32Array(generateWeights(262_144, 5).buffer);
  const bf16 = Uint16Array.from(bits, (x) => x >>> 16);
  const layout: LayoutCode = { width: 2, isFloat: true };
  expect(blockBytesOf(layoutOf(layout))).toBe(2 * bf16.length);
  const block = expectRoundTrip(new Uint8Array(bf16.buffer), layout);
  const entropy = entropyOf(Uint8Array.from(bf16, (x) => (x >> 7) & 255));
  expect(block.length * 8).toBeGreaterThan(bf16.length * 8 + entropy);
  expect(block.length * 8).toBeLessThan(bf16.length * 8.12 + entropy);
});

test("rare values cost less than the bit that a prefix code takes: within 3 % and 40 bytes of the entropy", () => {
  const random = new Random(4);
  for (const rarity of [20, 200, 5000]) {
    const bytes = Uint8Array.from({ length: 200_000 }, () => (random.below(rarity) === 0 ? 1 + random.below(40) : 0));
    const block = expectRoundTrip(bytes, { width: 1, isFloat: false });
    expect(block[1]).toBe(4);
    expect(block.length * 8).toBeGreaterThan(entropyOf(bytes));
    expect(block.length * 8).toBeLessThan(entropyOf(bytes) * 1.03 + 8 * 100);
  }
});

test("a plane of unequal parts is coded part by part", () => {
  const random = new Random(9);
  const noise = Uint8Array.from({ length: 16_384 }, () => random.below(256));
  const few = noise.map((byte) => byte & 7);
  const parts = Buffer.concat([
    noise,
    few,
    new Uint8Array(16_384),
    noise,
    noise,
    few.map((byte) => (byte ? 250 : 0)),
    noise.subarray(5),
  ]);
  const block = expectRoundTrip(parts, { width: 1, isFloat: false });
  expect(block[1]).toBe(3);
  expect(block.length).toBeLessThan(4 * 16_384 + 2 * (0.4 * 16_384));
});

test.each([...blockCodecs.values()].map((codec) => [codec.name, codec] as const))(
  "blocks of %s by their fields: both kernels agree, any bytes come back, and it pays",
  (name, codec) => {
    const random = new Random(codec.id);
    const layout: LayoutCode = { block: name };
    const weights = generateWeights(256 * 600, codec.id);
    const bytes = codec.encode
      ? encodeBlocks(codec, weights, weights.length)
      : Uint8Array.from({ length: 600 * codec.bytes }, () => random.below(200));
    const block = expectRoundTrip(bytes, layout);
    if (codec.encode) {
      const flat = encodeBytes(fast, bytes, { width: 1, isFloat: false });
      expect(block.length).toBeLessThan(flat.length);
    }
    expectRoundTrip(
      bytes,
      layout,
      bytes.map((byte, i) => (i % 50 === 0 ? byte ^ 1 : byte)),
    );
    for (const n of [1, 2, 7]) expectRoundTrip(bytes.slice(0, n * codec.bytes), layout);
    expectRoundTrip(
      Uint8Array.from({ length: 40 * codec.bytes }, () => random.below(256)),
      layout,
    );
  },
);
