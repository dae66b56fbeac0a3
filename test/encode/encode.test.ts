import * as fc from "fast-check";
import { crc32 } from "node:zlib";
import { FormatError, OptionError } from "../../kernel/errors";
import type { FloatArray, IntegerArray } from "../../kernel/encode/container/container";
import { coderLabel, decode, encode } from "../../kernel/encode/encode";
import { horner, hornerWord } from "../../kernel/encode/horner";
import { huffman } from "../../kernel/encode/huffman";
import { canonicalCodes, codeLengths, kraftGap } from "../../kernel/loops/prefix-code";
import { generateWeights } from "../quantize/generator";

const { floor } = Math;
const steps = [huffman(), horner()];

/** Round trip without jest's slow comparison of long arrays. */
function expectRoundTrip(data: IntegerArray | string, step = huffman() as Parameters<typeof encode>[1]): void {
  const encoded = encode(data, step);
  const back = decode(encoded.bytes);
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

describe("code lengths", () => {
  test("by hand: counts 1, 1, 2, 4 give lengths 3, 3, 2, 1 and codes 110, 111, 10, 0", () => {
    const lengths = codeLengths([1, 1, 2, 4], 15);
    expect([...lengths]).toEqual([3, 3, 2, 1]);
    expect([...canonicalCodes(lengths)]).toEqual([0b110, 0b111, 0b10, 0]);
  });

  test("a limit that bites: Fibonacci counts, all lengths at most 4, the code still full", () => {
    const counts = [1, 1, 2, 3, 5, 8, 13, 21];
    expect(Math.max(...codeLengths(counts, 15))).toBe(7);
    const limited = codeLengths(counts, 4);
    expect(Math.max(...limited)).toBe(4);
    expect(kraftGap(limited)).toBe(0);
    expect([...codeLengths(counts, 3)]).toEqual(new Array(8).fill(3));
  });

  test("least total length among all codes of that limit (every choice tried)", () => {
    const total = (counts: number[], lengths: ArrayLike<number>) => counts.reduce((s, c, i) => s + c * lengths[i], 0);
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 2, maxLength: 5 }),
        fc.integer({ min: 3, max: 4 }),
        (counts, limit) => {
          const found = codeLengths(counts, limit);
          expect(kraftGap(found)).toBe(0);
          let best = Infinity;
          for (let code = 0; code < limit ** counts.length; code++) {
            const lengths = Uint8Array.from(counts, (_, i) => (floor(code / limit ** i) % limit) + 1);
            if (kraftGap(lengths) >= 0) best = Math.min(best, total(counts, lengths));
          }
          expect(total(counts, found)).toBe(best);
        },
      ),
    );
  });
});

describe("huffman", () => {
  test("by hand: aaaabbcd is 14 bits of payload", () => {
    const encoded = encode("aaaabbcd", huffman());
    expect(encoded.payloadBits).toBe(4 + 2 * 2 + 3 + 3);
    expect(encoded.entropyBits).toBe(1.75);
    expect(encoded.bits).toBe(encoded.bytes.length * 8);
    // header 7; table: count 1, least 'a' 2, form 1, span 1, four lengths of 5 bits 3; payload 2; checksum 4
    expect(encoded.bytes.length).toBe(7 + 8 + 2 + 4);
    expect(decode(encoded)).toBe("aaaabbcd");
  });

  test("entropy ≤ Huffman < entropy + 1, over quantized weights", () => {
    for (const step of [0.001, 0.01, 0.05]) {
      const codes = new Int32Array(generateWeights(20_000, 4).map((w) => w / step));
      const { payloadBits, entropyBits, symbols } = encode(codes, huffman());
      expect(payloadBits / symbols).toBeGreaterThanOrEqual(entropyBits);
      expect(payloadBits / symbols).toBeLessThan(entropyBits + 1);
    }
  });

  test("all lengths of codes, up to 24 bits, decode", () => {
    // counts 1, 1, 2, 3, 5, … make codes of every length
    const list: number[] = [];
    for (let i = 0, a = 1, b = 1; i < 25; i++, [a, b] = [b, a + b]) for (let k = 0; k < a; k++) list.push(i * 1000);
    expectRoundTrip(Int32Array.from(list), huffman({ maxLength: 24 }));
    expectRoundTrip(Int32Array.from(list), huffman({ maxLength: 6 }));
  });

  test("65,536 symbols, and one more is refused", () => {
    const all = Uint16Array.from({ length: 65_536 }, (_, i) => (i * 40_503) & 0xffff);
    expectRoundTrip(all);
    expectRoundTrip(Uint16Array.from({ length: 140_000 }, (_, i) => (i < 65_536 ? i : 5)));
    expect(() =>
      encode(
        Int32Array.from({ length: 65_537 }, (_, i) => i),
        huffman(),
      ),
    ).toThrow("65537 different symbols");
    expect(() => encode(Uint8Array.of(1, 2, 3), huffman({ maxLength: 1 }))).toThrow("need codes of 2 bits");
  });

  test("a wide alphabet costs its table, which is counted", () => {
    const wide = Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 0);
    expectRoundTrip(wide);
    expect(encode(wide, huffman()).bytes.length).toBeLessThan(40);
  });
});

