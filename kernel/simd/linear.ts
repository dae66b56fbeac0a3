/** `linear` by WebAssembly SIMD: scales, zero points and codes of every group of a matrix, and their squared error.
 *
 *  Formulas and rounding are those of `quantize/linear.ts`, for 2–8 bits, or 1 when asymmetric; codes, scales and zero points have equal
 *  bits. No weight may be NaN.
 *
 *  The squared error Σ(w′ − w)² of each group of n weights is a by-product, and is not exact. By the general loop it is summed in float32
 *  over 128 weights at a time, and lies within 34·2^-24 of the exact sum, relatively. By the loop for up to 4 bits and groups of 16 to 512
 *  weights (a multiple of 16 that divides the row) it is s²·Σe², where e is the distance of w/s from its code, cut to 12 binary places, and
 *  lies within n·s²·2^-13 of the exact sum. */
import { LISTS, setGrid, setGroupTables, setRanks } from "./generated/layers";
import { addressOf, inPieces, layerFunctions, memoryViews, type Operand } from "./layer-memory";

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
    fits = quantizeUnits({ weights, codes, unit: group, group }, grid, result, 0);
  } else if (columns > 0 && columns <= pieceWeights)
    fits = quantizeUnits({ weights, codes, unit: columns, group }, grid, result, 0);
  else if (columns > 0) {
    // Each row is whole groups and a short one.
    const whole = columns - (columns % group);
    for (let row = 0; row < rows && fits; row++) {
      const [start, rest, end] = [row * columns, row * columns + whole, (row + 1) * columns];
      const [first, last] = [row * groupsInRow, (row + 1) * groupsInRow - 1];
      const part = (from: number, to: number, unit: number): Units => {
        return { weights: weights.subarray(from, to), codes: codes.subarray(from, to), unit, group };
      };
      fits = quantizeUnits(part(start, rest, group), grid, result, first);
      fits &&= quantizeUnits(part(rest, end, end - rest), grid, result, last);
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

/** Weights in units of `unit`, each a row of groups, and where their codes go. */
interface Units {
  readonly weights: Float32Array;
  readonly codes: Uint8Array;
  readonly unit: number;
  readonly group: number;
}

/** Quantizes units whose first group has the number `firstGroup` in the result; false when a weight or a scale is too large. */
function quantizeUnits(units: Units, grid: UniformGrid, result: Results, firstGroup: number): boolean {
  const { linearRanges, linearFit, linearEncode, linearFixed } = layerFunctions();
  const { weights, codes, unit, group } = units;
  const groupsInUnit = Math.ceil(unit / group);
  const operands: Operand[] = [
    { array: weights, each: unit, use: "in" },
    { array: codes, each: unit, use: "out" },
  ];
  const isPlain = (grid.range ?? "minmax") === "minmax";
  const isFixed = isPlain && grid.bits <= 4 && unit === group && group % 16 === 0 && group <= 512;
  const wanted = result.squaredErrors.length > 0;
  let fits = true;
  placeGrid(grid);
  inPieces(
    weights.length / unit,
    Math.max(1, Math.floor((isFixed && addressOf(weights) !== undefined ? residentWeights : pieceWeights) / unit)),
    [...operands, ...groupOperands(groupsInUnit), ...(isPlain ? [] : [{ each: 4 * unit, use: "scratch" } as const])],
    ([from, to, bounds, scales, zeros, flags, errors, scratch], first, count) => {
      const groups = count * groupsInUnit;
      const at = firstGroup + first * groupsInUnit;
      const { bytes, floats, doubles, view } = memoryViews();
      setGroupTables(view, { bounds, scales, zeros, flags, errors: wanted ? errors : 0 });
      if (isFixed) fits = linearFixed(from, groups, group, to) !== 0;
      else {
        // Whole groups are one row.
        const [rows, columns] = unit === group ? [1, count * unit] : [count, unit];
        linearRanges(from, rows, columns, group, bounds);
        fits = linearFit(groups) !== 0;
        if (fits && !isPlain) {
          fits = fitNarrowed(grid, { from, rows, columns, group }, scratch);
          // Weights lie beyond the range.
          bytes.fill(1, flags, flags + groups);
        }
        if (wanted) doubles.fill(0, errors / 8, errors / 8 + groups);
        if (fits) linearEncode(from, rows, columns, group, to);
      }
      if (!fits) return false;
      result.scales.set(floats.subarray(scales / 4, scales / 4 + groups), at);
      if (!grid.symmetric) result.zeroPoints.set(bytes.subarray(zeros, zeros + groups), at);
      if (wanted) result.squaredErrors.set(doubles.subarray(errors / 8, errors / 8 + groups), at);
      return undefined;
    },
  );
  return fits;
}

function placeGrid({ bits, symmetric, halfScales }: UniformGrid): void {
  setGrid(memoryViews().view, { bits, symmetric, half: halfScales });
}

/** Scales and zero points of narrowed ranges, from those of all weights, on the grid and in the tables that the kernels know; false when
 *  one is beyond float16. `scratch`: the address of (columns) f32. */
function fitNarrowed(
  { range }: UniformGrid,
  { from, rows, columns, group }: { from: number; rows: number; columns: number; group: number },
  scratch: number,
): boolean {
  const { linearFit, leastErrorGrids, percentileRanges } = layerFunctions();
  const groupsInRow = Math.ceil(columns / group);
  if (typeof range !== "object") return true;
  if ("ranksOf" in range) {
    const [full, rest] = [range.ranksOf(group), range.ranksOf(columns % group || group)];
    setRanks(memoryViews().view, { low: full.low, high: full.high, lowRest: rest.low, highRest: rest.high });
    for (let k = 0; k < rows; k++) percentileRanges(from + 4 * k * columns, columns, group, k * groupsInRow, scratch);
    return linearFit(rows * groupsInRow) !== 0;
  }
  const coarse = padded(range.coarse);
  memoryViews().doubles.set([...coarse, ...padded(range.fine)], LISTS / 8);
  for (let k = 0; k < rows; k++)
    if (leastErrorGrids(from + 4 * k * columns, columns, group, k * groupsInRow, coarse.length) === 0) return false;
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
  placeGrid(grid);
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
          const { bytes, floats, doubles, view } = memoryViews();
          setGroupTables(view, { bounds, scales, zeros, flags, errors });
          floats[bounds / 4] = low;
          floats[bounds / 4 + 1] = high;
          doubles[errors / 8] = 0;
          fits = linearFit(1) !== 0;
          if (!fits) return;
          linearEncode(x, 1, count, count, codes);
          result.scales[index] = floats[scales / 4];
          result.zeroPoints[index] = bytes[zeros];
          if (result.squaredErrors.length > 0) result.squaredErrors[index] += doubles[errors / 8];
        },
      );
      if (!fits) return false;
    }
  return true;
}
