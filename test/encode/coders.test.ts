import * as fc from "fast-check";
import { crc32 } from "node:zlib";
import {
  decode,
  delta,
  encode,
  huffman,
  horner,
  planes,
  rans,
  zstd,
  type FloatArray,
  type IntegerArray,
  type Step,
} from "../../kernel";
import { coderLabel } from "../../kernel/methods";
import { Random } from "../../kernel/bytes/random";
import { symbolCoders } from "../../kernel/encode/coders";
import { AdaptiveModel } from "../../kernel/encode/range/rans-adaptive";
import { FormatError, OptionError } from "../../kernel/errors";
import { generateWeights } from "../quantize/generator";

type Data = IntegerArray | FloatArray | string;

const bytesOf = (array: IntegerArray | FloatArray): Buffer =>
  Buffer.from(array.buffer, array.byteOffset, array.byteLength);

function expectRoundTrip(data: Data, step: Step, base?: IntegerArray | FloatArray): number {
  const options = base ? { base } : {};
  const encoded = encode(data, step, options);
  const back = decode(encoded.bytes, options);
  if (typeof data === "string" || typeof back === "string") expect(back).toBe(data);
  else {
    expect(back.constructor.name).toBe(data.constructor.name);
    expect(Buffer.compare(bytesOf(back), bytesOf(data))).toBe(0);
  }
  return encoded.bytes.length;
}

function resign(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(copy.length - 4, crc32(copy.subarray(0, -4)), true);
  return copy;
}

const adaptive = rans({ adaptive: true });
const steps: Step[] = [
  ...[huffman({ streams: 4 }), huffman({ streams: 4, maxLength: 24 }), adaptive],
  ...[rans({ adaptive: true, tableBits: 16, streams: 8 }), planes(), planes({ coder: rans() })],
  ...[rans({ classes: 1 }), rans({ classes: 4 }), rans({ classes: 16, tableBits: 13, streams: 5 })],
  ...[
    planes({ coder: huffman() }),
    planes({ coder: adaptive }),
    planes({ coder: rans({ classes: 3 }) }),
    zstd(),
    planes({ coder: zstd({ level: 1 }) }),
  ],
];
const floatSteps = steps.filter(({ kind }) => kind === "planes" || kind === "zstd");

describe("round trips", () => {
  const integers: Data[] = [
    new Uint8Array(0),
    Int8Array.of(-128),
    Int8Array.of(-128, 127, -128),
    Uint8Array.from({ length: 70_000 }, (_, i) => (i * i) & 255),
    Int16Array.from({ length: 5000 }, (_, i) => (i % 700) - 350),
    Uint16Array.of(65_535, 65_530, 65_535),
    Int32Array.of(-(2 ** 31), -(2 ** 31) + 5, -(2 ** 31)),
    new Int32Array(70_000).fill(-7),
    "",
    "Zürich 🏔",
    "ab".repeat(40_000),
  ];
  test.each(steps.map((step) => [JSON.stringify(step), step] as const))("awkward arrays: %s", (_, step) => {
    // Letters and a mountain are further apart than the model's places reach.
    const isNarrow = (step as { adaptive?: boolean }).adaptive === true;
    for (const data of integers) if (!isNarrow || data !== "Zürich 🏔") expectRoundTrip(data, step);
  });

  const special = Uint32Array.of(0x7fc00000, 0x7f800001, 0xffc12345, 0x80000000, 1, 0x7f800000, 0xff800000);
  const doubles = Float64Array.from(generateWeights(70_000, 5), (w) => w * 1e-300);
  const floats: FloatArray[] = [
    ...[new Float32Array(0), Float32Array.of(-0), new Float32Array(special.buffer)],
    ...[generateWeights(140_001, 4), new Float64Array(0), Float64Array.of(NaN, -0, 5e-324), doubles],
  ];
  test.each(floatSteps.map((step) => [JSON.stringify(step), step] as const))("floats, bit for bit: %s", (_, step) => {
    for (const data of floats) expectRoundTrip(data, step);
  });

  test("any array, against any base", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.nat(3)), { maxLength: 200 }),
        fc.constantFrom(delta(), delta({ type: "BF16" }), delta({ type: "I32" }), delta({ type: "U8" })),
        (pairs, step) => {
          const base = Uint32Array.from(pairs, ([x]) => x);
          const data = base.map((x, i) => x + pairs[i][1]);
          expectRoundTrip(new Float32Array(data.buffer), step, new Float32Array(base.buffer));
          expectRoundTrip(new Uint16Array(data.buffer), step, new Uint16Array(base.buffer));
        },
      ),
    );
  });
});

