/** Eight-bit floats with a scale per tensor, channel (row), block of rows × columns, or group along the row.
 *
 *  w ≈ w′ = s·f(code),  s = max|w| / L,  f(code) = the 8-bit float nearest to clamp(w/s, −L, L), ties to even.
 *  E4M3: L = 448, 3 fraction bits, no infinity.   E5M2: L = 57344, 2 fraction bits.
 *  weights (out, in) f32 → codes (out, in) u8, the bit patterns + scale f32: (1), (out, 1), (out/height, in/width) or (out, groups).
 *  Blocks and groups at the edges may be smaller. s, w/s and w′ are single float32 operations. What shares a scale and holds only
 *  zeros, or is so small that max|w|/L is 0, gets s = 2^-23 and w′ = 0. A weight −0 keeps its sign.
 *
 *  |w − w′| ≤ max(|w|·2^-4, s·2^-10) for E4M3, max(|w|·2^-3, s·2^-17) for E5M2, up to float32 rounding; 8 bits per weight plus 32
 *  for each scale.
 *
 *  Source: Micikevicius et al. 2022 (arXiv 2209.05433); scales by the rule of compressed-tensors 0.20.0 (schemes FP8 and FP8_BLOCK),
 *  which has E4M3 only; the same rule here for E5M2. Codes and scales equal its own. */
import { OptionError } from "../errors";
import { checkChoice, checkNumber, checkOptionNames } from "../options";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { freezeStep } from "../grid/groups";
import { loops } from "../loops/loops";
import { smallFloats } from "../loops/tiles";
import { checkFinite } from "../measure/finite";
import type { Quantized, Quantizer } from "./quantizer";
import { tilesOf, type Tiling } from "../grid/tiles";

const { fround } = Math;
const kind = "fp8";

/** 4 bits of exponent and 3 of mantissa (largest 448), or 5 and 2 (largest 57,344). */
export type Fp8Format = "E4M3" | "E5M2";
/** What shares a scale: the tensor, a row, a block of rows and columns, or a group along the row. */
export type Fp8Granularity = "tensor" | "channel" | "block" | "group";

/** Options of `fp8()`. */
export interface Fp8Options {
  /** Layout of the 8 bits; default "E4M3". */
  format?: Fp8Format;
  /** What shares a scale; default "channel", or what `block` or `group` imply. */
  per?: Fp8Granularity;
  /** Rows and columns of a block, each at least 1; implies per: "block"; default [128, 128]. */
  block?: readonly [number, number];
  /** Weights per group along the row, at least 1; implies per: "group"; default 128. */
  group?: number;
}

/** The step that `fp8()` gives, checked and frozen. */
export interface Fp8Step extends Step {
  /** Names the method. */
  readonly kind: "fp8";
  /** Layout of the 8 bits. */
  readonly format: Fp8Format;
  /** What shares a scale. */
  readonly per: Fp8Granularity;
  /** Rows and columns of a block, with per: "block". */
  readonly block?: readonly [number, number];
  /** Weights per group along the row, with per: "group". */
  readonly group?: number;
}

const largestOf = { E4M3: 448, E5M2: 57344 };
/** The scale that stands in for 0: the spacing of float32 at 1. */
const zeroScale = 2 ** -23;

/** The step "8-bit floats": `fp8({ per: "tensor" })`, `fp8({ format: "E5M2" })`, `fp8({ block: [128, 128] })`. Throws `OptionError`
 *  for an unknown option, a value out of range, or options that exclude each other. */
export function fp8(options: Fp8Options = {}): Fp8Step {
  checkOptionNames(kind, options, ["format", "per", "block", "group"]);
  const format = checkChoice(kind, "format", options.format ?? "E4M3", ["E4M3", "E5M2"]);
  const implied = options.block ? "block" : options.group === undefined ? "channel" : "group";
  const per = checkChoice(kind, "per", options.per ?? implied, ["tensor", "channel", "block", "group"]);
  for (const name of ["block", "group"] as const)
    if (options[name] !== undefined && per !== name)
      throw new OptionError(`fp8(): ${name} goes with per: "${name}", not "${per}"`);
  const size = { minimum: 1, maximum: 2 ** 31 - 1, integer: true };
  const group = per === "group" ? checkNumber(kind, "group", options.group ?? 128, size) : undefined;
  const block = per === "block" ? checkBlock(options.block ?? [128, 128]) : undefined;
  return freezeStep({ kind, format, per, block, group } as const);
}

function checkBlock(block: readonly number[]): readonly [number, number] {
  const size = { minimum: 1, maximum: 2 ** 31 - 1, integer: true };
  if (!Array.isArray(block) || block.length !== 2)
    throw new OptionError(`fp8(): block is ${JSON.stringify(block)}; it takes [rows, columns], such as [128, 128]`);
  const [height, width] = (block as number[]).map((entry, i) => checkNumber(kind, `block[${i}]`, entry, size));
  return Object.freeze([height, width] as const);
}

function tilingOf(shape: Shape, count: number, step: Fp8Step): Tiling {
  const [height, width] = step.block ?? [1, step.group ?? 1];
  return tilesOf(kind, shape, count, step.per, height, width);
}

function quantize(weights: Float32Array, shape: Shape, step: Fp8Step, name?: string): Quantized {
  checkFinite(weights, kind, name);
  const tiling = tilingOf(shape, weights.length, step);
  const largest = largestOf[step.format];
  const scales = loops.tiles.largestMagnitudes(weights, tiling);
  for (let i = 0; i < scales.length; i++) scales[i] = fround(scales[i] / largest) || zeroScale;
  const codes = loops.tiles.encodeFloats(weights, tiling, scales, step.format);
  const table = { name: "scale", data: scales, shape: tiling.tableShape, bitsPerEntry: 32 };
  return { step, shape, codes, codeBits: 8, tables: [table] };
}

function dequantize(quantized: Quantized): Float32Array {
  const { codes, shape, tables } = quantized;
  const step = quantized.step as Fp8Step;
  const { values } = smallFloats[step.format];
  const tiling = tilingOf(shape, codes.length, step);
  return loops.tiles.decodeTable(codes as Uint8Array, tiling, values, tables[0].data as Float32Array);
}

/** "fp8 E4M3 per channel", "fp8 E4M3 128×128", "fp8 E5M2 g64". */
function label(step: Fp8Step): string {
  const size = step.block ? step.block.join("×") : step.per === "group" ? `g${step.group}` : `per ${step.per}`;
  return `fp8 ${step.format} ${size}`;
}

/** The quantizer of `fp8()` steps. */
export const fp8Quantizer: Quantizer<Fp8Step> = {
  kind,
  quantize,
  dequantize,
  label,
  pieces: { rows: ({ per, block }) => (per === "tensor" ? undefined : (block?.[0] ?? 1)) },
};
