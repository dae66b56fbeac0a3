import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import type { CodeArray, TableArray } from "../grid/arrays";

export type { CodeArray, TableArray };

/** Numbers that a method keeps beside the codes: scales, zero points, offsets, a codebook. */
export interface Table {
  readonly name: string;
  readonly data: TableArray;
  readonly shape: Shape;
  /** Bits that each entry takes in storage (16 for a scale rounded to float16, though `data` holds float32). */
  readonly bitsPerEntry: number;
}

/** What a quantizer made of one tensor: all that is needed to get w′ back, in plain arrays that pass between threads. */
export interface Quantized {
  readonly step: Step;
  readonly shape: Shape;
  /** One code per weight, row-major, not packed. */
  readonly codes: CodeArray;
  /** Bits that each code takes when packed. */
  readonly codeBits: number;
  readonly tables: readonly Table[];
}

/** A quantization method: `dequantize(quantize(w, shape, step))` is w′ = Q(w). Pure, synchronous, and never changes its input. */
export interface Quantizer<S extends Step = Step> {
  readonly kind: S["kind"];
  /** The value of a code depends on the codes before it: a pruned tensor is quantized as the vector of the weights that are left. */
  readonly isSequential?: boolean;
  /** `name` is the layer's, for errors. */
  quantize(weights: Float32Array, shape: Shape, step: S, name?: string): Quantized;
  dequantize(quantized: Quantized): Float32Array;
  /** "linear 4-bit g128". */
  label(step: S): string;
}

/** Bits of everything stored: codes and tables, without any file's header. */
export function storedBits(quantized: Quantized): number {
  return quantized.tables.reduce(
    (bits, table) => bits + table.data.length * table.bitsPerEntry,
    quantized.codes.length * quantized.codeBits,
  );
}
