/** The rows of loops over tiles and groups. */
import { tilesOf, type Tiling } from "../../kernel/grid/tiles";
import type { GridOptions } from "../../kernel/grid/uniform-grid";
import { plain } from "../../kernel/loops/loops";
import { smallFloats, smallestScale, type SmallFloat } from "../../kernel/loops/tiles";
import { runInNewContext } from "node:vm";
import { gaussianWeights, randomBytes } from "../blocks/weights";
import { matrices, shapes, type Case, type Matrix, type Rows } from "./cases";

type Per = "tensor" | "channel" | "group" | "block";

const tilings: readonly (readonly [per: Per, height: number, width: number])[] = [
  ["tensor", 1, 1],
  ["channel", 1, 1],
  ["group", 1, 32],
  ["group", 1, 100],
  ["block", 3, 50],
  ["block", 128, 128],
];

function* tiled({ shape, weights, label }: Matrix): Generator<{ readonly tiling: Tiling; readonly label: string }> {
  for (const [per, height, width] of tilings)
    yield {
      tiling: tilesOf("test", shape, weights.length, per, height, width),
      label: `${label} per ${per} ${height}×${width}`,
    };
}

/** Scales over 0, such that codes reach `largest`. */
function scalesFor(weights: Float32Array, tiling: Tiling, largest: number): Float32Array {
  return plain.tiles.largestMagnitudes(weights, tiling).map((most) => Math.fround(most / largest) || 2 ** -23);
}

/** Codes 0 … 2^bits − 1. */
const codesOf = (count: number, bits: number): Uint8Array => randomBytes(count, bits).map((byte) => byte % 2 ** bits);

export const tileRows: Rows<"tiles"> = {
  *largestMagnitudes() {
    for (const matrix of matrices())
      for (const { label, tiling } of tiled(matrix))
        yield [label, ({ tiles }, put) => tiles.largestMagnitudes(put(matrix.weights), tiling)] satisfies Case;
  },
  *encodeFloats() {
    const isChosen = everyOf(12);
    for (const matrix of matrices())
      for (const { label, tiling } of tiled(matrix))
        for (const [format, largest] of Object.entries({ E4M3: 448, E5M2: 57344, E2M1: 6 }) as [SmallFloat, number][]) {
          if (!isChosen(matrix)) continue;
          // A little less than the whole range: what is past the largest number becomes it.
          const scales = scalesFor(matrix.weights, tiling, 1.2 * largest);
          yield [
            `${format} ${label}`,
            ({ tiles }, put) => tiles.encodeFloats(put(matrix.weights), tiling, put(scales), format),
          ] satisfies Case;
        }
  },
  *encodeIntegers() {
    const isChosen = everyOf(8);
    for (const matrix of matrices())
      for (const { label, tiling } of tiled(matrix))
        for (const bits of [2, 4, 8]) {
          if (!isChosen(matrix)) continue;
          const limits = { low: -(2 ** (bits - 1)), high: 2 ** (bits - 1) - 1 };
          const scales = scalesFor(matrix.weights, tiling, limits.high);
          const zeroPoints = Int8Array.from(codesOf(tiling.tiles, bits), (code) => code + limits.low);
          yield [
            `${bits}-bit ${label}`,
            ({ tiles }, put) => tiles.encodeIntegers(put(matrix.weights), tiling, put(scales), zeroPoints, limits),
          ] satisfies Case;
        }
  },
  *encodeSixteen() {
    const midpoints = gaussianWeights(15, 1).sort();
    const codeOfRank = [3, 2, 1, 0, 7, 6, 5, 4, 8, 9, 10, 11, 15, 14, 13, 12];
    for (const { label, weights } of matrices())
      for (const group of [32, 64, 4096]) {
        const whole = weights.subarray(0, weights.length - (weights.length % group));
        const largest = plain.tiles
          .largestMagnitudes(whole, tilesOf("test", [whole.length], whole.length, "group", 1, group))
          .map((most) => (most < smallestScale ? most : 40 * most));
        yield [
          `groups of ${group} ${label}`,
          ({ tiles }, put) => tiles.encodeSixteen(put(whole), group, { midpoints, codeOfRank }, put(largest)),
        ] satisfies Case;
      }
    // Numbers on the midpoints and beside them, midpoints that are equal, and both ends.
    for (const points of [midpoints, midpoints.map((point) => Math.fround(point * 1e-4)), evenPoints, equalPoints])
      for (const most of [1, 3e-5, 7e30]) {
        const beside = Float32Array.from({ length: 64 * 15 * 7 }, (_, i) => {
          if (i % 64 === 0) return most;
          return most * Math.max(-1, points[i % 15] * (1 + (((i / 15) | 0) % 7) * 2 ** -24 - 3 * 2 ** -24));
        });
        const largest = new Float32Array(beside.length / 64).fill(most);
        yield [
          `${points[0]} to ${points[14]} times ${most}`,
          ({ tiles }, put) => tiles.encodeSixteen(put(beside), 64, { midpoints: points, codeOfRank }, put(largest)),
        ] satisfies Case;
      }
  },
  *decodeTable() {
    for (const shape of shapes) {
      const weights = gaussianWeights(shape[0] * shape[1], 2);
      for (const { label, tiling } of tiled({ label: `(${shape.join(", ")})`, shape, weights }))
        for (const [bits, table] of [
          [4, smallFloats.E2M1.values],
          [8, smallFloats.E4M3.values],
        ] as const) {
          const codes = codesOf(weights.length, bits).map((code) => (Number.isNaN(table[code]) ? 0 : code));
          const scales = scalesFor(weights, tiling, 6);
          yield [
            `${2 ** bits} values ${label}`,
            ({ tiles }, put) => tiles.decodeTable(put(codes), tiling, table, put(scales)),
          ] satisfies Case;
        }
    }
  },
};

