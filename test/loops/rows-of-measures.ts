/** The rows of loops that measures share. */
import type { CodeArray } from "../../kernel/grid/arrays";
import { bytesOfRepeats } from "../../kernel/loops/values";
import { noChange, sumBlock } from "../../kernel/loops/errors";
import { gaussianWeights, randomBytes } from "../blocks/weights";
import { matrices, notFinite, vectors, type Case, type Rows } from "./cases";

export const valueRows: Rows<"values"> = {
  *firstNonFinite() {
    for (const { label, values } of [...vectors(), ...notFinite()])
      yield [label, (loops, put) => loops.values.firstNonFinite(put(values))] satisfies Case;
  },
  *beyond() {
    for (const { label, values } of vectors())
      for (const [low, high] of [
        [-0.05, 0.04],
        [0, 0],
        [-Infinity, Infinity],
        [1, -1],
      ])
        yield [
          `${label}, ${low} and ${high}`,
          (loops, put) => loops.values.beyond(put(values), Math.fround(low), Math.fround(high)),
        ] satisfies Case;
  },
  *repeats() {
    for (const { label, values } of [...vectors(), ...notFinite()]) {
      const few = values.map((w) => Math.round(w * 1000) / 1000);
      for (const [kind, some] of [
        ["all", values],
        ["rounded", few],
      ] as const)
        yield [
          `${label}, ${kind}`,
          ({ values: loops, memory }) =>
            memory.during(bytesOfRepeats(some.length) + 8 * some.length, () => loops.repeats(memory.bring(some))),
        ] satisfies Case;
    }
  },
  *distinct() {
    for (const { label, values } of vectors()) {
      const few = values.map((w) => Math.round(w * 100) / 100);
      for (const most of [1, 30, 256, 600])
        yield [
          `${label}, at most ${most}`,
          (loops, put) => [loops.values.distinct(put(values), most), loops.values.distinct(put(few), most)],
        ] satisfies Case;
    }
  },
};

/** Vectors of one value at least, and matrices of more than the kernels take in one piece. */
function* filled(): Generator<{ readonly label: string; readonly values: Float32Array }> {
  for (const vector of vectors()) if (vector.values.length > 0) yield vector;
  for (const { label, weights } of matrices()) if (weights.length > 32_000) yield { label, values: weights };
}

export const binRows: Rows<"bins"> = {
  *equal() {
    for (const { label, values } of filled())
      for (const levels of [2, 16, 256])
        yield [
          `${label}, ${levels} bins`,
          ({ bins }, put) => {
            const codes = new Uint8Array(values.length);
            return { means: bins.equal(put(values), levels, codes), codes };
          },
        ] satisfies Case;
  },
  *encode() {
    for (const { label, values } of filled())
      for (const count of [1, 2, 7, 256]) {
        const thresholds = Float32Array.from({ length: count }, (_, i) => values[(i * 7919) % values.length]).sort();
        yield [
          `${label}, ${count} thresholds`,
          ({ bins }, put) => {
            const codes = new Uint8Array(values.length);
            bins.encode(put(values), thresholds, codes);
            return codes;
          },
        ] satisfies Case;
      }
  },
};

const rounded = (values: Float32Array): Float32Array => values.map((w) => Math.fround(Math.round(w * 30) / 30));

export const errorRows: Rows<"errors"> = {
  *sum() {
    for (const { label, values } of vectors()) {
      const after = rounded(values);
      yield [label, ({ errors }, put) => errors.sum(put(values), put(after))] satisfies Case;
    }
    for (const { label, values } of notFinite())
      yield [
        label,
        ({ errors }, put) => errors.sum(put(gaussianWeights(values.length, 1)), put(values)),
      ] satisfies Case;
  },
  *compare() {
    for (const { label, values } of vectors()) {
      const after = rounded(values);
      for (const range of [
        { minimum: Math.fround(-0.05), maximum: Math.fround(0.04), bins: 64 },
        { minimum: -(2 ** 126), maximum: 2 ** 126, bins: 64 },
        { minimum: 0, maximum: 0.25, bins: 10 },
      ])
        yield [
          `${label}, ${JSON.stringify(range)}`,
          ({ errors }, put) => errors.compare(put(values), put(after), range, noChange(range.bins)),
        ] satisfies Case;
      yield [
        `${label}, after a block`,
        ({ errors }, put) => {
          const [range, block] = [{ minimum: -1, maximum: 1, bins: 64 }, gaussianWeights(sumBlock, 7)];
          const change = errors.compare(put(block), put(rounded(block)), range, noChange(64));
          return errors.compare(put(values), put(after), range, change);
        },
      ] satisfies Case;
    }
  },
};

const lengths = [0, 1, 7, 8, 9, 4096, 65_539];

