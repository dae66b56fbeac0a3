/** Uniform grids: scales, zero points and codes of every tile, codes of one step for all, and the values that codes stand for. Formulas and
 *  rounding are those of quantize/linear.ts. */
import { OptionError } from "../errors";
import type { CodeArray } from "../grid/arrays";
import { defaultPercentile, rankOfPercentile, shrinkFactors } from "../grid/range";
import { rint, roundScale } from "../grid/scale";
import { forEachRun, type Tiling } from "../grid/tiles";
import { codeArray, codeOf, fitGrid, type GridOptions } from "../grid/uniform-grid";
import { decodeIntegers, decodeUniform, encodeSteps } from "../simd/codes";
import { arenaBytes, arenaFloats } from "../simd/layer-memory";
import { rangeOfCodes } from "../simd/measures";
import { quantizeGroups, type GridRange } from "../simd/linear";
import { isBytes, ownCodes } from "./own-codes";
import { fitsTiling, tileShapeOf } from "./tiles";

const { fround } = Math;

/** What a uniform grid makes of a matrix. */
export interface UniformCodes {
  readonly codes: CodeArray;
  /** (tiles). */
  readonly scales: Float32Array;
  /** (tiles), or empty when symmetric. */
  readonly zeroPoints: CodeArray;
}

/** Loops of uniform grids, w ≈ scale·(q − zeroPoint). */
export interface UniformLoops {
  /** Codes, scales and zero points of each tile, one row high, for 1–8 or 16 bits. `OptionError`, which `method` begins, for a weight beyond
   *  2^126 and for a scale beyond float16 where it is to be one. */
  encode(weights: Float32Array, tiling: Tiling, grid: GridOptions, method: string): UniformCodes;
  /** rint(w/step), w/step in float32. `OptionError`, which `method` begins, for a weight beyond 2^31 steps. */
  encodeSteps(weights: Float32Array, step: number, method: string): Int32Array;
  /** scale·(q − zeroPoint). */
  decode(codes: CodeArray, tiling: Tiling, scales: Float32Array, zeroPoints: CodeArray | undefined): Float32Array;
}

/** The loops of uniform grids, in plain TypeScript. */
export const plainUniform: UniformLoops = {
  encode(weights, tiling, grid, method) {
    const { bits, symmetric } = grid;
    const codes = codeArray(bits, symmetric, weights.length);
    const scales = new Float32Array(tiling.tiles);
    const zeroPoints = codeArray(bits, false, symmetric ? 0 : tiling.tiles);
    forEachRun(tiling, (tile, start, end) => {
      if (symmetric && bits === 1) {
        scales[tile] = roundScale(meanMagnitude(weights, start, end), grid.scaleDtype, method);
        for (let i = start; i < end; i++) codes[i] = weights[i] >= 0 ? 1 : -1;
        return;
      }
      const fitted = fitGrid(weights, start, end, grid, method);
      scales[tile] = fitted.scale;
      if (!symmetric) zeroPoints[tile] = fitted.zeroPoint;
      for (let i = start; i < end; i++) codes[i] = codeOf(weights[i], fitted);
    });
    return { codes, scales, zeroPoints };
  },
  encodeSteps(weights, step, method) {
    const codes = new Int32Array(weights.length);
    for (let i = 0; i < weights.length; i++) {
      const q = rint(fround(weights[i] / step));
      if (!(q >= -2147483648 && q < 2147483648))
        throw new OptionError(
          `${method}(): weight ${i} is ${weights[i]}, beyond 2^31 steps of ${step}; take a larger step`,
        );
      codes[i] = q;
    }
    return codes;
  },
  decode(codes, tiling, scales, zeroPoints) {
    const values = new Float32Array(codes.length);
    decodePlainly(codes, tiling, scales, zeroPoints, values);
    return values;
  },
};

function meanMagnitude(weights: Float32Array, start: number, end: number): number {
  let sum = 0;
  for (let i = start; i < end; i++) sum += weights[i] < 0 ? -weights[i] : weights[i];
  return end === start ? 0 : sum / (end - start);
}

function decodePlainly(
  codes: CodeArray,
  tiling: Tiling,
  scales: Float32Array,
  zeroPoints: CodeArray | undefined,
  values: Float32Array,
): void {
  forEachRun(tiling, (tile, start, end) => {
    const scale = scales[tile];
    const zeroPoint = zeroPoints ? zeroPoints[tile] : 0;
    for (let i = start; i < end; i++) values[i] = scale * (codes[i] - zeroPoint);
  });
}

/** The same by WebAssembly SIMD, but for 1 symmetric bit and 16 bits, and codes of 16 bits. */
export const fastUniform: UniformLoops = {
  encode(weights, tiling, grid, method) {
    const { bits, symmetric, scaleDtype } = grid;
    const { rows, rowLength, width } = tiling;
    const hasKernel = bits <= 8 && (bits > 1 || !symmetric) && weights.length > 0;
    if (!hasKernel) return plainUniform.encode(weights, tiling, grid, method);
    const found = quantizeGroups(
      { weights, rows, columns: rowLength, group: width },
      { bits, symmetric, halfScales: scaleDtype === "F16", range: kernelRange(grid) },
      { room: arenaBytes(weights.length) },
    );
    // The plain loop takes long groups of narrowed ranges, and says which weight or scale is beyond its limit.
    if (!found) return plainUniform.encode(weights, tiling, grid, method);
    const { codes, scales, zeroPoints } = found;
    return { codes, scales, zeroPoints: symmetric ? new Uint8Array(0) : zeroPoints };
  },
  encodeSteps: (weights, step, method) => encodeSteps(weights, step) ?? plainUniform.encodeSteps(weights, step, method),
  decode(codes, tiling, scales, zeroPoints) {
    const values = arenaFloats(codes.length);
    const own = ownCodes(codes);
    const zeros = zeroPoints && ownCodes(zeroPoints);
    const areBytes =
      fitsTiling(codes, scales, tiling) &&
      (zeroPoints === undefined || zeroPoints.length === tiling.tiles) &&
      isBytes(own) &&
      (zeroPoints === undefined || (isBytes(zeros) && zeros.constructor === own.constructor));
    if (areBytes) return decodeUniform(own, tileShapeOf(tiling), scales, zeros as typeof own | undefined, values);
    if (own instanceof Int32Array && tiling.tiles === 1 && !zeroPoints && isExact(own))
      return decodeIntegers(own, scales[0], values);
    decodePlainly(codes, tiling, scales, zeroPoints, values);
    return values;
  },
};

function kernelRange({ range, percentile, symmetric }: GridOptions): GridRange {
  if (range === "minmax") return "minmax";
  if (range === "mse") return shrinkFactors;
  const share = percentile ?? defaultPercentile;
  const [below, upTo] = symmetric ? [0, share] : [(100 - share) / 2, (100 + share) / 2];
  return { ranksOf: (length) => ({ low: rankOfPercentile(below, length), high: rankOfPercentile(upTo, length) }) };
}

/** Whether float32 holds all codes. */
function isExact(codes: Int32Array): boolean {
  const { low, high } = rangeOfCodes(codes);
  return low >= -0x1000000 && high <= 0x1000000;
}
