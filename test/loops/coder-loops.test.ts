/** The loops of coders and of byte planes, plain and fast, loop by loop: a row says what a loop is given and what of the memory is looked at
 *  afterwards, and both implementations must leave the same there. A loop without a row does not compile, nor pass. */
import { blockCodecs, encodeBlocks } from "../../kernel/blocks";
import { Random } from "../../kernel/bytes/random";
import { normalizeCounts } from "../../kernel/encode/range/frequencies";
import { chunkSymbols, coderPlaces, type CoderKernels } from "../../kernel/loops/coder-memory";
import { coderLoops, fastCoders, plainCoders } from "../../kernel/loops/coders";
import { ownLane, places, type PlaneKernels } from "../../kernel/loops/plane-memory";
import { fastPlanes, planeLoops, plainPlanes } from "../../kernel/loops/planes";
import { setInterleaving, type CodersModule } from "../../kernel/simd/generated/coders";
import { HASH, POINTERS, type PlanesModule } from "../../kernel/simd/generated/planes";
import { generateWeights } from "../quantize/generator";

interface Memory {
  readonly memory: Uint8Array;
}

const put = ({ memory }: Memory, bytes: Uint8Array, at: number): void => memory.set(bytes, at);
const hexOf = ({ memory }: Memory, at: number, length: number): string =>
  Buffer.from(memory.subarray(at, at + length)).toString("hex");

/** Bytes of which low values are frequent. */
function skewed(length: number, values: number, seed: number): Uint8Array {
  const random = new Random(seed);
  return Uint8Array.from({ length }, () => Math.floor(random.uniform() ** 3 * values));
}

const lengths = [1, 2, 5, 63, 64, 65, 4097, 65_536];

/** Lengths of a full prefix code of `symbols` symbols, 2 to 256. */
function fullCode(symbols: number): Uint8Array {
  if (symbols > 12) return new Uint8Array(256).fill(8);
  return Uint8Array.from({ length: symbols }, (_, i) => Math.min(i + 1, symbols - 1));
}

function setCode(kernels: CoderKernels | PlaneKernels, symbols: number): void {
  kernels.lengths.fill(0);
  kernels.lengths.set(fullCode(symbols));
  kernels.buildCodes();
}

/** Prefix codes of `data` from `from` in streams at `to`; their sizes and their bytes. */
function encodeStreams(kernels: CoderKernels | PlaneKernels, data: Uint8Array, from: number, to: number): unknown[] {
  put(kernels, data, from);
  const size = kernels.encodeStreams(from, data.length, to);
  return [[...kernels.results.subarray(0, 4)], hexOf(kernels, to, size)];
}

/** What was coded comes back; the bits that each stream took. */
function decodeStreams(kernels: CoderKernels | PlaneKernels, data: Uint8Array, from: number, to: number): unknown[] {
  encodeStreams(kernels, data, from, to);
  kernels.buildTables();
  kernels.memory.fill(0, from, from + data.length);
  let at = to;
  for (let k = 0; k < 4; k++) {
    const size = kernels.results[k];
    kernels.results[k] = at;
    at += size;
  }
  kernels.decodeStreams(from, data.length);
  const found = hexOf(kernels, from, data.length);
  expect(found).toBe(Buffer.from(data).toString("hex"));
  return [found, [...kernels.results.subarray(0, 4)]];
}

const codes = [2, 5, 11, 200] as const;
const eachCode = (of: (symbols: number, data: Uint8Array) => unknown): unknown =>
  codes.flatMap((symbols) => lengths.map((length) => of(symbols, skewed(length, symbols, length))));

const turns = [
  [1, 8, 1],
  [1000, 12, 3],
  [20_000, 16, 8],
] as const;