const evenPoints = Float32Array.from({ length: 15 }, (_, i) => (i - 7) / 7);
const equalPoints = Float32Array.from({ length: 15 }, (_, i) => (Math.floor(i / 4) - 2) / 8);

const grid = (options: Partial<GridOptions>): GridOptions => ({
  bits: 4,
  symmetric: true,
  range: "minmax",
  scaleDtype: "F16",
  ...options,
});

const grids: readonly GridOptions[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 16].flatMap((bits) => [grid({ bits }), grid({ bits, symmetric: false })]),
  grid({ scaleDtype: "F32" }),
  grid({ range: "percentile", percentile: 99 }),
  grid({ bits: 3, range: "percentile", symmetric: false, scaleDtype: "F32" }),
  grid({ range: "mse", scaleDtype: "F32" }),
  grid({ bits: 3, range: "mse", symmetric: false }),
];

/** One of so many, where there are many cases of many weights. */
function everyOf(number: number): (matrix: Matrix) => boolean {
  let seen = 0;
  return ({ weights }) => weights.length < 1000 || seen++ % number === 0;
}

const decoded: readonly (readonly [label: string, codes: (bytes: Uint8Array) => ArrayLike<number>])[] = [
  ["unsigned bytes", (bytes) => bytes],
  ["signed bytes", (bytes) => new Int8Array(bytes.buffer)],
  ["16 bits", (bytes) => Int16Array.from(bytes, (byte) => byte * 250 - 32_000)],
  ["16 unsigned bits", (bytes) => Uint16Array.from(bytes, (byte) => byte * 250)],
  ["32 bits", (bytes) => Int32Array.from(bytes, (byte) => byte * 60_000 - 7_000_000)],
  ["32 bits beyond float32", (bytes) => Int32Array.from(bytes, (byte) => byte * 8_000_001 - 1_000_000_000)],
  ["a Buffer", (bytes) => Buffer.from(bytes)],
  [
    "signed bytes of a cell",
    (bytes) => runInNewContext("new Int8Array(bytes)", { bytes: bytes.slice().buffer }) as ArrayLike<number>,
  ],
];

export const uniformRows: Rows<"uniform"> = {
  *encode() {
    const isChosen = everyOf(20);
    for (const matrix of matrices())
      for (const [per, width] of [
        ["tensor", 1],
        ["channel", 1],
        ["group", 1],
        ["group", 32],
        ["group", 100],
      ] as const)
        for (const options of grids) {
          // Narrowed ranges of long groups are searched plainly for seconds.
          if (options.range !== "minmax" && matrix.shape[1] > 512) continue;
          if (!isChosen(matrix)) continue;
          const tiling = tilesOf("test", matrix.shape, matrix.weights.length, per, 1, width);
          yield [
            `${JSON.stringify(options)} ${matrix.label} per ${per} ${width}`,
            ({ uniform }, put) => uniform.encode(put(matrix.weights), tiling, options, "test"),
          ] satisfies Case;
        }
  },
  *encodeSteps() {
    for (const { label, weights } of matrices())
      for (const step of [0.001, 0.3, 1e-9, 1e-12].map(Math.fround))
        yield [
          `${step} ${label}`,
          ({ uniform }, put) => uniform.encodeSteps(put(weights), step, "test"),
        ] satisfies Case;
  },
  *decode() {
    for (const shape of shapes)
      for (const [per, width] of [
        ["tensor", 1],
        ["group", 32],
        ["group", 100],
      ] as const) {
        const count = shape[0] * shape[1];
        const tiling = tilesOf("test", shape, count, per, 1, width);
        const scales = gaussianWeights(tiling.tiles, 3);
        const zeros = randomBytes(tiling.tiles, 4);
        for (const [label, of] of decoded) {
          const codes = of(randomBytes(count, 5)) as Uint8Array;
          for (const zeroPoints of [undefined, zeros, new Int8Array(zeros.buffer)])
            yield [
              `${label} (${shape.join(", ")}) per ${per} ${width}, zero points ${zeroPoints?.constructor.name}`,
              ({ uniform }, put) => uniform.decode(codes, tiling, put(scales), zeroPoints),
            ] satisfies Case;
        }
      }
  },
};

