/** ggml's types whose codes point into grids (grids.ts): 256 weights, in groups of 8 (IQ3: 4) that share a code. They are read here, not
 *  written.
 *
 *  | type    | bytes | bits per weight | layout |
 *  |---------|-------|-----------------|--------|
 *  | IQ1_S   | 50    | 1.5625 | d, 32 low bytes of codes, 8 × u16: 4 × 3 upper bits, 3 bits of scale s, sign of δ |
 *  | IQ1_M   | 56    | 1.75   | 32 low bytes, 32 nibbles: 3 upper bits and sign of δ, 4 × u16: 4 × 3 bits of s, 4 bits of d |
 *  | IQ2_XXS | 66    | 2.0625 | d, 8 × (4 codes, u32: 4 × 7 bits of signs, 4 bits of s) |
 *  | IQ2_XS  | 74    | 2.3125 | d, 32 × u16: 9 bits of code, 7 bits of signs; 8 bytes: 2 × 4 bits of s |
 *  | IQ2_S   | 82    | 2.5625 | d, 32 low bytes, 32 bytes of signs, 8 bytes: 4 × 2 upper bits, 8 bytes: 2 × 4 bits of s |
 *  | IQ3_XXS | 98    | 3.0625 | d, 64 codes, 8 × u32: 4 × 7 bits of signs, 4 bits of s |
 *  | IQ3_S   | 110   | 3.4375 | d, 64 low bytes, 8 bytes of ninth bits, 32 bytes of signs, 4 bytes: 2 × 4 bits of s |
 *
 *  IQ1: w′ = d·(2s + 1)·(point + δ), δ = ±1/8.   IQ2: w′ = ±d·(s + ½)/4·point.   IQ3_XXS: ±d·(s + ½)/2·point.   IQ3_S: ±d·(2s + 1)·point.
 *  Seven bits of signs stand for eight: the eighth makes the number of minus signs even.
 *  Source: ggml, src/ggml-quants.c (dequantize_row_iq*). */
import { decodeFloat16 } from "../bytes/half-float";
import { readHalf } from "./arithmetic";
import { layoutOf, type BlockCodec, type BlockName } from "./block";
import { iq1Grid, iq2SGrid, iq2XsGrid, iq2XxsGrid, iq3SGrid, iq3XxsGrid } from "./grids";

const { fround } = Math;
const weights = 256;
const delta = 0.125;

/** Eight signs from seven: bit 7 is the parity of the others. */
const evenSigns = Uint8Array.from({ length: 128 }, (_, low) => {
  let parity = 0;
  for (let bits = low; bits > 0; bits >>= 1) parity ^= bits & 1;
  return low | (parity << 7);
});

function word16(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8);
}

function word32(bytes: Uint8Array, at: number): number {
  return (word16(bytes, at) | (word16(bytes, at + 2) << 16)) >>> 0;
}

/** Points (n, dimensions). */
interface Grid {
  readonly points: () => Int8Array;
  readonly dimensions: 4 | 8;
}

const iq2Xxs: Grid = { points: iq2XxsGrid, dimensions: 8 };
const iq2Xs: Grid = { points: iq2XsGrid, dimensions: 8 };
const iq2S: Grid = { points: iq2SGrid, dimensions: 8 };
const iq3Xxs: Grid = { points: iq3XxsGrid, dimensions: 4 };
const iq3S: Grid = { points: iq3SGrid, dimensions: 4 };

/** values[to …] = ±scale·point, minus where the bit of `signs` is set. */
function writeSigned(
  { points, dimensions }: Grid,
  point: number,
  scale: number,
  signs: number,
  values: Float32Array,
  to: number,
): void {
  const all = points();
  for (let k = 0; k < dimensions; k++) {
    const value = scale * all[point * dimensions + k];
    values[to + k] = ((signs >> k) & 1) === 1 ? -value : value;
  }
}

function writeShifted(point: number, scale: number, shift: number, values: Float32Array, to: number): void {
  const all = iq1Grid();
  for (let k = 0; k < 8; k++) values[to + k] = scale * (all[point * 8 + k] + shift);
}

type Decode = (bytes: Uint8Array, at: number, values: Float32Array, to: number) => void;

const decodeIq1S: Decode = (bytes, at, values, to) => {
  const d = readHalf(bytes, at);
  for (let group = 0; group < 8; group++) {
    const high = word16(bytes, at + 34 + 2 * group);
    const scale = fround(d * (2 * ((high >> 12) & 7) + 1));
    const shift = (high & 0x8000) !== 0 ? -delta : delta;
    for (let l = 0; l < 4; l++) {
      const point = bytes[at + 2 + 4 * group + l] | (((high >> (3 * l)) & 7) << 8);
      writeShifted(point, scale, shift, values, to + 32 * group + 8 * l);
    }
  }
};

const decodeIq1M: Decode = (bytes, at, values, to) => {
  let half = 0;
  for (let k = 0; k < 4; k++) half |= (bytes[at + 49 + 2 * k] >> 4) << (4 * k);
  const d = decodeFloat16(half);
  for (let eight = 0; eight < 32; eight++) {
    const high = (bytes[at + 32 + (eight >> 1)] >> (4 * (eight & 1))) & 15;
    const s = (word16(bytes, at + 48 + 2 * (eight >> 3)) >> (3 * ((eight >> 1) & 3))) & 7;
    const point = bytes[at + eight] | ((high & 7) << 8);
    writeShifted(point, fround(d * (2 * s + 1)), (high & 8) !== 0 ? -delta : delta, values, to + 8 * eight);
  }
};

