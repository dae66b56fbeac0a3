/** What planeEntropy() gives: plain JSON. */

/** A byte plane, or a field of ggml's blocks. */
export interface Plane {
  /** "exponent", "mantissa 22–15", "mantissa 6–0, sign"; "byte 0" of integers; "d: exponent, mantissa 9–7", "scales", "codes" of blocks. */
  readonly name: string;
  /** Bits of a symbol as it is stored: 8, or those of a code. */
  readonly bits: number;
  readonly symbols: number;
  /** Bits per symbol, 0 to `bits`. */
  readonly entropyBits: number;
  /** symbols·bits / 8: what it takes as it is stored. */
  readonly bytes: number;
  /** symbols·entropyBits / 8. */
  readonly floorBytes: number;
}

export interface TensorPlanes {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly parameters: number;
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
  readonly dtype: string;
}

export interface PlaneEntropy {
  readonly version: 1;
  readonly kind: "planeEntropy";
  readonly name: string;
  readonly bytes: number;
  readonly floorBytes: number;
  /** Of all tensors of a type together: the mean of their entropies, each symbol counting alike. */
  readonly planes: readonly PlaneOfType[];
  /** The same for sign, exponent and mantissa. */
  readonly fields: readonly PlaneOfType[];
  /** In the model's order. */
  readonly tensors: readonly TensorPlanes[];
}