export const halfQuadraticRows: Rows<"halfQuadratic"> = {
  *round() {
    const isChosen = everyOf(14);
    for (const matrix of matrices())
      for (const [per, width] of [
        ["tensor", 1],
        ["channel", 1],
        ["group", 24],
        ["group", 64],
      ] as const)
        for (const [bits, beta] of [
          [4, 10],
          [2, 10],
          [8, 1e4],
          [3, 1e9],
        ]) {
          if (!isChosen(matrix)) continue;
          const tiling = tilesOf("test", matrix.shape, matrix.weights.length, per, 1, width);
          const highest = 2 ** bits - 1;
          const inverse = plain.tiles
            .largestMagnitudes(matrix.weights, tiling)
            .map((most) => Math.min(2e4, highest / 2 / (most || 1)));
          const zero = inverse.map((_, i) => highest / 2 + (i % 5) / 4);
          yield [
            `${bits}-bit β ${beta} ${matrix.label} per ${per} ${width}`,
            ({ halfQuadratic }, put) => {
              const next = new Float32Array(tiling.tiles);
              const round = { highest, norm: 0.7, beta, total: bits === 2 ? 0.1 : 0 };
              return [halfQuadratic.round(put(matrix.weights), tiling, { inverse, zero }, round, next), next];
            },
          ] satisfies Case;
        }
  },
  *encode() {
    for (const { label, matrix, tiling } of halfQuadraticCases())
      for (const highest of [1, 15, 255]) {
        const largest = plain.tiles.largestMagnitudes(matrix.weights, tiling);
        const inverse = largest.map((most) => Math.min(2e4, highest / 2 / (most || 1)));
        const zero = inverse.map((_, i) => highest / 2 + (i % 5) / 4);
        yield [
          `${label}, up to ${highest}`,
          ({ halfQuadratic }, put) =>
            halfQuadratic.encode(put(matrix.weights), tiling, { inverse: put(inverse), zero: put(zero) }, highest),
        ] satisfies Case;
      }
  },
  *decode() {
    for (const { label, matrix, tiling } of halfQuadraticCases()) {
      const scales = plain.tiles.largestMagnitudes(matrix.weights, tiling);
      const zeroPoints = scales.map((scale, i) => (i % 3 === 0 ? -0 : 7.5 + scale));
      const codes = codesOf(matrix.weights.length, 8);
      yield [
        label,
        ({ halfQuadratic }, put) => halfQuadratic.decode(put(codes), tiling, put(scales), put(zeroPoints)),
      ] satisfies Case;
    }
    const tiling = tilesOf("test", [3, 7], 21, "group", 1, 4);
    yield [
      "fewer scales than groups, and codes of two bytes",
      ({ halfQuadratic }) => [
        halfQuadratic.decode(new Uint8Array(21).fill(3), tiling, Float32Array.of(2), Float32Array.of(1)),
        halfQuadratic.decode(new Int16Array(21).fill(300), tiling, new Float32Array(6).fill(2), new Float32Array(6)),
      ],
    ] satisfies Case;
  },
};

function* halfQuadraticCases(): Generator<{
  readonly label: string;
  readonly matrix: Matrix;
  readonly tiling: Tiling;
}> {
  const isChosen = everyOf(3);
  for (const matrix of matrices())
    for (const [per, width] of [
      ["tensor", 1],
      ["channel", 1],
      ["group", 24],
      ["group", 63],
    ] as const)
      if (isChosen(matrix))
        yield {
          ...{ label: `${matrix.label} per ${per} ${width}`, matrix },
          tiling: tilesOf("test", matrix.shape, matrix.weights.length, per, 1, width),
        };
}
