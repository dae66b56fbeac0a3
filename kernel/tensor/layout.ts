/** How a weight lies: from the order of its own axes to the one in which every method sees it, and back.
 *
 *    own order      the tensor's: (out, in, height, width) of torch, (in, out) of a Conv1D layer of GPT-2, (height, width, in, out) of Keras
 *    method order   stacked axes, outputs, inputs, positions of a kernel, each kind in the order that the tensor's axes name
 *
 *  A method sees matrices (outputs, inputs, …positions): rows are outputs, what groups, blocks and patterns lie along are inputs. Weights that
 *  are stacked (experts) lie one behind the other, and each is a matrix of its own: what a method does "per tensor" it does per matrix. */
import { OptionError } from "../errors";
import type { Axes } from "./role";
import { parametersOf, type Shape } from "./tensor";

/** A weight as methods see it. */
export interface Layout {
  /** Weight matrices that lie one behind the other; 1 unless the weight is a stack. */
  readonly matrices: number;
  /** Shape of one of them: (outputs, inputs, …positions). The tensor's own shape where that says the same. */
  readonly matrix: Shape;
  /** The tensor's axes in method order; absent where they are in that order. */
  readonly order?: readonly number[];
}

/** The layout of a tensor of that shape. Without `axes`, and of a vector: the tensor itself, outputs along its first axis. Several axes of a
 *  kind count as one, the product of their sizes; no input axis counts as one input. */
export function layoutOf(shape: Shape, axes: Axes | undefined): Layout {
  if (!axes || shape.length < 2) return { matrices: 1, matrix: shape };
  const { stacked, output, input } = axes;
  const named = new Set([...stacked, ...output, ...input]);
  const positions = shape.map((_, axis) => axis).filter((axis) => !named.has(axis));
  const order = [...stacked, ...output, ...input, ...positions];
  const sizeOf = (list: readonly number[]) => parametersOf(list.map((axis) => shape[axis]));
  const matrices = sizeOf(stacked);
  const matrix = [sizeOf(output), sizeOf(input), ...positions.map((axis) => shape[axis])];
  // Axes of one entry may stand anywhere.
  const long = order.filter((axis) => shape[axis] !== 1);
  const isInOrder = long.every((axis, at) => at === 0 || axis > long[at - 1]);
  if (!isInOrder) return { matrices, matrix, order };
  return matrices === 1 && matrix[0] === shape[0] ? { matrices, matrix: shape } : { matrices, matrix };
}

/** True where methods see the tensor as it is. */
export function isOwnLayout(shape: Shape, axes: Axes | undefined): boolean {
  return layoutOf(shape, axes).matrix === shape;
}

/** The shape of all matrices one below the other: (stacked · outputs, inputs, …positions). */
export function rowsShape({ matrices, matrix }: Layout): Shape {
  return matrices === 1 ? matrix : [matrices * matrix[0], ...matrix.slice(1)];
}

/** A shape with its axes in that order, its own without one. */
export function orderedShape(shape: Shape, order: readonly number[] | undefined): Shape {
  return order ? order.map((axis) => shape[axis]) : shape;
}

/** The numbers that `axes` have once they are in that order. */
export function orderedAxes({ output, input, stacked }: Axes, order: readonly number[]): Axes {
  const moved = (list: readonly number[]) => list.map((axis) => order.indexOf(axis));
  return { output: moved(output), input: moved(input), stacked: moved(stacked) };
}

/** The order that undoes another. */
export function inverseOrder(order: readonly number[]): number[] {
  return order.map((_, axis) => order.indexOf(axis));
}

/** Values of a tensor in method order; the very array where they are so already. */
export function toMethodOrder<Values extends Float32Array | Uint8Array>(
  values: Values,
  shape: Shape,
  axes: Axes | undefined,
): Values {
  const { order } = layoutOf(shape, axes);
  return order ? permuted(values, shape, order) : values;
}

/** Values in method order back in the tensor's own, whose shape is `shape`; the very array where both are one. */
export function toOwnOrder<Values extends Float32Array | Uint8Array>(
  values: Values,
  shape: Shape,
  axes: Axes | undefined,
): Values {
  const { order } = layoutOf(shape, axes);
  return order ? permuted(values, orderedShape(shape, order), inverseOrder(order)) : values;
}

