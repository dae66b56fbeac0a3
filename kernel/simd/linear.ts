/** The hot loop of `linear` by WebAssembly SIMD: scales, zero points and codes of every group of a matrix, and their squared error.
 *
 *  Formulas and rounding are those of `quantize/linear.ts` with range "minmax", 2–8 bits; codes, scales and zero points have equal bits.
 *  Squared error of a group: (w′ − w)² in float32, weight i of the group in lane i mod 4, lanes summed as (0 + 2) + (1 + 3) every 128
 *  weights, those sums added in float64: within a relative 34·2⁻²⁴ of the sum of the same squares in float64. */
import { instantiate, pageBytes } from "./module";

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
}

export interface GroupCodes {
  /** (rows, columns); signed when symmetric. */
  readonly codes: Uint8Array | Int8Array;
  /** (rows, ⌈columns / group⌉). */
  readonly scales: Float32Array;
  readonly zeroPoints: Uint8Array;
  /** Σ(w′ − w)² of each group. Infinite where a square passes the range of float32. */
  readonly squaredErrors: Float64Array;
}

interface LinearFunctions {
  ranges(weights: number, rows: number, columns: number, group: number, out: number): void;
  fit(
    ranges: number,
    groups: number,
    bits: number,
    symmetric: number,
    half: number,
    scales: number,
    zeros: number,
  ): number;
  encode(
    weights: number,
    rows: number,
    columns: number,
    group: number,
    bits: number,
    symmetric: number,
    ranges: number,
    scales: number,
    zeros: number,
    codes: number,
    errors: number,
  ): number;
}

/** Weights that are in the module's memory at a time: 64 KiB, which stay in a core's own cache between the two passes. */
const blockWeights = 16_384;

interface Loaded {
  readonly functions: LinearFunctions;
  readonly weights: Float32Array;
  readonly ranges: Float32Array;
  readonly scales: Float32Array;
  readonly zeros: Uint8Array;
  readonly codes: Uint8Array;
  readonly errors: Float64Array;
}

let loaded: Loaded | undefined;

/** This thread's instance of the module, made when first used. A block may hold as many groups as weights. */
function load(): Loaded {
  if (loaded) return loaded;
  const bytesPerWeight = 4 + 8 + 4 + 1 + 1 + 8;
  const { functions, buffer } = instantiate<LinearFunctions>("linear", blockWeights * bytesPerWeight);
  let offset = pageBytes;
  const take = (bytesEach: number): number => {
    const at = offset;
    offset += blockWeights * bytesEach;
    return at;
  };
  return (loaded = {
    functions,
    weights: new Float32Array(buffer, take(4), blockWeights),
    ranges: new Float32Array(buffer, take(8), 2 * blockWeights),
    scales: new Float32Array(buffer, take(4), blockWeights),
    errors: new Float64Array(buffer, take(8), blockWeights),
    zeros: new Uint8Array(buffer, take(1), blockWeights),
    codes: new Uint8Array(buffer, take(1), blockWeights),
  });
}

/** Quantizes all groups, into `room` (a byte for each weight at least) when it is given; `undefined` when a weight is not finite, is beyond 2^126, or needs a scale beyond float16: the plain method then
 *  says what is wrong and where. */
export function quantizeGroups(matrix: GroupedMatrix, grid: UniformGrid, room?: Uint8Array): GroupCodes | undefined {
  const { weights, rows, columns } = matrix;
  const group = Math.min(matrix.group, columns);
  const groupsInRow = columns === 0 ? 0 : Math.ceil(columns / group);
  const codes = room?.subarray(0, weights.length) ?? new Uint8Array(weights.length);
  const result: Results = {
    codes,
    scales: new Float32Array(rows * groupsInRow),
    zeroPoints: new Uint8Array(rows * groupsInRow),
    squaredErrors: new Float64Array(rows * groupsInRow),
  };
  let fits = true;
  if (group > blockWeights) fits = quantizeLongGroups({ ...matrix, group }, grid, result);
  else if (columns > blockWeights) {
    // Parts of a row, each of whole groups.
    const partColumns = group * Math.floor(blockWeights / group);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns && fits; column += partColumns) {
        const shape = { rows: 1, columns: Math.min(partColumns, columns - column), group };
        fits = quantizeBlock(weights, row * columns + column, shape, grid, result, row * groupsInRow + column / group);
      }
  } else if (columns > 0) {
    // Whole rows; rows that the groups divide are one long row of groups.
    const seamless = columns % group === 0;
    const blockRows = Math.floor(blockWeights / columns);
    for (let row = 0; row < rows && fits; row += blockRows) {
      const some = Math.min(blockRows, rows - row);
      const shape = seamless ? { rows: 1, columns: some * columns, group } : { rows: some, columns, group };
      fits = quantizeBlock(weights, row * columns, shape, grid, result, row * groupsInRow);
    }
  }
  if (!fits) return undefined;
  return grid.symmetric ? { ...result, codes: new Int8Array(codes.buffer, codes.byteOffset, codes.length) } : result;
}