test("a byte plane may be coded by each coder of the table, which its kind finds", () => {
  expect(symbolCoders.map(({ kind }) => kind)).toEqual(["horner", "huffman", "rans", "zstd"]);
  const floats = Float32Array.from({ length: 30 }, (_, i) => i / 7);
  for (const { kind } of symbolCoders) {
    const { bytes } = encode(floats, planes({ coder: { kind } as never }));
    expect(Buffer.compare(bytesOf(decode(bytes) as FloatArray), bytesOf(floats))).toBe(0);
  }
});

describe("adaptive rans", () => {
  test("the model by hand: 3 symbols in 16 places", () => {
    const model = new AdaptiveModel(3, 4);
    // 1 + ⌊1·13/3⌋ = 5 each, and the one place left to the first
    expect([...model.frequencies()]).toEqual([6, 5, 5]);
    model.learn(Uint16Array.of(2, 2, 0), 0, 3);
    // weights 3, 1, 5 of 9: 1 + ⌊39/9⌋, 1 + ⌊13/9⌋, 1 + ⌊65/9⌋; one left to the heaviest
    expect([...model.frequencies()]).toEqual([5, 2, 9]);
    expect([model.blockLength(1000), model.blockLength(10)]).toEqual([64, 10]);
  });

  test("the model forgets: after 200,000 of one symbol the other takes over", () => {
    const model = new AdaptiveModel(2, 12);
    model.learn(new Uint16Array(200_000).fill(0), 0, 200_000);
    model.learn(new Uint16Array(200_000).fill(1), 0, 200_000);
    expect(model.frequencies()[1]).toBeGreaterThan(2000);
  });

  test.each([3, 20])("a million steady symbols cost their entropy and 0.3 %% (deviation %d)", (deviation) => {
    const weights = generateWeights(1_000_000, 3);
    const spread = Math.sqrt(weights.reduce((sum, w) => sum + w * w, 0) / weights.length);
    const data = Int32Array.from(weights, (w) => Math.round((w / spread) * deviation));
    const { payloadBits, entropyBits, bitsPerSymbol } = encode(data, adaptive);
    expect(bitsPerSymbol).toBeGreaterThan(entropyBits);
    expect(payloadBits / data.length).toBeLessThan(entropyBits * 1.003);
  });

  test("symbols that drift cost less than the static table, and less than their order-0 entropy", () => {
    const random = new Random(6);
    const drifting = Uint8Array.from({ length: 400_000 }, (_, i) => (i >> 13) + random.below(8));
    const { bitsPerSymbol, entropyBits } = encode(drifting, adaptive);
    expect(bitsPerSymbol).toBeLessThan(4);
    expect(entropyBits).toBeGreaterThan(5);
    expect(encode(drifting, rans()).bitsPerSymbol).toBeGreaterThan(5);
  });

  test("no table: two symbols cost the states and a few bytes", () => {
    // header 7, least 1, span 1, bits and streams 2, states 8, bytes 1, codes, checksum 4
    expect(expectRoundTrip(Uint8Array.of(3, 5), adaptive)).toBeLessThan(7 + 1 + 1 + 2 + 8 + 1 + 3 + 4);
  });

  test("a span that the places do not hold is refused", () => {
    expect(() => encode(Int32Array.of(0, 32_768), adaptive)).toThrow("32768 neighbouring integers at 16 table bits");
    expect(() => encode(Int32Array.of(0, 200), rans({ adaptive: true, tableBits: 8 }))).toThrow(
      "tableBits 9 holds them",
    );
    expectRoundTrip(Int32Array.of(0, 32_767), adaptive);
  });
});