/** An axis of a permutation: its size, and how far apart its neighbours are before and after. */
interface Dimension {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Entries of a tile along both of its axes: 32 rows of 32 float32 are in the nearest cache. */
const tile = 32;

/** `values` (row-major, of `shape`) with axis order[i] in place i: a new array. Beside it nothing is held; tiles are read and written whole, so
 *  that neither side jumps through memory. */
export function permuted<Values extends Float32Array | Uint8Array>(
  values: Values,
  shape: Shape,
  order: readonly number[],
): Values {
  const result = values.slice() as Values;
  const dimensions = dimensionsOf(shape, order);
  const fast = dimensions.find(({ from }) => from === 1);
  const last = dimensions.find(({ to }) => to === 1);
  if (values.length === 0 || !fast || !last) return result;
  const others = dimensions.filter((one) => one !== fast && one !== last);
  forEachPlace(others, (from, to) => {
    if (fast === last) result.set(values.subarray(from, from + fast.size), to);
    else copyTurned(values, result, { fast, last, from, to });
  });
  return result;
}

/** The axes as the result has them, those that stay neighbours as one, those of one entry left out. */
function dimensionsOf(shape: Shape, order: readonly number[]): Dimension[] {
  const strides = shape.map((_, axis) => parametersOf(shape.slice(axis + 1)));
  const dimensions: Dimension[] = [];
  let to = 1;
  for (const axis of [...order].reverse()) {
    const size = shape[axis];
    if (size === 1) continue;
    const inner = dimensions.at(-1);
    if (inner && strides[axis] === inner.from * inner.size)
      dimensions[dimensions.length - 1] = { ...inner, size: inner.size * size };
    else dimensions.push({ size, from: strides[axis], to });
    to *= size;
  }
  return dimensions.reverse();
}

/** Calls `visit` with the first place before and after, for each choice of an entry of all `dimensions`. */
function forEachPlace(dimensions: readonly Dimension[], visit: (from: number, to: number) => void): void {
  const step = (depth: number, from: number, to: number): void => {
    if (depth === dimensions.length) {
      visit(from, to);
      return;
    }
    const { size, from: read, to: write } = dimensions[depth];
    for (let i = 0; i < size; i++) step(depth + 1, from + i * read, to + i * write);
  };
  step(0, 0, 0);
}

/** A plane of which the rows before are the columns after, tile by tile. */
function copyTurned(
  values: Float32Array | Uint8Array,
  result: Float32Array | Uint8Array,
  { fast, last, from, to }: { fast: Dimension; last: Dimension; from: number; to: number },
): void {
  for (let top = 0; top < fast.size; top += tile)
    for (let left = 0; left < last.size; left += tile) {
      const bottom = Math.min(top + tile, fast.size);
      const right = Math.min(left + tile, last.size);
      for (let row = top; row < bottom; row++) {
        const write = to + row * fast.to;
        const read = from + row;
        for (let column = left; column < right; column++) result[write + column] = values[read + column * last.from];
      }
    }
}

/** The axes as they are given, checked against a shape: whole numbers from 0 below its length, none twice. `OptionError` names `what`. */
export function checkAxes(what: string, shape: Shape, axes: Axes): Axes {
  const { output, input, stacked } = Object(axes) as Axes;
  const lists = [output, input, stacked];
  const wrong = (problem: string) =>
    new OptionError(`${what}: ${problem}; axes are { output, input, stacked }, lists of axes by number from 0`);
  if (!lists.every((list) => Array.isArray(list))) throw wrong("one of its lists is missing");
  const all = lists.flat();
  const odd = all.find((axis) => !Number.isInteger(axis) || axis < 0 || axis >= shape.length);
  if (odd !== undefined) throw wrong(`there is no axis ${String(odd)} in shape (${shape.join(", ")})`);
  const twice = all.find((axis, at) => all.indexOf(axis) !== at);
  if (twice !== undefined) throw wrong(`axis ${twice} is named twice`);
  return axes;
}
