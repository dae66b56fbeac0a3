/** `linear` by WebAssembly SIMD: scales, zero points and codes of every group of a matrix, and their squared error.
 *
 *  Formulas and rounding are those of `quantize/linear.ts`, 2–8 bits, or 1 when asymmetric; codes, scales and zero points have equal bits.
 *  Squared error of a group, a by-product: Σ(w′ − w)² with float32 sums of 128 weights, within a relative 34·2^-24; up to 4 bits, in groups
 *  of a multiple of 16 up to 512 that divide the row, s²·Σe² with e the distance of w/s from its code to 12 binary places, which is within
 *  n·s²·2^-13 of it. There must be no NaN among the weights. */
import { addressOf, inPieces, layerFunctions, listsAt, memoryViews, type Operand } from "./layer-memory";

export interface GroupedMatrix {
  /** (rows, columns) f32, row-major. */
  readonly weights: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Weights in a group, along the row; the last group of a row is shorter when this does not divide `columns`. */
  readonly group: number;
}

export interface UniformGrid {
  /** 2–8. */
  readonly bits: number;
  readonly symmetric: boolean;
  /** Scales are rounded upwards to float16 numbers instead of to float32. */
  readonly halfScales: boolean;
  /** "minmax" unless told. */
  readonly range?: GridRange;
}

/** What a grid spans: all weights; those between two ranks, for groups of a length (from 0, of |w| in a symmetric grid, which has no lower
 *  one); or the factor of least squared error, of `coarse` ones and of the best of them times one of `fine`. */
export type GridRange =
  | "minmax"
  | { readonly ranksOf: (length: number) => { readonly low: number; readonly high: number } }
  | { readonly coarse: readonly number[]; readonly fine: readonly number[] };

export interface GroupCodes {
  /** (rows, columns); signed when symmetric. */
  readonly codes: Uint8Array | Int8Array;
  /** (rows, ⌈columns / group⌉). */
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
  /** Σ(w′ − w)² of each group; empty unless asked for. */
  readonly squaredErrors: Float64Array;
}

/** Weights of a piece: 64 KiB, which stay in a core's own cache between the pass for the ranges and the pass for the codes. */
const pieceWeights = 16_384;
/** Of those that lie in the kernels' memory and are not copied, as many as make the cost of a call small. */
const residentWeights = 65_536;

/** Quantizes all groups, into `room` (a byte for each weight at least) when it is given; `undefined` when a weight is beyond 2^126, or needs
 *  a scale beyond float16, of which the plain method says where; and for groups beyond 16,384 weights with another range than "minmax". */
export function quantizeGroups(
  matrix: GroupedMatrix,
  grid: UniformGrid,
  options: { room?: Uint8Array; errors?: boolean } = {},
): GroupCodes | undefined {
  const { weights, rows, columns } = matrix;
  const group = Math.min(matrix.group, columns);
  const groupsInRow = columns === 0 ? 0 : Math.ceil(columns / group);
  const codes = options.room?.subarray(0, weights.length) ?? new Uint8Array(weights.length);
  const result: Results = {
    codes,
    scales: new Float32Array(rows * groupsInRow),
    zeroPoints: new Uint8Array(rows * groupsInRow),
    squaredErrors: new Float64Array(options.errors ? rows * groupsInRow : 0),
  };
  let fits = true;
  const isPlain = (grid.range ?? "minmax") === "minmax";
  if (group > pieceWeights) fits = isPlain && quantizeLongGroups({ ...matrix, group }, grid, result);
  else if (columns > 0 && columns % group === 0) {
    // Rows that the groups divide are one long row of groups.
    fits = quantizeUnits(weights, codes, group, group, grid, result, 0);
  } else if (columns > 0 && columns <= pieceWeights)
    fits = quantizeUnits(weights, codes, columns, group, grid, result, 0);
  else if (columns > 0) {
    // Each row is whole groups and a short one.
    const whole = columns - (columns % group);
    for (let row = 0; row < rows && fits; row++) {
      const [start, rest, end] = [row * columns, row * columns + whole, (row + 1) * columns];
      const [first, last] = [row * groupsInRow, (row + 1) * groupsInRow - 1];
      fits = quantizeUnits(
        weights.subarray(start, rest),
        codes.subarray(start, rest),
        group,
        group,
        grid,
        result,
        first,
      );
      fits &&= quantizeUnits(
        weights.subarray(rest, end),
        codes.subarray(rest, end),
        end - rest,
        group,
        grid,
        result,
        last,
      );
    }
  }
  if (!fits) return undefined;
  return grid.symmetric ? { ...result, codes: new Int8Array(codes.buffer, codes.byteOffset, codes.length) } : result;
}

