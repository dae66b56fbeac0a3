/** Weights in E2M1 (0, ½, 1, 1½, 2, 3, 4, 6 and their negatives) under scales that are small floats, as ggml lays them out. The formats of
 *  the same names in compressed-tensors choose their scales otherwise and have other bytes.
 *
 *  MXFP4: 32 weights in 17 bytes, 4.25 bits per weight: the scale's exponent e (E8M0), 16 bytes of codes; w′ = 2^(e−127)·value[q],
 *         e = ⌊log2 max|w|⌋ − 2 + 127, log2 rounded to float32; e = 0 for a block of zeros; below 2^-125 the byte wraps, as in C.
 *  NVFP4: 64 weights in 36 bytes, 4.5 bits per weight: 4 scales (E4M3 without its sign bit), 32 bytes of codes in groups of 16;
 *         w′ = scale·value[q], scale = max|w|/6 rounded to nearest, halves up; from 248 on 448. No scale of the whole tensor.
 *  A code is that of the nearest value by float32 differences, the lower code of two as near; −0 is never written.
 *  Source: ggml, src/ggml-quants.c (quantize_row_mxfp4_ref, quantize_row_nvfp4_ref) and src/ggml-impl.h. */
import { float32Bits } from "../bytes/half-float";
import { peakOf } from "./arithmetic";
import { bitPacking, layoutOf, nibblePlace, type BlockCodec } from "./block";

const { abs, floor, fround, min: least } = Math;

/** Twice the values of E2M1, by code. */
const doubled: Int8Array = Int8Array.from([0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12]);

function nearestCode(x: number, halfScale: number): number {
  let best = 0;
  let bestError = abs(x);
  const first = x < 0 ? 9 : 1;
  for (let code = first; code < first + 7; code++) {
    const error = abs(fround(fround(doubled[code] * halfScale) - x));
    if (error < bestError) {
      best = code;
      bestError = error;
    }
  }
  return best;
}

/** For each exponent E from −149 on, the least fraction f of 23 bits for which ⌊log2(2^E·(1 + f/2^23))⌋, the logarithm rounded to float32,
 *  is E + 1 already; 2^23 where there is none. */
function logarithmTurns(): Uint32Array {
  return Uint32Array.from({ length: 277 }, (_, i) => {
    const power = 2 ** (i - 149);
    let low = 0;
    let high = 1 << 23;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (floor(fround(Math.log2(power * (1 + middle / 2 ** 23)))) > i - 149) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

/** Half of 2^(e−127), by e; the one past 253 as if E8M0 had no NaN. */
const halfPowers: Float32Array = Float32Array.from({ length: 256 }, (_, e) => 2 ** (e - 128));

let turns: Uint32Array | undefined;

const mxfp4: BlockCodec = {
  name: "MXFP4",
  id: 39,
  ...layoutOf(32, [
    ["scale", 1],
    ["codes", 16],
  ]),
  packing: bitPacking(32, { bits: 4, place: nibblePlace(1, 16) }),
  lists: () => [(turns ??= logarithmTurns())],
  encode(x, from, bytes, at, codes) {
    const largest = abs(peakOf(x, from, 32));
    const e = largest > 0 ? (floor(fround(Math.log2(largest))) + 125) & 255 : 0;
    bytes[at] = e;
    const halfScale = halfPowers[e];
    for (let i = 0; i < 32; i++) codes[i] = nearestCode(x[from + i], halfScale);
  },
  decode(bytes, at, codes, values, to) {
    const halfScale = halfPowers[bytes[at]];
    for (let i = 0; i < 32; i++) values[to + i] = halfScale * doubled[codes[i]];
  },
};

/** Half the value of each pattern of unsigned E4M3; 0x7f, E4M3's NaN, counts as 0. Bit 7 is not read. */
const halfScales: Float32Array = Float32Array.from({ length: 256 }, (_, pattern) => {
  const exponent = (pattern >> 3) & 15;
  const fraction = pattern & 7;
  if (pattern === 0x7f) return 0;
  return exponent === 0 ? fraction * 2 ** -10 : (1 + fraction / 8) * 2 ** (exponent - 8);
});

/** The pattern nearest to x ≥ 0, halves up, below 2^-6 a multiple of 2^-9, up to 7 of them. From 248 on it is 448, as ggml has it: the
 *  patterns of 256 to 416 are not written. */
function unsignedE4m3(x: number): number {
  if (!(x > 0)) return 0;
  const bits = float32Bits(least(x, 448));
  const exponent = (bits >>> 23) - 120;
  if (exponent <= 0) return least(7, floor(fround(fround(x * 512) + 0.5)));
  const rounded = (exponent << 3) + ((bits >>> 20) & 7) + ((bits >>> 19) & 1);
  return rounded < 0x78 ? rounded : 0x7e;
}

const nvfp4: BlockCodec = {
  name: "NVFP4",
  id: 40,
  ...layoutOf(64, [
    ["scales", 4],
    ["codes", 32],
  ]),
  packing: bitPacking(64, { bits: 4, place: nibblePlace(4, 8) }),
  encode(x, from, bytes, at, codes) {
    for (let group = 0; group < 4; group++) {
      const first = 16 * group;
      const pattern = unsignedE4m3(fround(abs(peakOf(x, from + first, 16)) / 6));
      bytes[at + group] = pattern;
      for (let i = first; i < first + 16; i++) codes[i] = nearestCode(x[from + i], halfScales[pattern]);
    }
  },
  decode(bytes, at, codes, values, to) {
    for (let i = 0; i < 64; i++) values[to + i] = halfScales[bytes[at + (i >> 4)]] * doubled[codes[i]];
  },
};

export const fp4Blocks: readonly BlockCodec[] = [mxfp4, nvfp4];
