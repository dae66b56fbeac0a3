import * as fc from "fast-check";
import { crc32 } from "node:zlib";
import type { FloatArray, IntegerArray } from "../../kernel/encode/container/container";
import { coderLabel, decode, encode } from "../../kernel/encode/encode";
import { rans, type RansStep } from "../../kernel/encode/rans";
import { costOf, normalizeCounts } from "../../kernel/encode/range/frequencies";
import { FormatError, OptionError } from "../../kernel/errors";
import { generateWeights } from "../quantize/generator";

function expectRoundTrip(data: IntegerArray | string, step: RansStep): void {
  const back = decode(encode(data, step).bytes);
  if (typeof data === "string" || typeof back === "string") {
    expect(back).toBe(data);
    return;
  }
  expect(back.constructor.name).toBe(data.constructor.name);
  expect(back.length).toBe(data.length);
  const bytes = (a: IntegerArray | FloatArray) => Buffer.from(a.buffer, a.byteOffset, a.byteLength);
  expect(Buffer.compare(bytes(back), bytes(data))).toBe(0);
}

/** Puts a right checksum behind changed bytes, so that only the structure can give them away. */
function resign(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true);
  return copy;
}

const steps = [rans(), rans({ tableBits: 8, streams: 1 }), rans({ tableBits: 16, streams: 8 })];

describe("frequencies", () => {
  test("by hand: counts 1, 1, 2 in eight places are 2, 2, 4; a rare symbol keeps one place", () => {
    expect([...normalizeCounts([1, 1, 2], 3)]).toEqual([2, 2, 4]);
    expect([...normalizeCounts([1, 1_000_000], 8)]).toEqual([1, 255]);
    expect([...normalizeCounts(new Array<number>(8).fill(5), 3)]).toEqual(new Array<number>(8).fill(1));
  });

  test("least cost among all frequencies of that sum (every choice tried)", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 3, maxLength: 3 }), (counts) => {
        const found = normalizeCounts(counts, 4);
        expect(found.reduce((sum, f) => sum + f, 0)).toBe(16);
        let best = Infinity;
        for (let a = 1; a < 15; a++)
          for (let b = 1; a + b < 16; b++) best = Math.min(best, costOf(counts, Uint32Array.of(a, b, 16 - a - b), 4));
        expect(costOf(counts, found, 4)).toBeCloseTo(best, 9);
      }),
    );
  });

  test("65,536 symbols of very different counts, each with a place", () => {
    const frequencies = normalizeCounts(
      Array.from({ length: 60_000 }, (_, i) => 1 + (i % 7 === 0 ? i : 0)),
      16,
    );
    expect(frequencies.reduce((sum, f) => sum + f, 0)).toBe(65_536);
    expect(Math.min(...frequencies)).toBe(1);
  });
});