describe("huffman in four streams", () => {
  test("entropy ≤ codes < entropy + 0.1 on bell-shaped codes; 11 bits cost under 0.1 % more than 24", () => {
    const codes = Int8Array.from(generateWeights(300_000, 4), (w) => Math.round(w * 100));
    const { payloadBits, entropyBits, bytes } = encode(codes, huffman());
    expect(bytes[4]).toBe(4);
    expect(payloadBits / codes.length).toBeGreaterThanOrEqual(entropyBits);
    expect(payloadBits / codes.length).toBeLessThan(entropyBits + 0.1);
    expect(payloadBits).toBeLessThan(encode(codes, huffman({ maxLength: 24 })).payloadBits * 1.001);
    expect(bytes.length * 8 - payloadBits).toBeLessThan(8 * 5 * 20 + 2000);
  });

  test("codes of every length up to 24 bits, and 65,536 symbols", () => {
    const list: number[] = [];
    for (let i = 0, a = 1, b = 1; i < 25; i++, [a, b] = [b, a + b]) for (let k = 0; k < a; k++) list.push(i * 1000);
    expectRoundTrip(Int32Array.from(list), huffman({ maxLength: 24, streams: 4 }));
    expectRoundTrip(
      Uint16Array.from({ length: 140_000 }, (_, i) => (i < 65_536 ? (i * 40_503) & 0xffff : 5)),
      huffman(),
    );
  });
});

describe("planes", () => {
  test("exponents and mantissas told apart: BF16 weights at two thirds, their entropy printed", () => {
    const bits = new Uint32Array(generateWeights(262_144, 5).buffer);
    const halves = Uint16Array.from(bits, (x) => x >>> 16);
    const apart = encode(halves, planes({ type: "BF16" }));
    expect(apart.bitsPerSymbol).toBeLessThan(encode(halves, planes()).bitsPerSymbol);
    expect(apart.bitsPerSymbol).toBeLessThan(0.68 * 16);
    const floats = encode(new Float32Array(bits.buffer), planes());
    expect(floats.bitsPerSymbol).toBeGreaterThan(0.98 * floats.entropyBits);
    expect(floats.bitsPerSymbol).toBeLessThan(1.01 * floats.entropyBits + 0.1);
  });

  test("eight-bit floats and blocks of ggml by their type", () => {
    const random = new Random(8);
    const bytes = Uint8Array.from({ length: 34 * 900 }, () => random.below(20) + random.below(20));
    for (const type of ["F8_E4M3", "F8_E5M2", "Q8_0", "BOOL", "F4"]) expectRoundTrip(bytes, planes({ type }));
    expectRoundTrip(bytes, planes({ type: "Q8_0", coder: rans() }));
    expectRoundTrip(bytes, planes({ type: "Q4_K" })); // not whole blocks: as bytes
  });
});

test("zstd finds repetitions, which weights do not have", () => {
  const weights = generateWeights(50_000, 3);
  const repeated = new Float32Array(100_000);
  repeated.set(weights);
  repeated.set(weights, 50_000);
  expect(encode(repeated, zstd()).bytes.length).toBeLessThan(0.7 * encode(repeated, planes()).bytes.length);
  expect(encode(weights, zstd()).bitsPerSymbol).toBeGreaterThan(encode(weights, planes()).bitsPerSymbol);
});