/** Codes of every type, near to each other and far apart. */
function* codeArrays(): Generator<{ readonly label: string; readonly codes: CodeArray }> {
  for (const length of lengths) {
    const bytes = randomBytes(length, 5);
    yield { label: `${length} bytes`, codes: bytes };
    yield { label: `${length} bytes of three values`, codes: bytes.map((byte) => byte % 3) };
    yield { label: `${length} signed bytes`, codes: new Int8Array(bytes.buffer) };
    yield { label: `${length} of four bits`, codes: bytes.map((byte) => byte & 15) };
    yield { label: `${length} signed of four bits`, codes: Int8Array.from(bytes, (byte) => (byte & 15) - 8) };
    // Stretches of each sort, one after the other.
    yield {
      label: `${length} of some bits`,
      codes: Int8Array.from(bytes, (byte, i) => [byte, byte & 15, (byte & 15) - 8][(i >> 5) % 3]),
    };
    yield { label: `${length} near 32 bits`, codes: Int32Array.from(bytes, (byte) => byte * 7 - 900) };
    yield { label: `${length} far 32 bits`, codes: Int32Array.from(bytes, (byte) => byte * 1_000_003) };
    yield { label: `${length} signed 16 bits`, codes: Int16Array.from(bytes, (byte) => byte * 100 - 12_000) };
    yield { label: `${length} 16 bits`, codes: Uint16Array.from(bytes, (byte) => byte * 256) };
  }
}

/** Codes that fit `width` bits less `first`. */
function* packings(): Generator<{ label: string; codes: CodeArray; width: number; first: number }> {
  for (const width of [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 16, 17, 31, 32])
    for (const length of [0, 1, 7, 8, 9, 4096, 33_333])
      for (const first of [0, -(2 ** (width - 1))]) {
        const random = randomBytes(4 * length, width);
        const numbers = new Uint32Array(random.buffer).map((n) => n % 2 ** width);
        const Codes = width > 8 ? Int32Array : first < 0 ? Int8Array : Uint8Array;
        const codes = new Codes(length);
        for (let i = 0; i < length; i++) codes[i] = (numbers[i] % (Codes === Int32Array ? 2 ** 31 : 2 ** 32)) + first;
        yield { label: `${length} codes of ${width} bits from ${first}`, codes, width, first };
      }
}

export const codeRows: Rows<"codes"> = {
  *count() {
    for (const { label, codes } of codeArrays())
      yield [label, (loops, put) => loops.codes.count(put(codes))] satisfies Case;
    yield ["a list", (loops) => loops.codes.count([3, -1, 3, 70_000_000])] satisfies Case;
    yield ["a Buffer", (loops) => loops.codes.count(Buffer.from([200, 3, 200]))] satisfies Case;
  },
  *range() {
    for (const { label, codes } of codeArrays())
      yield [label, (loops, put) => loops.codes.range(put(codes))] satisfies Case;
  },
  *pack() {
    for (const { label, codes, width, first } of packings())
      yield [label, (loops, put) => loops.codes.pack(put(codes), width, first)] satisfies Case;
  },
  *unpack() {
    for (const { label, codes, width, first } of packings())
      yield [
        label,
        (loops, put) => {
          const bytes = put(loops.codes.pack(codes, width, first));
          const again = new (codes.constructor as new (length: number) => CodeArray)(codes.length);
          loops.codes.unpack(bytes, width, first, again);
          return [again, again.every((code, i) => code === codes[i])];
        },
      ] satisfies Case;
  },
};

const masks = (count: number): Uint8Array[] => [
  new Uint8Array(count),
  new Uint8Array(count).fill(1),
  randomBytes(count, 9).map((byte) => (byte < 128 ? 0 : 1)),
];

export const pruningRows: Rows<"pruning"> = {
  *countClasses() {
    for (const { label, values } of [...vectors(), ...notFinite()])
      yield [label, ({ pruning }, put) => pruning.countClasses(put(values))] satisfies Case;
  },
  *countMagnitudes() {
    for (const { label, values } of vectors())
      for (const prefix of [undefined, 0, 0x3d4c, 0x3e80])
        yield [
          `${label}, ${prefix}`,
          ({ pruning }, put) => pruning.countMagnitudes(put(values), prefix),
        ] satisfies Case;
  },
  *maskBelow() {
    for (const { label, values } of [...vectors(), ...notFinite()]) {
      const few = values.map((w) => Math.fround(Math.round(w * 100) / 100));
      for (const ties of [0, 1, 7, 1e6])
        for (const threshold of [0, Math.fround(0.02), 1])
          yield [
            `${label}, ${threshold}, ${ties} ties`,
            ({ pruning }, put) => pruning.maskBelow(put(few), threshold, ties),
          ] satisfies Case;
    }
  },
  *apply() {
    for (const { label, values } of [...vectors(), ...notFinite()])
      for (const mask of masks(values.length))
        yield [label, ({ pruning }, put) => pruning.apply(put(values), put(mask))] satisfies Case;
  },
  *count() {
    for (const { label, values } of vectors())
      for (const mask of masks(values.length))
        yield [label, ({ pruning }, put) => pruning.count(put(mask))] satisfies Case;
  },
  *pack() {
    for (const { label, values } of vectors())
      for (const mask of masks(values.length))
        yield [label, ({ pruning }, put) => pruning.pack(put(mask))] satisfies Case;
  },
  *gather() {
    for (const { label, values } of [...vectors(), ...notFinite()])
      for (const mask of masks(values.length))
        yield [
          label,
          (loops, put) =>
            loops.pruning.gather(
              put(values),
              put(mask),
              mask.reduce((sum, bit) => sum + bit, 0),
            ),
        ] satisfies Case;
  },
};