describe("horner", () => {
  test("five ternary digits in a byte, by hand", () => {
    // digits 1, 2, 0, 1, 2 → 1 + 3·(2 + 3·(0 + 3·(1 + 3·2))) = 196
    const { bytes, payloadBits } = encode(Int8Array.of(0, 1, -1, 0, 1), horner());
    expect(payloadBits).toBe(8);
    expect(bytes[bytes.length - 5]).toBe(196);
    expect(
      encode(
        new Int8Array(1000).map((_, i) => (i % 3) - 1),
        horner(),
      ).payloadBits,
    ).toBe(1600);
  });

  test("words: digits that fit, the best of one to four bytes", () => {
    expect(hornerWord(2)).toEqual({ wordBytes: 1, digits: 8 });
    expect(hornerWord(3)).toEqual({ wordBytes: 1, digits: 5 });
    expect(hornerWord(5)).toEqual({ wordBytes: 3, digits: 10 });
    expect(hornerWord(10)).toEqual({ wordBytes: 3, digits: 7 });
    expect(hornerWord(256)).toEqual({ wordBytes: 1, digits: 1 });
    expect(hornerWord(2 ** 32)).toEqual({ wordBytes: 4, digits: 1 });
    for (let radix = 2; radix < 3000; radix += 7) {
      const { wordBytes, digits } = hornerWord(radix);
      expect(BigInt(radix) ** BigInt(digits) <= 2n ** BigInt(8 * wordBytes)).toBe(true);
      expect(BigInt(radix) ** BigInt(digits + 1) > 2n ** BigInt(8 * wordBytes)).toBe(true);
    }
  });

  test("a radix that is given, and one that is too small", () => {
    expectRoundTrip(Uint8Array.of(1, 2, 1), horner({ radix: 7 }));
    expect(() => encode(Uint8Array.of(0, 3), horner({ radix: 3 }))).toThrow("need radix 4");
  });
});

describe("round trips", () => {
  const arrays: IntegerArray[] = [
    new Uint8Array(0),
    new Int32Array(0),
    Int8Array.of(-128),
    Int16Array.of(-32_768, 32_767),
    Uint16Array.of(65_535, 0, 65_535),
    Int32Array.of(-(2 ** 31), 2 ** 31 - 1),
    new Uint8Array(100_000).fill(7),
    Uint8Array.from({ length: 16_384 * 3 + 1 }, (_, i) => (i * i) & 255),
  ];
  test.each(steps)("awkward arrays: %j", (step) => {
    for (const array of arrays) expectRoundTrip(array, step);
    for (const text of ["", "a", "Zürich 🏔", "\ud800 alone", "ab".repeat(9000)]) expectRoundTrip(text, step);
  });

  test.each(steps)("a million random codes: %j", (step) => {
    let state = 1;
    const data = new Int8Array(1_000_000);
    for (let i = 0; i < data.length; i++) {
      state = (state * 48_271) % 2_147_483_647;
      data[i] = (state >> 12) & (state >> 20) & 15;
    }
    const before = crc32(data);
    expectRoundTrip(data, step);
    expect(crc32(data)).toBe(before);
  });

  test("any array of any type", () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.int8Array({ maxLength: 200 }),
      fc.uint16Array({ maxLength: 200 }),
      fc.int16Array({ maxLength: 200 }),
      fc.int32Array({ maxLength: 200 }),
      fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 300 }).map((list) => Int32Array.from(list)),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(data, fc.constantFrom(...steps), (value, step) => {
        expectRoundTrip(value as IntegerArray | string, step);
      }),
    );
  });
});