describe("delta", () => {
  const base = generateWeights(20_000, 3);
  test("its base costs nothing; another base, and none, are refused", () => {
    expect(expectRoundTrip(base, delta(), base)).toBeLessThan(60);
    const { bytes } = encode(base, delta(), { base });
    expect(() => decode(bytes)).toThrow("no base was given");
    expect(() => decode(bytes, { base: base.map((w) => -w) })).toThrow(
      /the base has XXH64 [0-9a-f]+; expected .* XXH64/,
    );
    expect(() => encode(base, delta())).toThrow("it needs a base");
    expect(() => encode(base, delta(), { base: new Float32Array(3) })).toThrow("the base has 12 bytes");
  });

  test("by hand: −0, its neighbours and the sign change are small numbers", () => {
    // order: −0 ↦ −1, +0 ↦ 0, the least subnormal ↦ 1; folded differences 1, 2, 1 in the lowest plane
    const times = <T>(values: T[]): T[] => Array.from({ length: 30 }, (_, i) => values[i % 3]);
    const of = Float32Array.from(times([-0, 2 ** -149, 0]));
    const against = Float32Array.from(times([0, 0, 2 ** -149]));
    const { bytes } = encode(of, delta(), { base: against });
    const at = 7 + 1 + 8 + 1; // header, layout, hash, the block's size
    expect(bytes[at]).toBe(5);
    expect([...bytes.subarray(at + 1 + 4 * 5, at + 1 + 4 * 5 + 30)]).toEqual(times([1, 2, 1]));
  });
});

