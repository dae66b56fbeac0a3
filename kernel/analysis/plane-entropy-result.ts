/** What planeEntropy() gives: plain JSON. */

/** A byte plane, or a field of ggml's blocks. */
export interface Plane {
  /** "exponent", "mantissa 22–15", "mantissa 6–0, sign"; "byte 0" of integers; "d: exponent, mantissa 9–7", "scales", "codes" of blocks. */
  readonly name: string;
  /** Bits of a symbol as it is stored: 8, or those of a code. */
  readonly bits: number;
  /** Number of symbols: bytes of the plane, or codes. */
  readonly symbols: number;
  /** Bits per symbol, 0 to `bits`. */
  readonly entropyBits: number;
  /** symbols·bits / 8: what it takes as it is stored. */
  readonly bytes: number;
  /** symbols·entropyBits / 8. */
  readonly floorBytes: number;
}

/** Where the redundancy of one tensor sits. */
export interface TensorPlanes {
  /** The tensor's name. */
  readonly name: string;
  /** Its type as stored: "BF16", "Q4_K". */
  readonly dtype: string;
  /** Dimensions, outermost first: (out, in) of a matrix. */
  readonly shape: readonly number[];
  /** Number of elements. */
  readonly parameters: number;
  /** Bytes as stored. */
  readonly bytes: number;
  /** Σ symbols·entropyBits / 8 over its planes. */
  readonly floorBytes: number;
  /** The most significant first. */
  readonly planes: readonly Plane[];
  /** The same bits by what they mean: "sign", "exponent", "mantissa" of floats; "d: exponent", "scales", "codes" of ggml's blocks. A mantissa
   *  of more than 10 bits is counted by bytes from the top (F32: bits 22–15, 14–7, 6–0) and their entropies added. */
  readonly fields: readonly Plane[];
}

/** Planes or fields of all tensors of a type together. */
export interface PlaneOfType extends Plane {
  /** The type of the tensors that are taken together. */
  readonly dtype: string;
}

/** What `planeEntropy()` found in a model or file: plain JSON. */
export interface PlaneEntropy {
  /** Version of this form. */
  readonly version: 1;
  /** Tells it from other results. */
  readonly kind: "planeEntropy";
  /** The model's or file's name. */
  readonly name: string;
  /** Bytes of all tensors as stored. */
  readonly bytes: number;
  /** Σ floorBytes over the tensors: no order-0 coder of single symbols takes fewer. */
  readonly floorBytes: number;
  /** Of all tensors of a type together: the mean of their entropies, each symbol counting alike. */
  readonly planes: readonly PlaneOfType[];
  /** The same for sign, exponent and mantissa. */
  readonly fields: readonly PlaneOfType[];
  /** In the model's order. */
  readonly tensors: readonly TensorPlanes[];
}
