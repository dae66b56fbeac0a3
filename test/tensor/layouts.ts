/** Weights that lie otherwise than (out, in), each beside the weight of torch that holds the same numbers; turned by arithmetic on indices, which
 *  shares nothing with kernel/tensor/layout.ts. */
import type { Axes } from "../../kernel/tensor/role";
import { gaussianWeights } from "../blocks/weights";

export interface Lying {
  /** As the tensor has it. */
  readonly shape: readonly number[];
  readonly axes: Axes;
  /** As torch would have it; of a stack one matrix. */
  readonly matrix: readonly number[];
  readonly matrices: number;
  /** The tensor's axes in the order of torch's, the stacked ones first. */
  readonly order: readonly number[];
}

const axes = (output: number[], input: number[], stacked: number[] = []): Axes => ({ output, input, stacked });

/** 48 outputs of 48 inputs and less, so that sizes of a kind never tell which is which. */
export const layouts: Readonly<Record<string, Lying>> = {
  "Conv1D of GPT-2 (in, out)": {
    ...{ shape: [48, 20], axes: axes([1], [0]), matrix: [20, 48], matrices: 1, order: [1, 0] },
  },
  "kernel of Keras (height, width, in, out)": {
    ...{ shape: [3, 2, 16, 10], axes: axes([3], [2]), matrix: [10, 16, 3, 2], matrices: 1, order: [3, 2, 0, 1] },
  },
  "transposed convolution of torch (in, out, height, width)": {
    ...{ shape: [16, 10, 2, 3], axes: axes([1], [0]), matrix: [10, 16, 2, 3], matrices: 1, order: [1, 0, 2, 3] },
  },
  "depthwise kernel of Keras (height, width, channels, each)": {
    ...{ shape: [4, 8, 12, 2], axes: axes([2, 3], []), matrix: [24, 1, 4, 8], matrices: 1, order: [2, 3, 0, 1] },
  },
  "heads apart (in, heads, size)": {
    ...{ shape: [32, 4, 6], axes: axes([1, 2], [0]), matrix: [24, 32], matrices: 1, order: [1, 2, 0] },
  },
  "experts (experts, out, in)": {
    ...{ shape: [3, 12, 32], axes: axes([1], [2], [0]), matrix: [12, 32], matrices: 3, order: [0, 1, 2] },
  },
  "experts (experts, in, out)": {
    ...{ shape: [3, 32, 12], axes: axes([2], [1], [0]), matrix: [12, 32], matrices: 3, order: [0, 2, 1] },
  },
  "experts of two axes (in, a, out, b)": {
    ...{ shape: [32, 2, 12, 2], axes: axes([2], [0], [1, 3]), matrix: [12, 32], matrices: 4, order: [1, 3, 2, 0] },
  },
};

/** Value by value: the entry at index (i₀, i₁, …) of the result is the one whose axis order[k] is iₖ. */
export function turnedByIndex(
  values: Float32Array,
  shape: readonly number[],
  order: readonly number[],
): Float32Array<ArrayBuffer> {
  const sizes = order.map((axis) => shape[axis]);
  return Float32Array.from(values, (_, at) => {
    const index = new Array<number>(shape.length).fill(0);
    let rest = at;
    for (let k = sizes.length - 1; k >= 0; k--) {
      index[order[k]] = rest % sizes[k];
      rest = Math.floor(rest / sizes[k]);
    }
    return values[shape.reduce((place, size, axis) => place * size + index[axis], 0)];
  });
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** The values in method order: matrices of torch, one behind the other. The first matrix of a stack is large, each next one a tenth of it. */
export function torchValues({ matrix, matrices }: Lying, seed = 3): Float32Array<ArrayBuffer> {
  const size = sizeOf(matrix);
  return Float32Array.from(
    gaussianWeights(matrices * size, seed),
    (weight, at) => weight * 10 ** -Math.floor(at / size),
  );
}

/** The same in the tensor's own order. */
export function ownValues(lying: Lying, values: Float32Array): Float32Array<ArrayBuffer> {
  const { shape, order } = lying;
  const inverse = order.map((_, axis) => order.indexOf(axis));
  return turnedByIndex(
    values,
    order.map((axis) => shape[axis]),
    inverse,
  );
}

/** The bytes of values as text, by which arrays are compared at once. */
export function bytesOf(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");
}