describe("hostile bytes", () => {
  const random = new Random(12);
  const codes = Int8Array.from({ length: 5000 }, () => random.below(4) * random.below(5) - 6);
  const samples = [...steps.map((step) => encode(codes, step).bytes), encode(codes, delta(), { base: codes }).bytes];
  const read = (bytes: Uint8Array): unknown => decode(bytes, { base: codes, maximumSymbols: 100_000 });

  test("cut short, longer, or one bit turned: the checksum tells", () => {
    for (const bytes of samples) {
      for (let length = 0; length < bytes.length; length += 7)
        expect(() => read(bytes.subarray(0, length))).toThrow(FormatError);
      for (let i = 0; i < 300; i++) {
        const turned = bytes.slice();
        turned[random.below(bytes.length)] ^= 1 << random.below(8);
        expect(() => read(turned)).toThrow(FormatError);
      }
    }
  });

  const seed = Number(process.env.CODEBOOK_FUZZ_SEED ?? 20_261_125);
  test(`changed and signed again: a FormatError or other symbols, never anything else (seed ${seed})`, () => {
    const changes = new Random(seed);
    let refused = 0;
    let all = 0;
    for (const bytes of samples)
      for (let i = 0; i < 600; i++, all++) {
        let changed = bytes.slice();
        const at = 4 + changes.below(i % 2 === 0 ? 40 : bytes.length - 8);
        const kind = changes.below(4);
        if (kind === 0) changed[at] ^= 1 << changes.below(8);
        else if (kind === 1) changed[at] = [0, 1, 127, 128, 255][changes.below(5)];
        else if (kind === 2) changed = Uint8Array.from([...changed.subarray(0, at), ...changed.subarray(at + 1)]);
        else changed = Uint8Array.from([...changed.subarray(0, at), changes.below(256), ...changed.subarray(at)]);
        try {
          read(resign(changed));
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
          refused++;
        }
      }
    expect(refused / all).toBeGreaterThan(0.6);
  });

  const craft = (...body: number[]): Uint8Array => resign(Uint8Array.of(0x43, 0x42, 0x45, 1, ...body, 0, 0, 0, 0));
  const ones = new Array<number>(60).fill(1);
  test.each<[string, Uint8Array, string]>([
    [
      "streams beyond the bytes",
      craft(4, 0, 8, 2, 0, 0, 2, 0b00001_000, 0b01_000000, 1, 1, 1, 6, 0),
      "streams of 9 bytes",
    ],
    [
      "a stream that is too long",
      craft(4, 0, 8, 2, 0, 0, 2, 0b00001_000, 0b01_000000, 2, 1, 1, 1, ...[0, 0, 0, 0, 0]),
      "stream 0 takes 2 bits",
    ],
    [
      "padding of a stream",
      craft(4, 0, 8, 2, 0, 0, 2, 0b00001_000, 0b01_000000, 1, 1, 1, 1, 8, 0, 0, 0),
      "padding bits",
    ],
    ["adaptive: no symbols", craft(6, 0, 8, 0, 0, ...ones), "symbols 0 to -1"],
    ["adaptive: symbols that the type lacks", craft(6, 0, 8, 1, 2, ...ones), "symbols -1 to 0"],
    ["adaptive: 17 table bits", craft(6, 0, 8, 0, 2, 17, 1, ...ones), "17 table bits"],
    ["adaptive: more symbols than half the places", craft(6, 0, 8, 0, 0x81, 1, 8, 1, ...ones), "8 table bits for 129"],
    ["adaptive: nine streams", craft(6, 0, 8, 0, 2, 8, 9, ...ones), "9 streams"],
    ["adaptive: chunks without states", craft(6, 0, 0xa0, 0x8d, 6, 0, 2, 8, 8, ...ones), "100000 symbols in 60 bytes"],
    ["adaptive: a low state", craft(6, 0, 8, 0, 2, 8, 1, 0, 0, 0, 0, 0), "state 0"],
    ["adaptive: codes beyond the bytes", craft(6, 0, 8, 0, 2, 8, 1, 0, 0, 0x80, 0, 9), "codes of 9 bytes"],
    ["planes: an unknown layout", craft(5, 0, 4, 3, 0), "an unknown layout"],
    ["planes: records that do not divide", craft(5, 0, 5, 2, 0, 6, 0, 1, 2, 3, 4, 5), "records of 2 bytes in 5"],
    ["planes: mode 2", craft(5, 0, 4, 1, 2), "byte value 2"],
    ["planes: a block of no bytes", craft(5, 0, 4, 1, 0, 0), "a block of no bytes"],
    ["planes: a block beyond the bytes", craft(5, 0, 4, 1, 0, 5, 0, 1), "a block of 5 bytes"],
    ["planes: a raw plane too short", craft(5, 0, 4, 1, 1, 0, 2, 1, 1), "a raw plane of 2 bytes"],
    ["planes: planes within planes", craft(5, 0, 4, 1, 1, 5, 2, 1, 1), "coder 5 of a plane"],
    ["planes: bytes behind a plane", craft(5, 0, 4, 1, 1, 2, 4, 0, 1, 0, 0), "left over"],
    ["planes: a terabyte", craft(5, 7, 0x80, 0x80, 0x80, 0x80, 1, 24, 0, 1, 1), "above the limit"],
    ["zstd: no frame", craft(7, 0, 4), "1 frames"],
    ["zstd: a frame that is too small", craft(7, 0, 4, 3, 1, 2, 3), "a frame of 3 bytes"],
    ["zstd: frames beyond the bytes", craft(7, 0, 4, 99, 1, 2, 3), "frames of 99 bytes"],
    ["zstd: no frame at all in it", craft(7, 0, 4, 10, ...ones.slice(0, 10)), "zstd does not decode"],
    [
      "zstd: a frame that declares an exabyte",
      craft(7, 0, 4, 17, 0x28, 0xb5, 0x2f, 0xfd, 0xe0, ...new Array<number>(7).fill(255), 0, 1, 0, 0, 1),
      "zstd does not decode",
    ],
    [
      "zstd: a window of a terabyte",
      craft(7, 0, 4, 10, 0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xf8, 1, 0, 0, 1),
      "zstd does not decode",
    ],
    ["delta: an unknown layout", craft(8, 0, 4, 3, ...ones), "an unknown layout"],
    ["delta: another base", craft(8, 0, 4, 1, ...ones), "the base has XXH64"],
    ["floats by horner", craft(2, 6, 4, 0, 1), "Float32Array by horner"],
  ])("%s", (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(FormatError);
    expect(() => read(bytes)).toThrow(message);
  });

  test("a frame of another length than the array's is refused", () => {
    const { bytes } = encode(new Uint8Array(90_000), zstd());
    const other = Uint8Array.from(bytes);
    other[6] ^= 1; // the count's first byte
    expect(() => read(resign(other))).toThrow("zstd does not decode");
  });
});

