/** Quantizers as `compress()` calls them: on SIMD where that gives the same bits, else in plain TypeScript. */
import type { BlockCodec } from "../blocks";
import { checkFinite } from "../measure";
import { quantizerOf } from "../quantize";
import { plainBlocks, dequantizeGgml, quantizeGgml, type BlockMethods, type GgmlStep } from "../quantize/ggml";
import { groupsOf, tableShape } from "../quantize/groups";
import type { LinearStep } from "../quantize/linear";
import type { Quantized, Table } from "../quantize/quantized";
import { scaleBits } from "../quantize/scale";
import {
  automatonOf,
  encodePlain,
  quantizeTrellis,
  segmentLength,
  type TrellisEncoder,
  type TrellisStep,
} from "../quantize/trellis";
import { decodeBlockCodes, encodeBlockCodes } from "../simd/blocks";
import { quantizeGroups } from "../simd/linear";
import { trellisCodes } from "../simd/trellis";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";

type FastQuantize = (weights: Float32Array, shape: Shape, step: Step, name: string) => Quantized | undefined;
type FastDequantize = (quantized: Quantized, values: Float32Array) => Float32Array;

const quantizeBy: Readonly<Record<string, FastQuantize>> = {
  ggml: (weights, shape, step, name) => {
    checkFinite(weights, "ggml", name);
    return quantizeGgml(weights, shape, step as GgmlStep, name, blocksBySimd);
  },
  linear: (weights, shape, step, name) => quantizeLinear(weights, shape, step as LinearStep, name),
  trellis: (weights, shape, step, name) => quantizeTrellis(weights, shape, step as TrellisStep, name, trellisBySimd),
};

const dequantizeBy: Readonly<Record<string, FastDequantize>> = {
  ggml: (quantized, values) => dequantizeGgml(quantized, blocksBySimd, values),
};

/** As the quantizer's own `quantize`, to the bit. */
export function quantizeFast(weights: Float32Array, shape: Shape, step: Step, name: string): Quantized {
  return quantizeBy[step.kind]?.(weights, shape, step, name) ?? quantizerOf(step).quantize(weights, shape, step, name);
}

/** As the quantizer's own `dequantize`, to the bit. */
export function dequantizeFast(quantized: Quantized): Float32Array {
  const fast = dequantizeBy[quantized.step.kind];
  return fast
    ? fast(quantized, new Float32Array(quantized.codes.length))
    : quantizerOf(quantized.step).dequantize(quantized);
}

const blocksBySimd: BlockMethods = {
  encode(codec: BlockCodec, weights, columns, importance) {
    const codes = new Uint8Array(weights.length);
    return (
      encodeBlockCodes(codec, weights, columns, importance, codes) ??
      plainBlocks.encode(codec, weights, columns, importance)
    );
  },
  decode: decodeBlockCodes,
};

/** Four states are too few for the lanes of a vector. */
const trellisBySimd: TrellisEncoder = (weights, step, states) =>
  states < 8
    ? encodePlain(weights, step, states)
    : trellisCodes(weights, step, { ...automatonOf(states), states }, segmentLength);

/** `undefined` where the module does not apply: other ranges than min–max, 1 or 16 bits, a fixed step, weights that the method refuses. */
function quantizeLinear(weights: Float32Array, shape: Shape, step: LinearStep, name: string): Quantized | undefined {
  const { bits, symmetric, scaleDtype } = step;
  if (bits === undefined || bits < 2 || bits > 8 || step.range !== "minmax" || step.step !== undefined)
    return undefined;
  const grouping = groupsOf("linear", shape, weights.length, step);
  if (weights.length === 0) return undefined;
  checkFinite(weights, "linear", name);
  const result = quantizeGroups(
    { weights, rows: grouping.rows, columns: grouping.rowLength, group: grouping.groupLength },
    { bits, symmetric, halfScales: scaleDtype === "F16" },
  );
  if (!result) return undefined;
  const entries = tableShape(grouping, step.per);
  const tables: Table[] = [{ name: "scale", data: result.scales, shape: entries, bitsPerEntry: scaleBits[scaleDtype] }];
  if (!symmetric) tables.push({ name: "zeroPoint", data: result.zeroPoints, shape: entries, bitsPerEntry: bits });
  return { step, shape, codes: result.codes, codeBits: bits, tables };
}
