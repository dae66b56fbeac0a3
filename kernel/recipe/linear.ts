/** Quantizers as `compress()` calls them: `linear` and `trellis` run on SIMD where that gives the same bits, all else in plain
 *  TypeScript. */
import { quantizerOf } from "../quantize";
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
import { quantizeGroups } from "../simd/linear";
import { trellisCodes } from "../simd/trellis";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";

export function quantizeFast(weights: Float32Array, shape: Shape, step: Step, name: string): Quantized {
  if (step.kind === "trellis") return quantizeTrellis(weights, shape, step as TrellisStep, name, encodeBySimd);
  const fast = step.kind === "linear" ? quantizeLinearBySimd(weights, shape, step as LinearStep) : undefined;
  return fast ?? quantizerOf(step).quantize(weights, shape, step, name);
}

/** Four states are too few for the lanes of a vector. */
const encodeBySimd: TrellisEncoder = (weights, step, states) =>
  states < 8
    ? encodePlain(weights, step, states)
    : trellisCodes(weights, step, { ...automatonOf(states), states }, segmentLength);

/** `undefined` where the module does not apply: other ranges than min–max, 1 or 16 bits, a fixed step, weights that the method refuses. */
function quantizeLinearBySimd(weights: Float32Array, shape: Shape, step: LinearStep): Quantized | undefined {
  const { bits, symmetric, scaleDtype } = step;
  if (bits === undefined || bits < 2 || bits > 8 || step.range !== "minmax" || step.step !== undefined)
    return undefined;
  const grouping = groupsOf("linear", shape, weights.length, step);
  if (weights.length === 0) return undefined;
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