interface Results extends GroupCodes {
  readonly codes: Uint8Array;
}

/** What the kernels keep of `groups` groups of a unit: ranges, scales, zero points, flags, errors. */
function groupOperands(groups: number): Operand[] {
  return [8, 4, 1, 1, 8].map((bytes) => ({ each: bytes * groups, use: "scratch" }));
}

/** Weights in units of `unit`, each a row of groups. */
function quantizeUnits(
  weights: Float32Array,
  codes: Uint8Array,
  unit: number,
  group: number,
  grid: UniformGrid,
  result: Results,
  firstGroup: number,
): boolean {
  const { linearRanges, linearFit, linearEncode, linearFixed } = layerFunctions();
  const { bits } = grid;
  const [symmetric, half] = [Number(grid.symmetric), Number(grid.halfScales)];
  const groupsInUnit = Math.ceil(unit / group);
  const operands: Operand[] = [
    { array: weights, each: unit, use: "in" },
    { array: codes, each: unit, use: "out" },
  ];
  const isPlain = (grid.range ?? "minmax") === "minmax";
  const isFixed = isPlain && bits <= 4 && unit === group && group % 16 === 0 && group <= 512;
  let fits = true;
  inPieces(
    weights.length / unit,
    Math.max(1, Math.floor((isFixed && addressOf(weights) !== undefined ? residentWeights : pieceWeights) / unit)),
    [...operands, ...groupOperands(groupsInUnit), ...(isPlain ? [] : [{ each: 4 * unit, use: "scratch" } as const])],
    ([from, to, bounds, scales, zeros, flags, errors, scratch], first, count) => {
      const groups = count * groupsInUnit;
      const at = firstGroup + first * groupsInUnit;
      const wanted = result.squaredErrors.length > 0;
      const { bytes, floats, doubles } = memoryViews();
      const toErrors = wanted ? errors : 0;
      if (isFixed) fits = linearFixed(from, groups, group, bits, symmetric, half, scales, zeros, to, toErrors) !== 0;
      else {
        // Whole groups are one row.
        const [rows, columns] = unit === group ? [1, count * unit] : [count, unit];
        linearRanges(from, rows, columns, group, bounds);
        fits = linearFit(bounds, groups, bits, symmetric, half, scales, zeros, flags) !== 0;
        if (fits && !isPlain) {
          fits = fitNarrowed(grid, { from, rows, columns, group }, { bounds, scales, zeros, flags, scratch });
          // Weights lie beyond the range.
          bytes.fill(1, flags, flags + groups);
        }
        if (wanted) doubles.fill(0, errors / 8, errors / 8 + groups);
        if (fits) linearEncode(from, rows, columns, group, bits, symmetric, scales, zeros, flags, to, toErrors);
      }
      if (!fits) return false;
      result.scales.set(floats.subarray(scales / 4, scales / 4 + groups), at);
      if (symmetric === 0) result.zeroPoints.set(bytes.subarray(zeros, zeros + groups), at);
      if (wanted) result.squaredErrors.set(doubles.subarray(errors / 8, errors / 8 + groups), at);
      return undefined;
    },
  );
  return fits;
}

