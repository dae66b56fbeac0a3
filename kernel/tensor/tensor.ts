import type { FileRange } from "../bytes/file-range";
import type { DType } from "./dtype";
import type { RoleDescription } from "./role";

/** Dimensions in row-major order, outermost first, as numpy and torch give them; a weight matrix is (out, in). */
export type Shape = readonly number[];

/** Options of a read. */
export interface ReadOptions {
  /** Ends the read with its `reason` once aborted; undefined: nothing does. */
  readonly signal?: AbortSignal | undefined;
}

/** A tensor of the file that holds a part of a weight: its codes, its scales, its zero points. */
export interface StoredPart {
  /** The name in the file: "model.layers.0.mlp.up_proj.qweight". */
  readonly name: string;
  /** Dimensions in the file, outermost first. */
  readonly shape: Shape;
  /** The type in the file. */
  readonly dtype: string;
  /** Bytes in the file. */
  readonly sizeBytes: number;
}

/** A named array of a model, not yet read. Reading touches this tensor's bytes only. What it is to its model (`role` and the rest) is told
 *  where the model was opened; a tensor made otherwise is judged by its name and shape. */
export interface Tensor extends Partial<RoleDescription> {
  /** The name in the model: "encoder.layer.0.attention.self.query.weight". */
  readonly name: string;
  /** Dimensions, outermost first: (out, in) of a matrix. */
  readonly shape: Shape;
  /** A `DType`, or the format's own name for a type whose values Codebook cannot read yet. */
  readonly dtype: DType | (string & {});
  /** Number of elements: the product of `shape`, 1 for a scalar. */
  readonly parameters: number;
  /** Bytes as stored. */
  readonly sizeBytes: number;
  /** How a weight is stored that the file keeps as codes: "GPTQ 4-bit g128"; absent for an array of numbers. */
  readonly scheme?: string | undefined;
  /** The tensors of the file that hold it, where it is not one of them itself. */
  readonly stored?: readonly StoredPart[] | undefined;
  /** True where every read gives a new array with a buffer of its own, which the caller may change or move to a thread. */
  readonly readsCopies?: true;
  /** What decides its values beside the bytes of the file and what is told above, for a tensor that can be made of one file in several ways: the
   *  name in the file, settings beside it. Absent: nothing. */
  readonly madeOf?: string | undefined;
  /** Where the stored bytes lie in a local file, for a thread that reads them itself; absent where they do not. */
  fileRange?(): FileRange | undefined;
  /** The values as float32, row-major. Values of types wider than float32 are rounded to nearest, ties to even. */
  read(options?: ReadOptions): Promise<Float32Array>;
  /** The values of positions [from, to) of the outermost dimension, as `read` gives them; absent where only all can be read. */
  readRows?(from: number, to: number, options?: ReadOptions): Promise<Float32Array>;
  /** The stored bytes, untouched. */
  readBytes(options?: ReadOptions): Promise<Uint8Array>;
  /** Bytes [start, end) of the stored ones; absent where only all can be read. */
  readByteRange?(start: number, end: number, options?: ReadOptions): Promise<Uint8Array>;
}

/** Number of elements of a shape: the product of its dimensions, 1 for a scalar. */
export function parametersOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1);
}