/** Range codes of symbols of up to 16 bits: where they begin and end, and the symbols. */
function encodeSymbols(kernels: CoderKernels, length: number, bits: number, streams: number) {
  const random = new Random(length);
  const counts = Array.from({ length: 200 }, () => 1 + random.below(1000));
  let before = 0;
  normalizeCounts(counts, bits).forEach((f, symbol) => {
    kernels.places.set([f, before], 2 * symbol);
    kernels.owners.fill(symbol, before, before + f);
    before += f;
  });
  setInterleaving(kernels.view, { streams, bits });
  kernels.states.fill(2 ** 23);
  const data = Uint16Array.from({ length }, () => random.below(200));
  kernels.halves.set(data);
  const end = coderPlaces.coded + 2 * chunkSymbols;
  const begin = kernels.encodeSymbols(coderPlaces.symbols, length, (length - 1) % streams, end);
  return { begin, end, data };
}

const coderRows: Readonly<Record<keyof CodersModule, (kernels: CoderKernels) => unknown>> = {
  buildCodes: (kernels) =>
    eachCode((symbols, data) => {
      setCode(kernels, symbols);
      return encodeStreams(kernels, data, coderPlaces.symbols, coderPlaces.coded);
    }),
  encodeStreams: (kernels) => {
    setCode(kernels, 200);
    return lengths.map((length) =>
      encodeStreams(kernels, skewed(length, 256, 3), coderPlaces.symbols, coderPlaces.coded),
    );
  },
  buildTables: (kernels) =>
    eachCode((symbols, data) => {
      setCode(kernels, symbols);
      return decodeStreams(kernels, data, coderPlaces.symbols, coderPlaces.coded);
    }),
  decodeStreams: (kernels) => {
    setCode(kernels, 11);
    return lengths.map((length) =>
      decodeStreams(kernels, skewed(length, 11, 5), coderPlaces.symbols, coderPlaces.coded),
    );
  },
  placeIntegers: (kernels) =>
    [0, 1, 5, 65_536].map((length) => {
      const random = new Random(length + 1);
      const words = Int32Array.from({ length }, () => random.below(300) - 200);
      kernels.owners.forEach((_, at) => (kernels.owners[at] = (at * 7) & 0xffff));
      kernels.words.set(words);
      kernels.placeIntegers(coderPlaces.integers, length, -200, coderPlaces.symbols);
      const found = kernels.halves.slice(0, length);
      expect(found.every((place, i) => place === ((words[i] + 200) * 7) % 65_536)).toBe(true);
      return [...found];
    }),
  encodeSymbols: (kernels) =>
    turns.map(([length, bits, streams]) => {
      const { begin, end } = encodeSymbols(kernels, length, bits, streams);
      return [hexOf(kernels, begin, end - begin), [...kernels.states.subarray(0, streams)]];
    }),
  decodeSymbols: (kernels) =>
    turns.map(([length, bits, streams]) => {
      const { begin, end, data } = encodeSymbols(kernels, length, bits, streams);
      const states = [...kernels.states];
      kernels.halves.fill(0, 0, length);
      const behind = kernels.decodeSymbols(begin, end, coderPlaces.symbols, length, 0);
      expect(behind).toBe(end);
      expect([...kernels.halves.subarray(0, length)]).toEqual([...data]);
      const left = [...kernels.states.subarray(0, streams)];
      expect(left).toEqual(new Array(streams).fill(2 ** 23));
      // A byte too few.
      kernels.states.set(states);
      const early = kernels.decodeSymbols(begin, Math.max(begin, end - 1), coderPlaces.symbols, length, 0);
      expect(early).toBe(end > begin ? 0 : begin);
      return [hexOf(kernels, begin, end - begin), left];
    }),
};

const { input, output } = ownLane;
const weights = new Uint8Array(generateWeights(5000, 11).buffer);
const widths = [1, 2, 4, 8] as const;
const counts = [1, 15, 16, 17, 70, 1000];
const eachElement = (of: (width: number, elements: number, flag: boolean) => unknown): unknown =>
  widths.flatMap((width) => counts.flatMap((elements) => [false, true].map((flag) => of(width, elements, flag))));

/** Two frequent symbols and rare ones, in range codes of `bits` bits. */
function encodeRange(kernels: PlaneKernels, length: number, bits: number) {
  const data = skewed(length, 40, bits).map((byte) => (byte < 20 ? 0 : byte));
  const all = new Array<number>(40).fill(1);
  data.forEach((byte) => (all[byte] += 1));
  let before = 0;
  kernels.frequencies.fill(0);
  normalizeCounts(all, bits).forEach((f, symbol) => {
    kernels.frequencies.set([f, before], 2 * symbol);
    kernels.owners.fill(symbol, before, before + f);
    before += f;
  });
  put(kernels, data, input);
  const end = places.end - 64;
  return { begin: kernels.encodeRange(input, length, bits, end), end, data };
}