interface Results extends GroupCodes {
  readonly codes: Uint8Array;
}

interface BlockShape {
  readonly rows: number;
  readonly columns: number;
  readonly group: number;
}

function quantizeBlock(
  weights: Float32Array,
  start: number,
  shape: BlockShape,
  grid: UniformGrid,
  result: Results,
  firstGroup: number,
): boolean {
  const module_ = load();
  const length = shape.rows * shape.columns;
  const groups = shape.rows * Math.ceil(shape.columns / shape.group);
  copyIn(module_, weights, start, length);
  findRanges(module_, shape);
  if (!fit(module_, groups, grid)) return false;
  module_.errors.fill(0, 0, groups);
  if (!encode(module_, shape, grid)) return false;
  result.codes.set(module_.codes.subarray(0, length), start);
  // One by one: a block has few groups, for which making views takes longer.
  const { scales, zeros, errors } = module_;
  for (let g = 0; g < groups; g++) {
    result.scales[firstGroup + g] = scales[g];
    result.zeroPoints[firstGroup + g] = zeros[g];
    result.squaredErrors[firstGroup + g] = errors[g];
  }
  return true;
}

function copyIn(module_: Loaded, weights: Float32Array, start: number, length: number): void {
  module_.weights.set(weights.subarray(start, start + length));
}

function findRanges({ functions, weights, ranges }: Loaded, { rows, columns, group }: BlockShape): void {
  functions.ranges(weights.byteOffset, rows, columns, group, ranges.byteOffset);
}

function fit({ functions, ranges, scales, zeros }: Loaded, groups: number, grid: UniformGrid): boolean {
  const { bits, symmetric, halfScales } = grid;
  const [from, toScales, toZeros] = [ranges.byteOffset, scales.byteOffset, zeros.byteOffset];
  return functions.fit(from, groups, bits, Number(symmetric), Number(halfScales), toScales, toZeros) !== 0;
}

function encode(module_: Loaded, { rows, columns, group }: BlockShape, { bits, symmetric }: UniformGrid): boolean {
  const valid = module_.functions.encode(
    module_.weights.byteOffset,
    rows,
    columns,
    group,
    bits,
    Number(symmetric),
    module_.ranges.byteOffset,
    module_.scales.byteOffset,
    module_.zeros.byteOffset,
    module_.codes.byteOffset,
    module_.errors.byteOffset,
  );
  return valid !== 0;
}

/** Groups longer than a block (a row or a tensor with one scale): one pass over the parts for the range, another for the codes. */
function quantizeLongGroups(matrix: GroupedMatrix, grid: UniformGrid, result: Results): boolean {
  const { weights, rows, columns, group } = matrix;
  const module_ = load();
  let index = 0;
  for (let row = 0; row < rows; row++) {
    for (let start = row * columns; start < (row + 1) * columns; start += group, index++) {
      const end = Math.min(start + group, (row + 1) * columns);
      const eachPart = (work: (shape: BlockShape, at: number) => void): void => {
        for (let at = start; at < end; at += blockWeights) {
          const length = Math.min(blockWeights, end - at);
          copyIn(module_, weights, at, length);
          work({ rows: 1, columns: length, group: length }, at);
        }
      };
      let min = Infinity;
      let max = -Infinity;
      eachPart((shape) => {
        findRanges(module_, shape);
        if (module_.ranges[0] < min) min = module_.ranges[0];
        if (module_.ranges[1] > max) max = module_.ranges[1];
      });
      module_.ranges[0] = min;
      module_.ranges[1] = max;
      if (!fit(module_, 1, grid)) return false;
      module_.errors[0] = 0;
      // findRanges() is not called again: the range in place stays that of the whole group.
      let valid = true;
      eachPart((shape, at) => {
        valid &&= encode(module_, shape, grid);
        result.codes.set(module_.codes.subarray(0, shape.columns), at);
      });
      if (!valid) return false;
      result.scales[index] = module_.scales[0];
      result.zeroPoints[index] = module_.zeros[0];
      result.squaredErrors[index] = module_.errors[0];
    }
  }
  return true;
}
