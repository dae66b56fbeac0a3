/** The form in which a compressed tensor is kept: what a file would hold, and nothing else. `restoreValues`
 *  (restored-weights.ts) gives w′ back from it, `storedBytes` (stored-size.ts) counts it. */
import type { IndexStorage } from "../prune/sparse/storage";
import type { Table } from "../quantize/quantizer";
import type { DType } from "../tensor/dtype";
import type { Axes } from "../tensor/role";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import type { PackedCodes, Sized } from "./packed-codes";

export type { Sized };

/** A compressed tensor as it is kept. `Place` is where a large array may be instead of in memory, while a layer is on its way to a file
 *  (bytes/spill-file.ts); unless told, nowhere. */
export interface StoredTensor<Place extends Sized = never> {
  readonly name: string;
  /** The tensor's own dimensions. */
  readonly shape: Shape;
  /** Which way the tensor lies, where methods saw it in another order or as a stack (tensor/layout.ts): mask and content follow theirs. Absent:
   *  all is in the tensor's own order. Which way a weight of a model lies is known of its layer, and no part of its stored bytes. */
  readonly axes?: Axes;
  /** One bit for each weight, 0 where w′ is zero by pruning. In memory always a bitmask; `index` says what a file would hold. */
  readonly mask?: Uint8Array | undefined;
  readonly index?: IndexStorage;
  /** True where the content holds only the weights that the mask keeps. */
  readonly sparse?: boolean;
  readonly content: StoredValues<Place> | StoredCodes<Place> | StoredFactors<Place> | StoredBytes<Place>;
}

/** What a lossless coder made, its tables and headers included. */
export interface Coded<Place extends Sized = never> {
  readonly coder: Step;
  readonly bytes: Uint8Array | Place;
}

/** The bytes of the tensor itself, coded without loss. */
export interface StoredBytes<Place extends Sized = never> {
  readonly kind: "bytes";
  readonly dtype: DType;
  readonly bytes: Coded<Place>;
}

/** The weights themselves, as floats. */
export interface StoredValues<Place extends Sized = never> {
  readonly kind: "values";
  readonly values: Float32Array | Place | Coded<Place>;
  readonly bitsPerValue: number;
}

/** The codes of a quantizer, and its tables. */
export interface StoredCodes<Place extends Sized = never> {
  readonly kind: "codes";
  readonly quantizer: Step;
  readonly codes: PackedCodes<Place> | Coded<Place>;
  readonly tables: readonly Table[];
  /** Matrices of a stack that were quantized each on its own, codes and tables one behind the other; absent: 1. */
  readonly matrices?: number;
}

/** Two thin matrices, the left (rows, rank) before the right (rank, columns), row-major little-endian floats; of a stack one pair behind the
 *  other. */
export interface StoredFactors<Place extends Sized = never> {
  readonly kind: "factors";
  /** Of a stack the largest. */
  readonly rank: number;
  /** Of a stack, one for each matrix. */
  readonly ranks?: readonly number[];
  readonly bitsPerValue: number;
  readonly bytes: Uint8Array | Coded<Place>;
}
