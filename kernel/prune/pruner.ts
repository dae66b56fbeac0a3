import { loops } from "../loops/loops";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import type { IndexStorage } from "./sparse/storage";

/** What a pruning method decided for one tensor: which weights stay. Plain data that passes between threads. */
export interface Pruned {
  /** The step that pruned it. */
  readonly step: Step;
  /** Dimensions as the method saw them, outermost first: (out, in, …); of a stack all its rows, (stacked · out, in, …). */
  readonly shape: Shape;
  /** One byte per weight, row-major: 1 stays, 0 becomes zero. */
  readonly mask: Uint8Array;
  /** Number of ones in `mask`. */
  readonly kept: number;
  /** The cheapest way to store where the kept weights stand. */
  readonly storage: IndexStorage;
  /** w′ (row-major, in `shape`) where the method changes weights that stay; without it w′ is w under the mask. */
  readonly values?: Float32Array;
  /** What is stored instead of w′ (method `lowRank`). */
  readonly factors?: Factors;
  /** The same of a stack, matrix by matrix. */
  readonly stackedFactors?: readonly Factors[];
  /** Output nodes that lost every weight by choice of the method, ascending: what `removeNodes` takes. */
  readonly nodes?: readonly number[];
}

/** W as a product of two thin matrices: left (rows, rank) · right (rank, columns). */
export interface Factors {
  /** (rows, rank), row-major. */
  readonly left: Float32Array;
  /** (rank, columns), row-major. */
  readonly right: Float32Array;
  /** Rows of W. */
  readonly rows: number;
  /** Columns of W. */
  readonly columns: number;
  /** Columns of `left`, rows of `right`. */
  readonly rank: number;
  /** 16 or 32; the values of `left` and `right` are numbers of that type. */
  readonly bitsPerValue: number;
}

/** A pruning method. Pure, synchronous, and never changes its input. `name` is the layer's, for errors. It is given weights in method order,
 *  outputs along the first axis and inputs behind it, and one matrix of a stack at a time (tensor/layout.ts, stack/matrices.ts). */
export interface Pruner<S extends Step = Step> {
  /** The name of the method. */
  readonly kind: S["kind"];
  /** Which weights of a tensor stay; `NonFiniteError` for a NaN or an infinity where magnitudes decide. */
  prune(weights: Float32Array, shape: Shape, step: S, name?: string): Pruned;
  /** The share of weights that the step aims at for a tensor of that shape, 0–1. */
  target(shape: Shape, step: S): number;
  /** "magnitude 50 % global". */
  label(step: S): string;
  /** Of a method that takes memory besides weights, w′ and the mask: about how many bytes. */
  memory?(step: S, shape: Shape): number;
  /** Of a method that can prune several layers by one threshold. */
  readonly shared?: SharedThreshold<S>;
  /** Of a method that can prune a matrix a few rows at a time. */
  readonly pieces?: PrunedPieces<S>;
  /** Of a method that can also take parts out of a network, as a structural one does: whether this step does. */
  isStructural?(step: S): boolean;
}

/** How a matrix is pruned in pieces of whole rows, which together lose what the matrix would lose at once. */
export interface PrunedPieces<S extends Step> {
  /** A piece has a multiple of so many rows, but for the last; `undefined` where the step has to see the whole matrix. */
  rows(step: S, shape: Shape): number | undefined;
  /** Who decides for a matrix of that shape. */
  begin(step: S, shape: Shape): PieceMasks;
  /** How the places of the weights that are left of a matrix are told, of which there are `kept`. */
  storage(step: S, shape: Shape, kept: number): IndexStorage;
}

/** The masks of the pieces of a matrix. The weights are finite. */
export interface PieceMasks {
  /** Called before the first pass over all pieces and after each: true when they are wanted in order (once more). */
  wantsMore(): boolean;
  /** The next piece, which begins at row `row`. */
  add(piece: Float32Array, row: number): void;
  /** When no more is wanted: which weights of a piece stay, a byte for each. Pieces come in order, as often as the first does. */
  mask(piece: Float32Array, row: number): Uint8Array;
}

/** Where pruning by size stops: every |w| below `value` goes, and `ties` of those that equal it, lowest index first. */
export interface MagnitudeThreshold {
  /** The magnitude |w| at which pruning stops. */
  readonly value: number;
  /** How many of the weights with just that magnitude go, the first in storage order. */
  readonly ties: number;
}

/** A threshold on |w| that all layers of a recipe's entry share, so that a share of all their weights goes (magnitude.ts finds it). */
export interface SharedThreshold<S extends Step> {
  /** The share of the weights of all layers, 0–1; `undefined` for a step by which each layer has a threshold of its own. */
  sparsity(step: S): number | undefined;
  /** Prunes one layer of them. */
  pruneAt(weights: Float32Array, shape: Shape, step: S, threshold: MagnitudeThreshold): Pruned;
  /** The same in pieces. */
  beginAt(threshold: MagnitudeThreshold): PieceMasks;
}

/** A method that changes the shape of a network: it looks at several tensors at once, and `compress()` carries it out. */
export interface StructuralPruner<S extends Step = Step> {
  /** The name of the method. */
  readonly kind: S["kind"];
  /** "heads 25 %". */
  label(step: S): string;
}

/** w′: the weights where the mask is 1, +0 elsewhere. */
export function applyMask(weights: Float32Array, mask: Uint8Array): Float32Array {
  return loops.pruning.apply(weights, mask);
}

/** Bits of both factors of a matrix. */
export function factorBits({ left, right, bitsPerValue }: Factors): number {
  return (left.length + right.length) * bitsPerValue;
}

/** Number of ones in a mask of zeros and ones. */
export function countKept(mask: Uint8Array): number {
  return loops.pruning.count(mask);
}

/** "50 %", "33.3 %". */
export function percent(share: number): string {
  return `${Number((share * 100).toFixed(1))} %`;
}
