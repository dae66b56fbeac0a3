import type { NamedShape } from "../network";
import type { Axes } from "../tensor/role";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import type { CodeArray, CodeType, TableArray } from "../grid/arrays";

export type { CodeArray, TableArray };

/** Numbers that a method keeps beside the codes: scales, zero points, offsets, a codebook. */
export interface Table {
  /** "scale", "zeroPoint", "offset", "codebook", or the method's own word. */
  readonly name: string;
  /** The entries, row-major in `shape`. */
  readonly data: TableArray;
  /** Dimensions: (1), (rows, 1) or (rows, groups per row) for a table by groups. */
  readonly shape: Shape;
  /** Bits that each entry takes in storage (16 for a scale rounded to float16, though `data` holds float32). */
  readonly bitsPerEntry: number;
}

/** What a quantizer made of one tensor: all that is needed to get w′ back, in plain arrays that pass between threads. */
export interface Quantized {
  /** The step that made it. */
  readonly step: Step;
  /** Dimensions as the method saw them, outermost first: (out, in, …); of a stack all its rows, (stacked · out, in, …). */
  readonly shape: Shape;
  /** One code per weight, row-major in `shape`, not packed. */
  readonly codes: CodeArray;
  /** Bits that each code takes when packed. */
  readonly codeBits: number;
  /** In the order in which the method reads them. */
  readonly tables: readonly Table[];
  /** Matrices of a stack that were quantized each on its own, codes and tables one behind the other; absent: 1. */
  readonly matrices?: number;
  /** The class of the codes that are stored, where those in memory are held in fewer bytes; absent: their own. */
  readonly storedType?: CodeType;
  /** The tensor's own shape and axes, where `shape` and the codes follow another order; `dequantize()` gives w′ in the tensor's own. */
  readonly own?: OwnOrder;
}

/** How a tensor itself lies. */
export interface OwnOrder {
  /** Dimensions of the tensor, outermost first. */
  readonly shape: Shape;
  /** Which of them are outputs, inputs, and stacked. */
  readonly axes: Axes;
}

/** A quantization method: `dequantize(quantize(w, shape, step))` is w′ = Q(w). Pure, synchronous, and never changes its input. It is given
 *  weights in method order, outputs along the first axis and inputs behind it, and one matrix at a time of a stack whose rows it does not see
 *  apart (tensor/layout.ts, stack/matrices.ts). */
export interface Quantizer<S extends Step = Step> {
  /** The kind of its steps: "linear". */
  readonly kind: S["kind"];
  /** The value of a code depends on the codes before it: a pruned tensor is quantized as the vector of the weights that are left. */
  readonly isSequential?: boolean;
  /** `name` is the layer's, for errors. */
  quantize(weights: Float32Array, shape: Shape, step: S, name?: string): Quantized;
  /** w′, row-major, as many float32 values as the shape says. */
  dequantize(quantized: Quantized): Float32Array;
  /** "linear 4-bit g128". */
  label(step: S): string;
  /** Of a method that can be told how many bits its coded weights may take. */
  readonly rate?: RateFacet<S>;
  /** Of a method whose steps depend on the tensor: on its name, its shape, and the other tensors of the model. `undefined` for a tensor
   *  that the step leaves as it is. */
  stepsByTensor?(step: S, model: readonly NamedShape[]): (tensor: NamedShape) => S | undefined;
  /** Of a method whose step of one tensor says what no recipe says: throws `OptionError` for such a step, read from a file, that is none. */
  checkOfTensor?(step: S): void;
  /** Of a method whose steps hold something for each matrix of a stack: the step as matrix `at` takes it. */
  stepOfMatrix?(step: S, at: number, matrices: number): S;
  /** Of a method that makes of some rows of a tensor what it makes of them among all. */
  readonly pieces?: PiecesFacet<S>;
  /** Of a method that takes memory besides weights, w′ and codes: about how many bytes. */
  memory?(step: S, shape: Shape): number;
  /** Of a method whose codes are those of a type that files hold. */
  readonly blocks?: BlocksFacet<S>;
}

/** How a method meets a number of bits that counts what the coder behind it makes: by the size of its step, Δ. */
export interface RateFacet<S extends Step> {
  /** The bits per weight that the step is to meet after coding, over all layers; `undefined` for a step that has its size already. */
  targetBits(step: S): number | undefined;
  /** The step with the size Δ > 0 instead of the target. */
  atSize(step: S, size: number): S;
}

/** How a tensor is quantized in pieces, a few rows at a time, as if they were tensors of their own: codes of the pieces one after the other are
 *  those of the tensor, and so are the entries of their tables. */
export interface PiecesFacet<S extends Step> {
  /** A piece has a multiple of so many rows, but for the last; `undefined` where the step has to see the whole tensor. */
  rows(step: S, shape: Shape): number | undefined;
  /** True where the tables are one for the tensor, the same for each piece; they are the pieces' one after the other unless told. */
  sharesTables?(step: S): boolean;
  /** The names of tables that are one for the tensor, where the others are the pieces' one after the other. */
  readonly sharedTables?: readonly string[];
  /** Of a method that has to know something of the whole tensor before it quantizes a piece: who is shown all of it first. */
  survey?(step: S, shape: Shape): PieceSurvey | undefined;
}

/** What passes over the pieces of a tensor find out, and what is made of a piece then. The weights are finite. */
export interface PieceSurvey {
  /** The next piece of whole rows, which begins at row `row`; pieces come in order. */
  add(piece: Float32Array, row: number): void;
  /** Called when all pieces were added: true when they are wanted once more, from the first on. */
  wantsMore(): boolean;
  /** What `quantize` makes of these rows among all others; `shape` is the piece's. */
  quantize(piece: Float32Array, shape: Shape, row: number): Quantized;
}

/** Tensors that a file holds in the very type to which a step quantizes: their blocks are kept, not made again from their values. */
export interface BlocksFacet<S extends Step> {
  /** Whether a tensor of this dtype is what the step makes. */
  isStoredAs(step: S, dtype: string): boolean;
  /** What `quantize` would give, from the bytes of such a tensor. The bytes are not changed. */
  quantizedFrom(bytes: Uint8Array, shape: Shape, step: S): Quantized;
}

/** Bits of everything stored: codes and tables, without any file's header. */
export function storedBits(quantized: Quantized): number {
  return quantized.tables.reduce(
    (bits, table) => bits + table.data.length * table.bitsPerEntry,
    quantized.codes.length * quantized.codeBits,
  );
}