describe("rans", () => {
  test("by hand: two symbols, one stream", () => {
    // a has 128 of 256 places, b the other 128. From 2^23, last symbol first: b: 2·2^23 + 128; a: x ≥ 128·2^23, no; …
    const encoded = encode("ab", rans({ tableBits: 8, streams: 1 }));
    const x1 = Math.floor(2 ** 23 / 128) * 256 + 128 + (2 ** 23 % 128);
    const x2 = Math.floor(x1 / 128) * 256 + (x1 % 128);
    // header 7 (magic 4, coder, type, count), 2 symbols, least 'a' (2 bytes), 8 bits, 1 stream, form 1, 128 (2 bytes), gap 0, 128
    expect([...encoded.bytes.subarray(0, -8)]).toEqual([
      ...[0x43, 0x42, 0x45, 1, 3, 5, 2],
      ...[2, 0xc2, 1, 8, 1, 0, 2, 0x80, 1, 0x80, 1],
    ]);
    expect(new DataView(encoded.bytes.buffer, encoded.bytes.byteOffset).getUint32(encoded.bytes.length - 8, true)).toBe(
      x2,
    );
    expect(encoded.payloadBits).toBe(32);
  });

  test.each([
    ["nearly all zeros", 0.3],
    ["a few symbols", 3],
    ["a hundred symbols", 20],
  ])("a million skewed symbols, %s: codes within 0.1 %% of the entropy", (_, deviation) => {
    const data = new Int32Array(1_000_000);
    const weights = generateWeights(data.length, 3);
    const spread = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
    for (let i = 0; i < data.length; i++) data[i] = Math.round((weights[i] / spread) * deviation);
    for (const step of [rans(), rans({ streams: 4 }), rans({ tableBits: 16 })]) {
      const { payloadBits, entropyBits, symbols, bytes } = encode(data, step);
      expect(payloadBits / symbols).toBeGreaterThan(entropyBits * 0.99999);
      expect(payloadBits / symbols).toBeLessThan(entropyBits * 1.001);
      expect(bytes.length * 8 - payloadBits).toBeLessThan(0.01 * payloadBits);
    }
    expectRoundTrip(data, rans());
  });

  test("65,536 symbols; one more, or too few places, is refused", () => {
    expectRoundTrip(
      Uint16Array.from({ length: 65_536 }, (_, i) => (i * 40_503) & 0xffff),
      rans(),
    );
    expectRoundTrip(
      Uint16Array.from({ length: 140_000 }, (_, i) => (i < 65_536 ? i : 5)),
      rans(),
    );
    expect(() =>
      encode(
        Int32Array.from({ length: 65_537 }, (_, i) => i),
        rans(),
      ),
    ).toThrow("65537 different symbols");
    expect(() =>
      encode(
        Int32Array.from({ length: 257 }, (_, i) => i),
        rans({ tableBits: 8 }),
      ),
    ).toThrow("tableBits 9 at least");
  });

  test.each(steps)("awkward arrays: %j", (step) => {
    const arrays: IntegerArray[] = [
      new Uint8Array(0),
      Int8Array.of(-128),
      Int16Array.of(-32_768, 32_767),
      Uint16Array.of(65_535, 0, 65_535),
      Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 0),
      new Uint8Array(100_000).fill(7),
      Uint8Array.from({ length: 16_384 * 3 + 1 }, (_, i) => (i * i) & 255),
    ];
    for (const array of arrays) expectRoundTrip(array, step);
    for (const text of ["", "a", "Zürich 🏔", "\ud800 alone", "ab".repeat(9000)]) expectRoundTrip(text, step);
  });

  test("any array, any size of table, any number of streams", () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.int16Array({ maxLength: 200 }),
      fc.int32Array({ maxLength: 200 }),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 300 }).map((list) => Int32Array.from(list)),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(data, fc.integer({ min: 8, max: 16 }), fc.integer({ min: 1, max: 8 }), (value, tableBits, streams) =>
        expectRoundTrip(value as IntegerArray | string, rans({ tableBits, streams })),
      ),
    );
  });

  test("options and labels", () => {
    expect(JSON.stringify(rans())).toBe('{"kind":"rans"}');
    expect(coderLabel(rans({ tableBits: 14 }))).toBe("rans 14 bits");
    expect(() => rans({ tablebits: 12 } as never)).toThrow('did you mean "tableBits"?');
    expect(() => rans({ tableBits: 17 })).toThrow(OptionError);
    expect(() => rans({ streams: 0 })).toThrow("streams is 0");
  });
});

