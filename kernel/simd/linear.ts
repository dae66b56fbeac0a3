/** The hot loop of linear quantization: codes of every group of a matrix on a uniform grid, with their squared error.
 *
 *  For each group: its range [min, max] → scale s and zero point z (given by the caller's rule) → q = clamp(round(w / s) + z), rounded half
 *  to even; w′ = s·(q − z). Every operation is rounded to float32. A group with s = 0 gets q = z.
 *  Squared error of a group: (w′ − w)² in float32, weight i of the group in lane i mod 4, lanes summed as (0 + 2) + (1 + 3) every 128
 *  weights, those sums added in float64. Relative error of the sum below 34·2⁻²⁴.
 *
 *  `quantizeGroups` runs WebAssembly SIMD, `quantizeGroupsPlainly` is the readable reference; their results have equal bits. */
import { instantiate, pageBytes } from "./module";

export interface GroupedMatrix {
  /** (rows, columns) f32, row-major. Finite. */
  readonly weights: Float32Array;
  readonly rows: number;
  readonly columns: number;
  /** Weights in a group, along the row; the last group of a row is shorter when this does not divide `columns`. */
  readonly group: number;
}

export interface Grid {
  /** Smallest and largest code: [0, 255] or [−128, 127] at most; negative codes make the result an Int8Array. */
  readonly minimum: number;
  readonly maximum: number;
  /** Scale (a float32 number, not negative) and zero point (a whole number in [minimum, maximum]) of a group with that range (never −0), put into
   *  `scales[index]` and `zeros[index]`. */
  readonly setScale: (min: number, max: number, scales: Float32Array, zeros: Int32Array, index: number) => void;
}

export interface GroupCodes {
  /** (rows, columns). */
  readonly codes: Uint8Array | Int8Array;
  /** (rows, ⌈columns / group⌉). */
  readonly scales: Float32Array;
  readonly zeros: Int32Array;
  /** Σ(w′ − w)² of each group. Infinite where a square passes the range of float32. */
  readonly squaredErrors: Float64Array;
}

const magic = 12582912;
const piece = 128;

/** Groups in all. */
function countGroups({ rows, columns, group }: GroupedMatrix): number {
  return rows * Math.ceil(columns / group);
}

function emptyCodes(matrix: GroupedMatrix, grid: Grid): GroupCodes {
  const groups = countGroups(matrix);
  const length = matrix.weights.length;
  return {
    codes: grid.minimum < 0 ? new Int8Array(length) : new Uint8Array(length),
    scales: new Float32Array(groups),
    zeros: new Int32Array(groups),
    squaredErrors: new Float64Array(groups),
  };
}

/** The reference: plain TypeScript. */
export function quantizeGroupsPlainly(matrix: GroupedMatrix, grid: Grid): GroupCodes {
  const { weights, rows, columns, group } = matrix;
  const result = emptyCodes(matrix, grid);
  const { codes, scales, zeros, squaredErrors } = result;
  const { fround } = Math;
  const sums = new Float32Array(4);
  let index = 0;
  for (let row = 0; row < rows; row++) {
    for (let start = row * columns; start < (row + 1) * columns; start += group, index++) {
      const end = Math.min(start + group, (row + 1) * columns);
      let min = Infinity;
      let max = -Infinity;
      for (let i = start; i < end; i++) {
        if (weights[i] < min) min = weights[i];
        if (weights[i] > max) max = weights[i];
      }
      grid.setScale(min + 0, max + 0, scales, zeros, index);
      const scale = scales[index];
      const zero = zeros[index];
      const divisor = scale === 0 ? 1 : scale;
      const lowest = grid.minimum - zero;
      const highest = grid.maximum - zero;
      for (let i = start; i < end;) {
        const pieceEnd = Math.min(i + piece, end);
        sums.fill(0);
        for (; i < pieceEnd; i++) {
          const x = Math.min(highest, Math.max(lowest, fround(weights[i] / divisor)));
          const q = fround(fround(x + magic) - magic);
          codes[i] = q + zero;
          const d = fround(fround(scale * q) - weights[i]);
          sums[(i - start) & 3] += fround(d * d);
        }
        squaredErrors[index] += fround(fround(sums[0] + sums[2]) + fround(sums[1] + sums[3]));
      }
    }
  }
  return result;
}

interface LinearFunctions {
  ranges(weights: number, rows: number, columns: number, group: number, out: number): void;
  quantize(
    weights: number,
    rows: number,
    columns: number,
    group: number,
    scales: number,
    zeros: number,
    minimum: number,
    maximum: number,
    codes: number,
    errors: number,
  ): void;
}

/** Weights that are in the module's memory at a time: 64 KiB, which stay in a core's own cache between the two passes. */
const blockWeights = 16_384;

interface Loaded {
  readonly functions: LinearFunctions;
  readonly weights: Float32Array;
  readonly ranges: Float32Array;
  readonly scales: Float32Array;
  readonly zeros: Int32Array;
  readonly codes: Uint8Array;
  readonly signedCodes: Int8Array;
  readonly errors: Float64Array;
}

let loaded: Loaded | undefined;

