/** NVFP4: E2M1 floats in groups of 16 along the row, each with an E4M3 scale, and one float32 scale for the tensor.
 *
 *  w ≈ w′ = (s/g)·f(code),  g = 448·6 / max|w| over the tensor,  s = E4M3(g·max|w| of the group / 6),
 *  f(code) = the E2M1 number nearest to clamp(w/(s/g), −6, 6), ties to even.
 *  weights (out, in) f32 → codes (out, in) u8, the bit patterns + scale (out, ⌈in/16⌉), E4M3 numbers of 8 bits each +
 *  globalScale (1) f32. 4 + 8/16 = 4.5 bits per weight and 32 for the tensor.
 *
 *  Every operation is one float32 operation; g is 448·6 times the float32 reciprocal of max|w|, and 1 where that is infinite
 *  (max|w| below 2^-116.6). An s that rounds to 0 (all zeros, or far below the largest group) becomes 1/8. The last group of a row
 *  may be shorter (compressed-tensors itself takes rows of whole groups only). A negative weight that rounds to zero keeps its sign
 *  in the code. |w| up to 2^126.
 *  |w − w′| ≤ s/g where s is 2^-6 or more: half the widest step; a w/(s/g) beyond 6, at most 6·17/16, is clamped.
 *
 *  Source: compressed-tensors 0.20.0 (scheme NVFP4). Codes and scales equal its own; two codes to a byte, the even index in the low
 *  half: `packNibbles(codes, "low-first")`. (ggml's NVFP4 has no scale for the tensor: the same name, other bytes.) */
import { e4m3Values, encodeE4m3 } from "../bytes/small-float";
import { checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { checkLargest } from "./blocks/microscaling";
import { loops } from "../loops/loops";
import { smallFloats } from "../loops/tiles";
import { checkFinite } from "../measure/finite";
import type { PieceSurvey, Quantized, Quantizer, TableArray } from "./quantizer";
import { tilesOf } from "../grid/tiles";

const { fround } = Math;
const kind = "nvfp4";
const groupLength = 16;
const smallestNormal = 2 ** -126;

/** The step that `nvfp4()` gives, frozen. */
export interface Nvfp4Step extends Step {
  /** Names the method. */
  readonly kind: "nvfp4";
}

/** The step "NVFP4": `nvfp4()`. It has no options; throws `OptionError` for any. */
export function nvfp4(options: Record<string, never> = {}): Nvfp4Step {
  checkOptionNames(kind, options, []);
  return Object.freeze({ kind } as const);
}

const tilingOf = (shape: Shape, count: number) => tilesOf(kind, shape, count, "group", 1, groupLength);

function globalScaleOf(largest: number): number {
  const scale = fround(448 * 6 * fround(1 / Math.max(largest, smallestNormal)));
  return scale === Infinity ? 1 : scale;
}

function quantize(weights: Float32Array, shape: Shape, step: Nvfp4Step, name?: string): Quantized {
  checkFinite(weights, kind, name);
  const groups = tilingOf(shape, weights.length);
  const magnitudes = loops.tiles.largestMagnitudes(weights, groups);
  checkLargest(kind, magnitudes);
  return quantizeBy(weights, shape, step, { globalScale: globalScaleOf(largestOf(magnitudes)), magnitudes });
}

const largestOf = (magnitudes: Float32Array): number =>
  magnitudes.reduce((most, magnitude) => Math.max(most, magnitude), 0);

/** `magnitudes`: the largest of each group, which become its scales. */
function quantizeBy(
  weights: Float32Array,
  shape: Shape,
  step: Nvfp4Step,
  { globalScale, magnitudes: scales }: { readonly globalScale: number; readonly magnitudes: Float32Array },
): Quantized {
  const groups = tilingOf(shape, weights.length);
  for (let i = 0; i < scales.length; i++)
    scales[i] = e4m3Values[encodeE4m3(fround(globalScale * fround(scales[i] / 6)))] || 0.125;
  const codes = loops.tiles.encodeFloats(weights, groups, divided(scales, globalScale), "E2M1");
  return {
    step,
    shape,
    codes,
    codeBits: 4,
    tables: [
      { name: "scale", data: scales, shape: groups.tableShape, bitsPerEntry: 8 },
      { name: "globalScale", data: Float32Array.of(globalScale), shape: [1], bitsPerEntry: 32 },
    ],
  };
}

/** s/g of each group. */
function divided(scales: TableArray, globalScale: number): Float32Array {
  const own = new Float32Array(scales.length);
  for (let i = 0; i < own.length; i++) own[i] = scales[i] / globalScale;
  return own;
}

function dequantize({ codes, shape, tables }: Quantized): Float32Array {
  const scales = divided(tables[0].data, tables[1].data[0]);
  return loops.tiles.decodeTable(codes as Uint8Array, tilingOf(shape, codes.length), smallFloats.E2M1.values, scales);
}

/** The scale of the tensor comes from a pass over all of it. */
function survey(step: Nvfp4Step): PieceSurvey {
  let largest = 0;
  return {
    add(piece) {
      const magnitudes = loops.tiles.largestMagnitudes(piece, tilingOf([piece.length], piece.length));
      checkLargest(kind, magnitudes);
      largest = Math.max(largest, largestOf(magnitudes));
    },
    wantsMore: () => false,
    quantize: (piece, shape) =>
      quantizeBy(piece, shape, step, {
        globalScale: globalScaleOf(largest),
        magnitudes: loops.tiles.largestMagnitudes(piece, tilingOf(shape, piece.length)),
      }),
  };
}

/** The quantizer of `nvfp4()` steps. */
export const nvfp4Quantizer: Quantizer<Nvfp4Step> = {
  kind,
  quantize,
  dequantize,
  label: () => kind,
  pieces: { rows: () => 1, sharedTables: ["globalScale"], survey },
};