const decodeIq2Xxs: Decode = (bytes, at, values, to) => {
  const d = readHalf(bytes, at);
  for (let group = 0; group < 8; group++) {
    const first = at + 2 + 8 * group;
    const packed = word32(bytes, first + 4);
    const scale = fround(fround(d * (0.5 + (packed >>> 28))) * 0.25);
    for (let l = 0; l < 4; l++) {
      const signs = evenSigns[(packed >>> (7 * l)) & 127];
      writeSigned(iq2Xxs, bytes[first + l], scale, signs, values, to + 32 * group + 8 * l);
    }
  }
};

/** Scale of the eight weights number `eight`, two scales a byte, each for 16 weights. */
function iq2Scale(d: number, bytes: Uint8Array, scalesAt: number, eight: number): number {
  const s = (bytes[scalesAt + (eight >> 2)] >> (4 * ((eight >> 1) & 1))) & 15;
  return fround(fround(d * (0.5 + s)) * 0.25);
}

const decodeIq2Xs: Decode = (bytes, at, values, to) => {
  const d = readHalf(bytes, at);
  for (let eight = 0; eight < 32; eight++) {
    const code = word16(bytes, at + 2 + 2 * eight);
    const scale = iq2Scale(d, bytes, at + 66, eight);
    writeSigned(iq2Xs, code & 511, scale, evenSigns[code >> 9], values, to + 8 * eight);
  }
};

const decodeIq2S: Decode = (bytes, at, values, to) => {
  const d = readHalf(bytes, at);
  for (let eight = 0; eight < 32; eight++) {
    const high = (bytes[at + 66 + (eight >> 2)] >> (2 * (eight & 3))) & 3;
    const scale = iq2Scale(d, bytes, at + 74, eight);
    const point = bytes[at + 2 + eight] | (high << 8);
    writeSigned(iq2S, point, scale, bytes[at + 34 + eight], values, to + 8 * eight);
  }
};

const decodeIq3Xxs: Decode = (bytes, at, values, to) => {
  const d = readHalf(bytes, at);
  for (let group = 0; group < 8; group++) {
    const packed = word32(bytes, at + 66 + 4 * group);
    const scale = fround(fround(d * (0.5 + (packed >>> 28))) * 0.5);
    for (let l = 0; l < 8; l++) {
      const signs = evenSigns[(packed >>> (7 * (l >> 1))) & 127] >> (4 * (l & 1));
      writeSigned(iq3Xxs, bytes[at + 2 + 8 * group + l], scale, signs, values, to + 32 * group + 4 * l);
    }
  }
};

const decodeIq3S: Decode = (bytes, at, values, to) => {
  const d = readHalf(bytes, at);
  for (let four = 0; four < 64; four++) {
    const s = (bytes[at + 106 + (four >> 4)] >> (4 * ((four >> 3) & 1))) & 15;
    const ninth = (bytes[at + 66 + (four >> 3)] >> (four & 7)) & 1;
    const signs = bytes[at + 74 + (four >> 1)] >> (4 * (four & 1));
    const point = bytes[at + 2 + four] | (ninth << 8);
    writeSigned(iq3S, point, fround(d * (1 + 2 * s)), signs, values, to + 4 * four);
  }
};

function readOnly(
  name: BlockName,
  id: number,
  parts: readonly (readonly [name: string, bytes: number])[],
  decode: Decode,
): BlockCodec {
  return {
    name,
    id,
    ...layoutOf(weights, parts),
    packing: { bytes: 0, pack: () => undefined, unpack: () => undefined },
    decode: (bytes, at, _codes, values, to) => decode(bytes, at, values, to),
  };
}

export const gridBlocks: readonly BlockCodec[] = [
  readOnly(
    "IQ1_S",
    19,
    [
      ["d", 2],
      ["points", 32],
      ["upper bits", 16],
    ],
    decodeIq1S,
  ),
  readOnly(
    "IQ1_M",
    29,
    [
      ["points", 32],
      ["upper bits", 16],
      ["scales", 8],
    ],
    decodeIq1M,
  ),
  readOnly(
    "IQ2_XXS",
    16,
    [
      ["d", 2],
      ["points, signs and scales", 64],
    ],
    decodeIq2Xxs,
  ),
  readOnly(
    "IQ2_XS",
    17,
    [
      ["d", 2],
      ["points and signs", 64],
      ["scales", 8],
    ],
    decodeIq2Xs,
  ),
  readOnly(
    "IQ2_S",
    22,
    [
      ["d", 2],
      ["points", 32],
      ["signs", 32],
      ["upper bits", 8],
      ["scales", 8],
    ],
    decodeIq2S,
  ),
  readOnly(
    "IQ3_XXS",
    18,
    [
      ["d", 2],
      ["points", 64],
      ["signs and scales", 32],
    ],
    decodeIq3Xxs,
  ),
  readOnly(
    "IQ3_S",
    21,
    [
      ["d", 2],
      ["points", 64],
      ["ninth bits", 8],
      ["signs", 32],
      ["scales", 4],
    ],
    decodeIq3S,
  ),
];