/** Scales and zero points of narrowed ranges, from those of all weights; false when one is beyond float16. */
function fitNarrowed(
  grid: UniformGrid,
  { from, rows, columns, group }: { from: number; rows: number; columns: number; group: number },
  {
    bounds,
    scales,
    zeros,
    flags,
    scratch,
  }: Readonly<Record<"bounds" | "scales" | "zeros" | "flags" | "scratch", number>>,
): boolean {
  const { linearFit, leastErrorGrids, percentileRanges } = layerFunctions();
  const { bits, range } = grid;
  const [symmetric, half] = [Number(grid.symmetric), Number(grid.halfScales)];
  const groupsInRow = Math.ceil(columns / group);
  const row = (k: number) => ({ x: from + 4 * k * columns, g: k * groupsInRow });
  if (typeof range !== "object") return true;
  if ("ranksOf" in range) {
    const [full, rest] = [range.ranksOf(group), range.ranksOf(columns % group || group)];
    for (let k = 0; k < rows; k++) {
      const { x, g } = row(k);
      // prettier-ignore
      percentileRanges(x, columns, group, symmetric, full.low, full.high, rest.low, rest.high, scratch, bounds + 8 * g);
    }
    return linearFit(bounds, rows * groupsInRow, bits, symmetric, half, scales, zeros, flags) !== 0;
  }
  const coarse = padded(range.coarse);
  const [coarseAt, fineAt] = [listsAt, listsAt + 8 * coarse.length];
  memoryViews().doubles.set([...coarse, ...padded(range.fine)], coarseAt / 8);
  for (let k = 0; k < rows; k++) {
    const { x, g } = row(k);
    // prettier-ignore
    const fits = leastErrorGrids(x, columns, group, bits, symmetric, half, bounds + 8 * g, coarseAt, coarse.length, fineAt, scales + 4 * g, zeros + g);
    if (fits === 0) return false;
  }
  return true;
}

/** A multiple of four, the last one repeated. */
function padded(factors: readonly number[]): number[] {
  const missing = (4 - (factors.length % 4)) % 4;
  return [...factors, ...new Array<number>(missing).fill(factors[factors.length - 1])];
}

/** Groups longer than a piece (a row or a tensor with one scale): one pass over the pieces for the range, another for the codes. */
function quantizeLongGroups(matrix: GroupedMatrix, grid: UniformGrid, result: Results): boolean {
  const { linearRanges, linearFit, linearEncode } = layerFunctions();
  const { weights, rows, columns, group } = matrix;
  const { bits } = grid;
  const [symmetric, half] = [Number(grid.symmetric), Number(grid.halfScales)];
  let index = 0;
  for (let row = 0; row < rows; row++)
    for (let start = row * columns; start < (row + 1) * columns; start += group, index++) {
      const end = Math.min(start + group, (row + 1) * columns);
      const from: Operand = { array: weights.subarray(start, end), each: 1, use: "in" };
      let low = Infinity;
      let high = -Infinity;
      inPieces(end - start, pieceWeights, [from, { each: 8, use: "scratch" }], ([x, bounds], _first, count) => {
        linearRanges(x, 1, count, count, bounds);
        const { floats } = memoryViews();
        low = Math.min(low, floats[bounds / 4]);
        high = Math.max(high, floats[bounds / 4 + 1]);
      });
      let fits = true;
      const to: Operand = { array: result.codes.subarray(start, end), each: 1, use: "out" };
      inPieces(
        end - start,
        pieceWeights,
        [from, to, ...groupOperands(1)],
        ([x, codes, bounds, scales, zeros, flags, errors], _first, count) => {
          if (!fits) return;
          const { bytes, floats, doubles } = memoryViews();
          floats[bounds / 4] = low;
          floats[bounds / 4 + 1] = high;
          doubles[errors / 8] = 0;
          fits = linearFit(bounds, 1, bits, symmetric, half, scales, zeros, flags) !== 0;
          if (!fits) return;
          linearEncode(x, 1, count, count, bits, symmetric, scales, zeros, flags, codes, errors);
          result.scales[index] = floats[scales / 4];
          result.zeroPoints[index] = bytes[zeros];
          if (result.squaredErrors.length > 0) result.squaredErrors[index] += doubles[errors / 8];
        },
      );
      if (!fits) return false;
    }
  return true;
}
