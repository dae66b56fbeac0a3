/** Blocks of weights divided by their largest magnitude and rounded to a fixed list of 16 values in [−1, 1]: what `nf4` and `fp4`
 *  share. The blocks run over the whole tensor, row-major, and cross rows (bitsandbytes does so); the last may be shorter.
 *
 *  weights (out, in) f32 → codes (out, in) u8 + scale (blocks) f32, or, with `doubleQuant`, scaleCode (blocks) u8 +
 *  nestedScale (⌈blocks/256⌉) f32 + scaleOffset (1) f32.     w′ = a·value[code],  a = max|w| of the block.
 *
 *  x = w·(1/a), each a float32 operation, a not below 1e-38; in a last block that is short, x = w/a. The code is the number of
 *  midpoints of neighbouring values (float32) below x: a tie takes the lower value.
 *  Double quantization: the mean of all a (summed in float64, rounded to float32) is taken off, and the differences are coded in
 *  blocks of 256 in 8 bits: d/max|d| ∈ [−1, 1] is rounded to one of 65,536 even steps and then to the nearest entry of the
 *  "dynamic" map.    a′ = map[scaleCode]·nestedScale + scaleOffset.
 *  Bits per weight at block 64: 4 + 32/64 = 4.5; with double quantization 4 + 8/64 + 32/(64·256) = 4.127, plus 32 for the offset.
 *
 *  A block of zeros gives a = 0 (1e-38 when it is the short last one) and w′ = 0. |w − w′| ≤ a·(half the widest gap between
 *  neighbouring values) without double quantization, up to float32 rounding.
 *
 *  Source: bitsandbytes 0.50.2, CPU build (Dettmers et al. 2023, QLoRA, arXiv 2305.14314; the dynamic map: Dettmers 2015, arXiv
 *  1511.04561). Codes, bytes and scales are equal to its own, the offset too while the sum of the a is exact in float32; where it
 *  is not, torch's sum depends on the machine and ours is the correctly rounded one. Its GPU builds find the nearest entry of the
 *  dynamic map directly, so a few scale codes of theirs differ. */
import { OptionError } from "../../errors";
import { checkFlag, checkOptionNames } from "../../options";
import { parametersOf, type Shape } from "../../tensor/tensor";
import type { Step } from "../../tensor/step";
import { rowsOf } from "../../grid/groups";

import { loops } from "../../loops/loops";
import { rankAmong, smallestScale, type SixteenRanks } from "../../loops/tiles";
import { checkFinite } from "../../measure/finite";
import type { Quantized, Quantizer, Table } from "../quantizer";
import { tilesOf } from "../../grid/tiles";

const { fround } = Math;

/** Options of `nf4()` and `fp4()`. */
export interface AbsmaxBlockOptions {
  /** Weights that share a scale: 32, 64 (default), 128, … 4096. */
  group?: number;
  /** Code the scales themselves in 8 bits; default false. */
  doubleQuant?: boolean;
}

/** What steps of `nf4()` and `fp4()` have in common. */
export interface AbsmaxBlockStep extends Step {
  /** Weights that share a scale, a power of two from 32 to 4096. */
  readonly group: number;
  /** True where the scales themselves are coded in 8 bits. */
  readonly doubleQuant: boolean;
}

const groups = [32, 64, 128, 256, 512, 1024, 2048, 4096];
const nestedBlock = 256;

/** Checks the options of `kind` and fills in the defaults; `OptionError` for an unknown word or value. */
export function absmaxStep<K extends string>(
  kind: K,
  options: AbsmaxBlockOptions,
): Readonly<{ kind: K; group: number; doubleQuant: boolean }> {
  checkOptionNames(kind, options, ["group", "doubleQuant"]);
  const group = checkGroup(kind, options.group ?? 64);
  return Object.freeze({ kind, group, doubleQuant: checkFlag(kind, "doubleQuant", options.doubleQuant ?? false) });
}

function checkGroup(kind: string, group: number): number {
  if (groups.includes(group)) return group;
  throw new OptionError(`${kind}(): group is ${String(group)}; it takes ${groups.join(", ")}`);
}

/** A list of 16 values in ascending order, and the code that each has. */
export interface SixteenValues {
  /** 16 numbers in [−1, 1], ascending. */
  readonly values: Float32Array;
  /** The code of each of `values`, 0–15. */
  readonly codes: readonly number[];
}

/** The quantizer of a list of values. `title` starts its label. */
export function absmaxQuantizer<S extends AbsmaxBlockStep>(
  kind: S["kind"],
  title: string,
  list: SixteenValues,
): Quantizer<S> {
  const midpoints = Float32Array.from({ length: 15 }, (_, i) => fround(list.values[i] + list.values[i + 1]) / 2);
  const valueOfCode = new Float32Array(16);
  list.codes.forEach((code, i) => (valueOfCode[code] = list.values[i]));
  return {
    kind,
    quantize(weights, shape, step, name) {
      checkFinite(weights, kind, name);
      rowsOf(kind, shape, weights.length);
      checkGroup(kind, step.group);
      return quantizeBlocks(weights, shape, step, { midpoints, codeOfRank: list.codes });
    },
    dequantize(quantized) {
      const codes = quantized.codes as Uint8Array;
      const blocks = tilesOf(kind, [codes.length], codes.length, "group", 1, (quantized.step as S).group);
      return loops.tiles.decodeTable(codes, blocks, valueOfCode, blockScales(quantized));
    },
    pieces: {
      // Blocks run over the ends of rows: a piece ends where a block does.
      rows({ group, doubleQuant }, shape) {
        const { rowLength } = rowsOf(kind, shape, parametersOf(shape));
        return doubleQuant ? undefined : group / greatestDivisor(group, rowLength);
      },
    },
    label: (step) => `${title} g${step.group}${step.doubleQuant ? " double" : ""}`,
  };
}