function differences(kernels: PlaneKernels, inverse: boolean): unknown {
  return eachElement((width, elements, float) => {
    const size = width * elements;
    const [x, base] = [weights.subarray(0, size), weights.map((byte, i) => byte ^ (i % 7 === 0 ? 129 : 0))];
    put(kernels, x, places.elements);
    put(kernels, base.subarray(0, size), places.base);
    kernels.subtract(places.elements, places.base, elements, width, float);
    if (!inverse) return hexOf(kernels, places.elements, size);
    kernels.add(places.elements, places.base, elements, width, float);
    expect(hexOf(kernels, places.elements, size)).toBe(Buffer.from(x).toString("hex"));
    return hexOf(kernels, places.elements, size);
  });
}

function ofRecords(kernels: PlaneKernels, loop: "gather" | "scatter"): unknown {
  return [
    [20, 2, 3],
    [18, 2, 16],
    [17, 0, 1],
    [34, 2, 32],
    [144, 16, 128],
  ].flatMap(([stride, offset, length]) =>
    [1, 7, 33].map((records) => {
      put(kernels, weights, input);
      kernels.memory.fill(0, output, output + records * stride);
      kernels[loop](input, output, records, stride, offset, length);
      return hexOf(kernels, output, records * (loop === "gather" ? length : stride));
    }),
  );
}

const planeRows: Readonly<Record<keyof PlanesModule, (kernels: PlaneKernels) => unknown>> = {
  copy: (kernels) => {
    put(kernels, weights, input);
    kernels.copy(input, input + 100, 1000);
    return hexOf(kernels, input, 1100);
  },
  fill: (kernels) => {
    put(kernels, weights, input);
    kernels.fill(input + 3, 77, 1000);
    return hexOf(kernels, input, 1100);
  },
  split: (kernels) =>
    eachElement((width, elements, rotate) => {
      put(kernels, weights, input);
      kernels.split(input, output, elements, width, rotate);
      return hexOf(kernels, output, elements * width);
    }),
  merge: (kernels) =>
    eachElement((width, elements, rotate) => {
      put(kernels, weights, input);
      for (let p = 0; p < width; p++) kernels.pointers[p] = input + p * 1200;
      kernels.merge(POINTERS, output, elements, width, rotate);
      return hexOf(kernels, output, elements * width);
    }),
  gather: (kernels) => ofRecords(kernels, "gather"),
  scatter: (kernels) => ofRecords(kernels, "scatter"),
  exclusiveOr: (kernels) =>
    counts.map((length) => {
      put(kernels, weights, input);
      kernels.exclusiveOr(input, input + 3000, length);
      return hexOf(kernels, input, length);
    }),
  subtract: (kernels) => differences(kernels, false),
  add: (kernels) => differences(kernels, true),
  histogram: (kernels) =>
    lengths.flatMap((length) =>
      [3, 60, 256].map((values) => {
        put(kernels, skewed(length, values, 1), input);
        kernels.histogram(input, length);
        return [...kernels.counts];
      }),
    ),
  survey: (kernels) => {
    put(kernels, skewed(65_536, 90, 2), input);
    return [1, 4].map((parts) => {
      kernels.survey(input, parts, 16_384);
      return [...kernels.surveyed.subarray(0, parts + 1)];
    });
  },
  codeLengths: (kernels) =>
    [1, 2, 3, 64, 65, 256].map((values) => {
      put(kernels, skewed(4097, values, values), input);
      kernels.histogram(input, 4097);
      const bits = kernels.codeLengths();
      return [bits, [...kernels.lengths], [...kernels.results.subarray(0, 3)]];
    }),
  buildCodes: (kernels) =>
    codes.map((symbols) => {
      setCode(kernels, symbols);
      return [...kernels.codes];
    }),
  encodeStreams: (kernels) =>
    eachCode((symbols, data) => {
      setCode(kernels, symbols);
      return encodeStreams(kernels, data, input, output);
    }),
  buildTables: (kernels) =>
    eachCode((symbols, data) => {
      setCode(kernels, symbols);
      return decodeStreams(kernels, data, input, output);
    }),
  decodeStreams: (kernels) => {
    setCode(kernels, 5);
    return lengths.map((length) => decodeStreams(kernels, skewed(length, 5, 8), input, output));
  },
  encodeRange: (kernels) =>
    lengths.flatMap((length) =>
      [8, 12, 14].map((bits) => {
        const { begin, end } = encodeRange(kernels, length, bits);
        return hexOf(kernels, begin, end - begin);
      }),
    ),
  decodeRange: (kernels) =>
    lengths.flatMap((length) =>
      [8, 12, 14].map((bits) => {
        const { begin, end, data } = encodeRange(kernels, length, bits);
        expect(kernels.decodeRange(begin, length, bits, output)).toBe(end);
        expect(hexOf(kernels, output, length)).toBe(Buffer.from(data).toString("hex"));
        return [...kernels.results.subarray(0, 4)];
      }),
    ),
  hash: (kernels) =>
    [0, 1, 4, 8, 31, 32, 33, 1000].map((length) => {
      put(kernels, weights, input);
      kernels.hash(input, length, HASH);
      return hexOf(kernels, HASH, 8);
    }),
  hashStripes: (kernels) => {
    put(kernels, weights, HASH);
    put(kernels, weights.subarray(40), input);
    kernels.hashStripes(input, 3200, HASH);
    return hexOf(kernels, HASH, 32);
  },
};