test("options, labels, refusals", () => {
  expect(JSON.stringify(planes({ type: "BF16", coder: rans() }))).toBe(
    '{"kind":"planes","type":"BF16","coder":{"kind":"rans"}}',
  );
  expect([planes(), planes({ coder: horner() }), zstd({ level: 19 }), adaptive, delta()].map(coderLabel)).toEqual([
    ...["planes", "planes horner", "zstd -19", "rans adaptive", "delta"],
  ]);
  expect(() => planes({ typ: "F32" } as never)).toThrow('did you mean "type"?');
  expect(() => planes({ type: "F33" })).toThrow(OptionError);
  expect(() => planes({ coder: { kind: "linear" } })).toThrow(OptionError);
  expect(() => planes({ coder: planes() })).toThrow("planes(): its coder");
  expect(() => zstd({ level: 20 })).toThrow("level is 20");
  expect(() => rans({ adaptive: "yes" as never })).toThrow("true or false");
  expect(() => huffman({ streams: 2 as never })).toThrow("it takes 1 or 4");
  expect(() => encode(Float32Array.of(1), rans())).toThrow("planes({ coder: rans() }) takes a Float32Array");
  expect(() => encode(Uint8Array.of(1), delta(), { bas: 1 } as never)).toThrow('did you mean "base"?');
});

describe("rans in classes", () => {
  /** Rows of 1,024 weights, each with a deviation of its own: 2, 4, 8 or 16 steps. */
  const rows = (count: number): Int32Array => {
    const random = new Random(9);
    return Int32Array.from({ length: count * 1024 }, (_, i) =>
      Math.round(random.normal() * 2 ** (1 + ((i >> 10) % 4))),
    );
  };

  test("rows that differ cost the mean of their own entropies, and a little for the tables and the classes", () => {
    const data = rows(400);
    const own = [0, 1, 2, 3].map((kind) => {
      const members = data.filter((_, i) => (i >> 10) % 4 === kind);
      return encode(members, rans()).entropyBits;
    });
    const mean = own.reduce((sum, bits) => sum + bits, 0) / 4;
    const { bitsPerSymbol } = encode(data, rans({ classes: 4 }));
    expect(encode(data, rans()).bitsPerSymbol).toBeGreaterThan(mean + 0.35);
    expect(bitsPerSymbol).toBeLessThan(mean + 0.02);
    expectRoundTrip(data, rans({ classes: 4 }));
  });

  test("symbols that are all alike cost some bytes more than without classes, whatever the number of blocks", () => {
    for (const length of [1, 255, 256, 257, 70_000]) {
      const data = new Uint8Array(length).fill(7);
      const [plain, classed] = [rans(), rans({ classes: 8 })].map((step) => expectRoundTrip(data, step));
      expect(classed - plain).toBeLessThan(12);
    }
  });

  test("what is not exactly what is written is refused in words", () => {
    const { bytes } = encode(rows(4), rans({ classes: 3 }));
    // Behind magic, coder, type and the number of symbols (two bytes).
    const at = 8;
    expect(bytes[at]).toBe(3);
    for (const [classes, message] of [
      [0, /0 classes; expected 1 to 16/],
      [17, /17 classes/],
      [2, /the span above the limit; expected at most 2/],
    ] as const) {
      const changed = bytes.slice();
      changed[at] = classes;
      expect(() => decode(resign(changed))).toThrow(FormatError);
      expect(() => decode(resign(changed))).toThrow(message);
    }
    for (let i = at; i < bytes.length - 4; i++) {
      const changed = bytes.slice();
      changed[i] ^= 1 + (i % 255);
      let back: unknown;
      try {
        back = decode(resign(changed));
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
        continue;
      }
      // A changed code may be another code.
      expect(back).toBeInstanceOf(Int32Array);
    }
  });

  test("options", () => {
    expect(() => rans({ classes: 17 })).toThrow("classes is 17");
    expect(() => rans({ classes: 2, adaptive: true })).toThrow("adaptive: true has none");
    expect(encode(rows(1), rans({ classes: 2, tableBits: 14 })).label).toBe("rans 2 classes 14 bits");
  });
});