/** The greatest common divisor of two whole numbers, of which the first is not 0. */
function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function quantizeBlocks(weights: Float32Array, shape: Shape, step: AbsmaxBlockStep, ranks: SixteenRanks): Quantized {
  const { group } = step;
  const count = weights.length;
  const scales = loops.tiles.largestMagnitudes(weights, tilesOf(step.kind, [count], count, "group", 1, group));
  const whole = count - (count % group);
  let codes = loops.tiles.encodeSixteen(weights.subarray(0, whole), group, ranks, scales);
  if (whole < count) {
    const all = new Uint8Array(count);
    all.set(codes);
    codes = all;
    const last = scales.length - 1;
    const scale = Math.max(scales[last], smallestScale);
    scales[last] = scale;
    for (let i = whole; i < count; i++)
      codes[i] = ranks.codeOfRank[rankAmong(fround(weights[i] / scale), ranks.midpoints)];
  }
  const tables = step.doubleQuant ? nestScales(scales) : [table("scale", scales, 32)];
  return { step, shape, codes, codeBits: 4, tables };
}

function largestMagnitude(weights: Float32Array, start: number, end: number): number {
  let largest = 0;
  for (let i = start; i < end; i++) {
    const size = weights[i] < 0 ? -weights[i] : weights[i];
    if (size > largest) largest = size;
  }
  return largest;
}

function table(name: string, data: Float32Array | Uint8Array, bitsPerEntry: number): Table {
  return { name, data, shape: [data.length], bitsPerEntry };
}

function nestScales(scales: Float32Array): Table[] {
  let sum = 0;
  for (const scale of scales) sum += scale;
  const offset = scales.length === 0 ? 0 : fround(sum / scales.length);
  const differences = Float32Array.from(scales, (scale) => scale - offset);
  const codes = new Uint8Array(scales.length);
  const nested = new Float32Array(Math.ceil(scales.length / nestedBlock));
  for (let block = 0, start = 0; start < scales.length; block++, start += nestedBlock) {
    const end = Math.min(start + nestedBlock, scales.length);
    const largest = largestMagnitude(differences, start, end);
    nested[block] = largest;
    if (largest === 0) continue; // code 0
    const inverse = fround(1 / largest);
    for (let i = start; i < end; i++) codes[i] = dynamicCode(fround(differences[i] * inverse));
  }
  return [
    table("scaleCode", codes, 8),
    table("nestedScale", nested, 32),
    table("scaleOffset", Float32Array.of(offset), 32),
  ];
}

/** The scale a of each block, as stored: from the table itself, or decoded from its 8-bit form. */
export function blockScales(quantized: Quantized): Float32Array {
  if (!(quantized.step as AbsmaxBlockStep).doubleQuant) return quantized.tables[0].data as Float32Array;
  const [codes, nested, offset] = quantized.tables.map((entry) => entry.data);
  return Float32Array.from(codes, (code, i) => {
    const difference = fround(dynamicMap[code] * nested[Math.floor(i / nestedBlock)]);
    return difference + offset[0];
  });
}

/** The 256 values of the signed "dynamic" 8-bit type, ascending: 0, 1 and, for each decade 10^-6 … 10^0, the middles of 2^i equal
 *  parts of [0.1, 1] times it (i = 0 … 6), with both signs. In float32, as bitsandbytes computes them. */
export const dynamicMap: Float32Array = makeDynamicMap();

function makeDynamicMap(): Float32Array {
  const values = [0, 1];
  for (let i = 0; i < 7; i++) {
    const decade = fround(10 ** (i - 6));
    const edges = evenSteps(fround(0.1), 1, 2 ** i);
    for (let j = 0; j < 2 ** i; j++) {
      const value = fround(decade * (fround(edges[j] + edges[j + 1]) / 2));
      values.push(value, -value);
    }
  }
  return Float32Array.from(values).sort();
}

/** parts + 1 numbers from `first` to `last`, counted up from the first in the lower half and down from the last in the upper. */
function evenSteps(first: number, last: number, parts: number): Float32Array {
  const size = fround(fround(last - first) / parts);
  return Float32Array.from({ length: parts + 1 }, (_, i) =>
    i < (parts + 1) / 2 ? first + size * i : last - size * (parts - i),
  );
}

const dynamicSteps = 65_536;
let dynamicCodes: Uint8Array | undefined;

/** The code of x ∈ [−1, 1], by way of the nearest of 65,536 even steps. */
function dynamicCode(x: number): number {
  dynamicCodes ??= makeDynamicCodes();
  const clamped = x < -1 ? -1 : x > 1 ? 1 : x;
  const position = fround(fround(fround(clamped + 1) / 2) * (dynamicSteps - 1));
  return dynamicCodes[Math.floor(fround(position + 0.5))];
}

function makeDynamicCodes(): Uint8Array {
  const midpoints = Float32Array.from({ length: 255 }, (_, i) => fround(dynamicMap[i] + dynamicMap[i + 1]) / 2);
  const codes = new Uint8Array(dynamicSteps);
  for (let i = 0, code = 0; i < dynamicSteps; i++) {
    const value = fround(-1 + fround((2 * i) / (dynamicSteps - 1)));
    while (code < 255 && midpoints[code] < value) code++;
    codes[i] = code;
  }
  return codes;
}