describe("hostile bytes", () => {
  const samples = steps.flatMap((step) => [
    encode(
      Uint8Array.from({ length: 300 }, (_, i) => (i * i) % 11),
      step,
    ).bytes,
    encode(Int32Array.of(5, -100_000, 70_000, 5, 5), step).bytes,
    encode(new Int16Array(1000).fill(3), step).bytes,
  ]);

  test("cut short, longer, or one bit turned: the checksum tells", () => {
    for (const bytes of samples) {
      for (let length = 0; length < bytes.length; length++)
        expect(() => decode(bytes.subarray(0, length))).toThrow(FormatError);
      expect(() => decode(Uint8Array.of(...bytes, 0))).toThrow(FormatError);
      for (let bit = 0; bit < bytes.length * 8; bit += 3) {
        const turned = bytes.slice();
        turned[bit >> 3] ^= 1 << (bit & 7);
        expect(() => decode(turned)).toThrow(FormatError);
      }
    }
  });

  test("changed with a right checksum: a FormatError or other symbols, never anything else", () => {
    for (const bytes of samples)
      fc.assert(
        fc.property(
          fc.integer({ min: 0, max: bytes.length - 5 }),
          fc.integer({ min: 0, max: 255 }),
          fc.nat(3),
          (at, value, cut) => {
            const changed = resign(
              cut === 0 ? bytes.slice(0, Math.max(11, at)) : bytes.map((b, i) => (i === at ? value : b)),
            );
            try {
              decode(changed, { maximumSymbols: 100_000 });
            } catch (error) {
              expect(error).toBeInstanceOf(FormatError);
            }
          },
        ),
        { numRuns: 300 },
      );
  });

  const craft = (...body: number[]) => resign(Uint8Array.of(0x43, 0x42, 0x45, 1, ...body, 0, 0, 0, 0));
  test.each([
    ["another version", Uint8Array.of(0x43, 0x42, 0x45, 2, 1, 0, 0, 0, 0, 0, 0), "version 1"],
    ["an unknown coder", craft(10, 0, 0), "coder 10"],
    ["an unknown type", craft(1, 9, 0), "array type 9"],
    ["floats by a coder of integers", craft(1, 7, 1, 1, 0), "Float64Array by huffman"],
    ["bytes after nothing", craft(1, 0, 0, 1), "left over"],
    ["a count beyond the limit", craft(1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 0), "number of symbols above the limit"],
    ["a count beyond the payload", craft(1, 0, 100, 2, 0, 0, 2, 0b00001_000, 0b01_000000, 0), "100 symbols in 8 bits"],
    ["lengths that fill no code", craft(1, 0, 2, 2, 0, 0, 2, 0b00001_000, 0b10_000000, 0), "exactly 1"],
    ["padding that is set", craft(1, 0, 2, 2, 0, 0, 2, 0b00001_000, 0b01_000000, 0b01_000001), "padding bits"],
    ["bytes left over", craft(1, 0, 2, 2, 0, 0, 2, 0b00001_000, 0b01_000000, 0b01_000000, 0), "1 bytes are left over"],
    ["a symbol that the type lacks", craft(1, 0, 1, 1, 1), "symbol -1"],
    ["a table longer than the data", craft(1, 4, 2, 2, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0), "a table of"],
    ["a word beyond its digits", craft(2, 0, 5, 0, 3, 1, 250), "a word beyond 5 digits"],
    ["digits that are missing", craft(2, 0, 6, 0, 3, 1, 1), "1 bytes of digits"],
    ["a digit that the type lacks", craft(2, 0, 1, 0, 0x90, 0x4e, 2, 0xff, 0x0f), "symbol 4095"],
    ["words of another size", craft(2, 0, 5, 0, 3, 2, 1, 1), "words of 2 bytes"],
  ])("%s", (_, bytes, message) => {
    expect(() => decode(bytes)).toThrow(FormatError);
    expect(() => decode(bytes)).toThrow(message);
  });

  test("a few bytes may ask for many equal symbols, up to the caller's limit", () => {
    const { bytes } = encode(new Uint8Array(5000), huffman());
    expect(bytes.length).toBeLessThan(20);
    expect(() => decode(bytes, { maximumSymbols: 4999 })).toThrow("at most 4999");
    expect(decode(bytes).length).toBe(5000);
  });
});

test("options, labels, refusals", () => {
  expect(JSON.stringify(huffman())).toBe('{"kind":"huffman"}');
  expect(coderLabel(huffman({ maxLength: 12 }))).toBe("huffman ≤12");
  expect(coderLabel(horner({ radix: 3 }))).toBe("horner radix 3");
  expect(() => huffman({ maxlength: 3 } as never)).toThrow('did you mean "maxLength"?');
  expect(() => horner({ radix: 1 })).toThrow("radix is 1");
  expect(() => encode(Float32Array.of(1) as never, huffman())).toThrow(OptionError);
  expect(() => encode("a", { kind: "hufman" })).toThrow('did you mean "huffman"?');
});