const functionsOf = (kernels: object): string[] =>
  Object.entries(kernels)
    .filter(([, value]) => typeof value === "function")
    .map(([name]) => name)
    .sort();

test("every loop has a row, in both implementations", () => {
  for (const { own } of [fastCoders, plainCoders]) expect(functionsOf(own())).toEqual(Object.keys(coderRows).sort());
  for (const { own } of [fastPlanes, plainPlanes]) expect(functionsOf(own())).toEqual(Object.keys(planeRows).sort());
});

test.each(Object.entries(coderRows))("coders: %s leaves the same bytes", (_, row) => {
  expect(row(fastCoders.own())).toEqual(row(plainCoders.own()));
});

test.each(Object.entries(planeRows))("planes: %s leaves the same bytes", (_, row) => {
  expect(row(fastPlanes.own())).toEqual(row(plainPlanes.own()));
});

test.each([...blockCodecs.values()].map((codec) => [codec.name, codec] as const))(
  "codes of blocks of %s, out and back in",
  (name, codec) => {
    if (!codec.encode) return void expect(name).toMatch(/^IQ/);
    const bytes = encodeBlocks(codec, generateWeights(256 * 20, codec.id), 256 * 20);
    const fields = codec.fields.map((field) =>
      Uint8Array.from({ length: (bytes.length / codec.bytes) * field.bytes }, (_, i) => {
        const block = Math.floor(i / field.bytes);
        return bytes[block * codec.bytes + field.at + (i % field.bytes)];
      }),
    );
    const [fast, plain] = [fastPlanes, plainPlanes].map((loops) => {
      const unpacked = new Uint8Array(256 * 20);
      const packed = new Uint8Array(bytes.length);
      loops.unpackCodes(codec, bytes, unpacked);
      loops.packCodes(codec, unpacked, fields, packed);
      return [Buffer.from(unpacked).toString("hex"), Buffer.from(packed).toString("hex")];
    });
    expect(fast).toEqual(plain);
    expect(fast[1]).toBe(Buffer.from(bytes).toString("hex"));
  },
);

test("the fast ones are used unless CODEBOOK_LOOPS says otherwise", () => {
  const isPlain = process.env.CODEBOOK_LOOPS === "plain";
  expect(coderLoops).toBe(isPlain ? plainCoders : fastCoders);
  expect(planeLoops).toBe(isPlain ? plainPlanes : fastPlanes);
});