/** This thread's instance of the module, made when first used. A block may hold as many groups as weights. */
function load(): Loaded {
  if (loaded) return loaded;
  const bytesPerWeight = 4 + 8 + 4 + 4 + 1 + 8;
  const { functions, buffer } = instantiate<LinearFunctions>("linear", blockWeights * bytesPerWeight);
  let offset = pageBytes;
  const take = (bytesEach: number): number => {
    const at = offset;
    offset += blockWeights * bytesEach;
    return at;
  };
  const codes = new Uint8Array(buffer, take(1), blockWeights);
  return (loaded = {
    functions,
    weights: new Float32Array(buffer, take(4), blockWeights),
    ranges: new Float32Array(buffer, take(8), 2 * blockWeights),
    scales: new Float32Array(buffer, take(4), blockWeights),
    zeros: new Int32Array(buffer, take(4), blockWeights),
    codes,
    signedCodes: new Int8Array(buffer, codes.byteOffset, blockWeights),
    errors: new Float64Array(buffer, take(8), blockWeights),
  });
}

/** The same by SIMD. */
export function quantizeGroups(matrix: GroupedMatrix, grid: Grid): GroupCodes {
  const { columns } = matrix;
  const group = Math.min(matrix.group, columns);
  const result = emptyCodes(matrix, grid);
  if (group > blockWeights) quantizeLongGroups({ ...matrix, group }, grid, result);
  else if (columns > blockWeights) {
    // Parts of a row, each of whole groups.
    const groupsInRow = Math.ceil(columns / group);
    const partColumns = group * Math.floor(blockWeights / group);
    for (let row = 0; row < matrix.rows; row++)
      for (let column = 0; column < columns; column += partColumns)
        quantizeBlock(
          matrix.weights,
          row * columns + column,
          { rows: 1, columns: Math.min(partColumns, columns - column), group },
          grid,
          result,
          row * groupsInRow + column / group,
        );
  } else if (columns > 0) {
    // Whole rows; rows that the groups divide are one long row of groups.
    const seamless = columns % group === 0;
    const blockRows = Math.floor(blockWeights / columns);
    const groupsInRow = Math.ceil(columns / group);
    for (let row = 0; row < matrix.rows; row += blockRows) {
      const rows = Math.min(blockRows, matrix.rows - row);
      const shape = seamless ? { rows: 1, columns: rows * columns, group } : { rows, columns, group };
      quantizeBlock(matrix.weights, row * columns, shape, grid, result, row * groupsInRow);
    }
  }
  return result;
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
  grid: Grid,
  result: GroupCodes,
  firstGroup: number,
): void {
  const module_ = load();
  const length = shape.rows * shape.columns;
  const groups = shape.rows * Math.ceil(shape.columns / shape.group);
  module_.weights.set(weights.subarray(start, start + length));
  module_.functions.ranges(
    module_.weights.byteOffset,
    shape.rows,
    shape.columns,
    shape.group,
    module_.ranges.byteOffset,
  );
  const { ranges, scales, zeros } = module_;
  for (let g = 0; g < groups; g++) grid.setScale(ranges[2 * g] + 0, ranges[2 * g + 1] + 0, scales, zeros, g);
  module_.errors.fill(0, 0, groups);
  runQuantize(module_, shape, grid);
  result.codes.set((grid.minimum < 0 ? module_.signedCodes : module_.codes).subarray(0, length), start);
  result.scales.set(scales.subarray(0, groups), firstGroup);
  result.zeros.set(zeros.subarray(0, groups), firstGroup);
  result.squaredErrors.set(module_.errors.subarray(0, groups), firstGroup);
}

function runQuantize(module_: Loaded, { rows, columns, group }: BlockShape, grid: Grid): void {
  module_.functions.quantize(
    module_.weights.byteOffset,
    rows,
    columns,
    group,
    module_.scales.byteOffset,
    module_.zeros.byteOffset,
    grid.minimum,
    grid.maximum,
    module_.codes.byteOffset,
    module_.errors.byteOffset,
  );
}

/** Groups longer than a block (a row or a tensor with one scale): one pass over the parts for the range, another for the codes. */
function quantizeLongGroups(matrix: GroupedMatrix, grid: Grid, result: GroupCodes): void {
  const { weights, rows, columns, group } = matrix;
  const module_ = load();
  let index = 0;
  for (let row = 0; row < rows; row++) {
    for (let start = row * columns; start < (row + 1) * columns; start += group, index++) {
      const end = Math.min(start + group, (row + 1) * columns);
      const eachPart = (work: (shape: BlockShape, at: number) => void): void => {
        for (let at = start; at < end; at += blockWeights) {
          const length = Math.min(blockWeights, end - at);
          module_.weights.set(weights.subarray(at, at + length));
          work({ rows: 1, columns: length, group: length }, at);
        }
      };
      let min = Infinity;
      let max = -Infinity;
      eachPart(({ columns: length }) => {
        module_.functions.ranges(module_.weights.byteOffset, 1, length, length, module_.ranges.byteOffset);
        if (module_.ranges[0] < min) min = module_.ranges[0];
        if (module_.ranges[1] > max) max = module_.ranges[1];
      });
      grid.setScale(min + 0, max + 0, result.scales, result.zeros, index);
      module_.scales[0] = result.scales[index];
      module_.zeros[0] = result.zeros[index];
      module_.errors[0] = 0;
      eachPart((shape, at) => {
        runQuantize(module_, shape, grid);
        result.codes.set((grid.minimum < 0 ? module_.signedCodes : module_.codes).subarray(0, shape.columns), at);
      });
      result.squaredErrors[index] = module_.errors[0];
    }
  }
}
