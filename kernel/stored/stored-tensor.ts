/** The form in which a compressed tensor is kept: what a file would hold, and nothing else. `restoreValues`
 *  (restored-weights.ts) gives w′ back from it, `storedBytes` (stored-size.ts) counts it. */
import type { IndexStorage } from "../prune/sparse/storage";
import type { Table } from "../quantize/quantizer";
import type { DType } from "../tensor/dtype";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import type { PackedCodes } from "./packed-codes";

/** A compressed tensor as it is kept. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: Shape;
  /** One bit for each weight, 0 where w′ is zero by pruning. In memory always a bitmask; `index` says what a file would hold. */
  readonly mask?: Uint8Array | undefined;
  readonly index?: IndexStorage;
  /** True where the content holds only the weights that the mask keeps. */
  readonly sparse?: boolean;
  readonly content: StoredValues | StoredCodes | StoredFactors | StoredBytes;
}

/** What a lossless coder made, its tables and headers included. */
export interface Coded {
  readonly coder: Step;
  readonly bytes: Uint8Array;
}

/** The bytes of the tensor itself, coded without loss. */
export interface StoredBytes {
  readonly kind: "bytes";
  readonly dtype: DType;
  readonly bytes: Coded;
}

/** The weights themselves, as floats. */
export interface StoredValues {
  readonly kind: "values";
  readonly values: Float32Array | Coded;
  readonly bitsPerValue: number;
}

/** The codes of a quantizer, and its tables. */
export interface StoredCodes {
  readonly kind: "codes";
  readonly quantizer: Step;
  readonly codes: PackedCodes | Coded;
  readonly tables: readonly Table[];
}

/** Two thin matrices, the left (rows, rank) before the right (rank, columns), row-major little-endian floats. */
export interface StoredFactors {
  readonly kind: "factors";
  readonly rank: number;
  readonly bitsPerValue: number;
  readonly bytes: Uint8Array | Coded;
}