describe("hostile bytes", () => {
  const samples = steps.flatMap((step) => [
    encode(
      Uint8Array.from({ length: 300 }, (_, i) => (i * i) % 11),
      step,
    ).bytes,
    encode(Int32Array.of(5, -100_000, 70_000, 5, 5), step).bytes,
  ]);

  test("cut short, longer, or one bit turned: the checksum tells", () => {
    for (const bytes of samples) {
      for (let length = 0; length < bytes.length; length++)
        expect(() => decode(bytes.subarray(0, length))).toThrow(FormatError);
      expect(() => decode(Uint8Array.of(...bytes, 0))).toThrow(FormatError);
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const turned = bytes.slice();
        turned[bit >> 3] ^= 1 << (bit & 7);
        expect(() => decode(turned)).toThrow(FormatError);
      }
    }
  });

  test("one bit turned and signed again: a FormatError or other symbols, never anything else", () => {
    let refused = 0;
    let all = 0;
    for (const bytes of samples)
      for (let bit = 40; bit < (bytes.length - 4) * 8; bit++, all++) {
        const turned = bytes.slice();
        turned[bit >> 3] ^= 1 << (bit & 7);
        try {
          decode(resign(turned), { maximumSymbols: 100_000 });
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          refused++;
        }
      }
    expect(refused / all).toBeGreaterThan(0.8); // the rest: another type of array, another symbol in the table
  });

  const craft = (...body: number[]) => resign(Uint8Array.of(0x43, 0x42, 0x45, 1, 3, ...body, 0, 0, 0, 0));
  const half = [0x80, 1, 0x80, 1]; // 128 and 128 places of 256
  const start = [0, 0, 0x80, 0]; // 2^23
  test.each([
    ["no symbols in the table", craft(0, 2, 0), "0 different symbols"],
    ["more symbols in the table than data", craft(0, 2, 3, 0), "3 different symbols"],
    ["a symbol that the type lacks", craft(0, 2, 1, 1), "symbol -1"],
    ["too small a table", craft(0, 2, 2, 0, 7, 1, 0, 2, ...half, ...start), "7 table bits"],
    ["too large a table", craft(0, 2, 2, 0, 17, 1, 0, 2, ...half, ...start), "17 table bits"],
    ["no stream", craft(0, 2, 2, 0, 8, 0, 0, 2, ...half, ...start), "0 streams"],
    ["nine streams", craft(0, 2, 2, 0, 8, 9, 0, 2, ...half, ...start), "9 streams"],
    ["an unknown form", craft(0, 2, 2, 0, 8, 1, 2, 2, ...half, ...start), "table form 2"],
    ["places that are left over", craft(0, 2, 2, 0, 8, 1, 0, 2, 0x80, 1, 0x7f, ...start), "share 255 places"],
    ["too many places", craft(0, 2, 2, 0, 8, 1, 0, 2, 0x80, 1, 0x81, 1, ...start), "share 257 places"],
    ["a frequency beyond the table", craft(0, 2, 2, 0, 8, 1, 0, 2, 0x81, 2, 1, ...start), "above the limit"],
    ["a first symbol without places", craft(0, 2, 2, 0, 8, 1, 0, 3, 0, ...half, ...start), "first and last"],
    ["a frequency of 0", craft(0, 2, 2, 0, 8, 1, 1, 0, 0, 0x80, 2, ...start), "a frequency of 0"],
    ["a span beyond the bytes", craft(4, 2, 2, 0, 8, 1, 0, 0xff, 0xff, 0x7f, ...half, ...start), "a table of"],
    ["a gap beyond the type", craft(0, 2, 2, 0, 8, 1, 1, 0x80, 1, 0xff, 0x7f, 0x80, 1, ...start), "symbol 16384"],
    ["a state that is too low", craft(0, 2, 2, 0, 8, 1, 0, 2, ...half, 0xff, 0xff, 0x7f, 0), "state 8388607"],
    ["a state that is too high", craft(0, 2, 2, 0, 8, 1, 0, 2, ...half, 0, 0, 0, 0x80), "state 2147483648"],
    ["no state", craft(0, 2, 2, 0, 8, 1, 0, 2, ...half, 0, 0), "the data ends"],
    ["codes that are missing", craft(0, 2, 2, 0, 8, 1, 0, 2, ...half, ...start), "go on past the end"],
    ["bytes left over", craft(0, 2, 2, 0, 8, 1, 0, 2, ...half, 0, 0, 0, 2, 9), "1 bytes are left over"],
    ["another last state", craft(0, 2, 2, 0, 8, 1, 0, 2, ...half, 0, 2, 0, 2), "ends in state"],
    ["a count beyond the payload", craft(0, 0xff, 0x7f, 2, 0, 8, 1, 0, 2, ...half, ...start), "16383 symbols in"],
  ])("%s", (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(FormatError);
    expect(() => decode(bytes)).toThrow(message);
  });
});

test("a table of 12 bits is taken where a larger one saves nothing", () => {
  const quarters = Uint8Array.from({ length: 4000 }, (_, i) => i % 4);
  expect(encode(quarters, rans()).bytes).toEqual(encode(quarters, rans({ tableBits: 12 })).bytes);
});
