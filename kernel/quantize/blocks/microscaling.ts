/** Groups of 32 weights along the row that share a power of two: what `mxfp4` and `mxfp8` have in common.
 *
 *  w ≈ w′ = s·f(code),  s = 2^(round(log2 max|w|) − k),  f(code) = the small float nearest to clamp(w/s, −L, L), ties to even.
 *  weights (out, in) f32 → codes (out, in) u8, the bit patterns + scale (out, ⌈in/32⌉), powers of two of 8 bits each.
 *
 *  round(log2 m) here rounds up from 1.75 times a power of two (half a unit of a one-bit fraction below the next), down otherwise.
 *  So w/s reaches up to 3.5·2^(k−1) = 1.75·2^k, beyond L where 1.75·2^k > L: such weights are clamped.
 *  A group of zeros gives s = 2^-127 and w′ = 0; that is also the smallest scale. The last group of a row may be shorter
 *  (compressed-tensors itself takes rows of whole groups only). A negative weight that rounds to zero keeps its sign in the code.
 *  |w| up to 2^126.
 *
 *  Source: OCP Microscaling Formats (MX) 1.0 for the layout; the scale by the rule of compressed-tensors 0.20.0. (ggml takes
 *  floor(log2 max|w|): the same name, other bytes.) Codes and scales equal those of compressed-tensors. */
import { float32Bits } from "../../bytes/half-float";
import { OptionError } from "../../errors";
import type { Step } from "../../tensor/step";
import { loops } from "../../loops/loops";
import { smallFloats, type SmallFloat } from "../../loops/tiles";
import { checkFinite } from "../../measure/finite";
import type { Quantizer } from "../quantizer";
import { largestWeight } from "../../grid/scale";
import { tilesOf } from "../../grid/tiles";

/** Weights that share a scale. */
export const microscalingGroup = 32;

export interface Microfloat {
  /** Bits of a code. */
  readonly bits: number;
  /** ⌊log2 L⌋. */
  readonly exponent: number;
  readonly format: SmallFloat;
}

/** The exponent of a group's scale, −127 … 124, from its largest magnitude. */
export function microscalingExponent(largest: number, microfloat: Microfloat): number {
  const rounded = (float32Bits(largest) + 0x200000) >>> 23; // biased; a quarter added to the fraction carries from 1.75 on
  return Math.max(rounded - 127 - microfloat.exponent, -127);
}

export function microscalingQuantizer<S extends Step>(kind: S["kind"], microfloat: Microfloat): Quantizer<S> {
  const tiling = (shape: readonly number[], count: number) =>
    tilesOf(kind, shape, count, "group", 1, microscalingGroup);
  return {
    kind,
    quantize(weights, shape, step, name) {
      checkFinite(weights, kind, name);
      const groups = tiling(shape, weights.length);
      const scales = loops.tiles.largestMagnitudes(weights, groups);
      checkLargest(kind, scales);
      for (let i = 0; i < scales.length; i++) scales[i] = 2 ** microscalingExponent(scales[i], microfloat);
      const codes = loops.tiles.encodeFloats(weights, groups, scales, microfloat.format);
      const table = { name: "scale", data: scales, shape: groups.tableShape, bitsPerEntry: 8 };
      return { step, shape, codes, codeBits: microfloat.bits, tables: [table] };
    },
    dequantize({ codes, shape, tables }) {
      const { values } = smallFloats[microfloat.format];
      const groups = tiling(shape, codes.length);
      return loops.tiles.decodeTable(codes as Uint8Array, groups, values, tables[0].data as Float32Array);
    },
    label: () => kind,
    pieces: { rows: () => 1 },
  };
}

/** Throws `OptionError` for a magnitude beyond 2^126, whose product with a scale might leave float32. */
export function checkLargest(method: string, magnitudes: Float32Array): void {
  for (const magnitude of magnitudes)
    if (magnitude > largestWeight)
      throw new OptionError(`${method}(): a weight of ${magnitude} is beyond 2^126; scale the weights first`);
}
