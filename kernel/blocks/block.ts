/** Block formats: a row of weights is cut into blocks of equal length, and a block holds the codes of its weights with the scales
 *  that they share, in a fixed number of bytes. A codec writes and reads one block; the loops over rows are in index.ts. */

/** Blocks that weights can be quantized to. */
export const writtenBlocks = [
  "Q4_0",
  "Q4_1",
  "Q5_0",
  "Q5_1",
  "Q8_0",
  "Q2_K",
  "Q3_K",
  "Q4_K",
  "Q5_K",
  "Q6_K",
  "IQ4_NL",
  "IQ4_XS",
  "TQ1_0",
  "TQ2_0",
  "MXFP4",
  "NVFP4",
] as const;
export type WrittenBlock = (typeof writtenBlocks)[number];

/** All blocks whose values can be read: those, and the types whose codes point into large tables. */
export type BlockName = WrittenBlock | "IQ1_S" | "IQ1_M" | "IQ2_XXS" | "IQ2_XS" | "IQ2_S" | "IQ3_XXS" | "IQ3_S";

/** Bytes of a block that are not codes: a scale, packed scales, a minimum. `at` counts from the start of the block. */
export interface Field {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
}

/** How the codes of one block lie in its bytes. `pack` wants the bytes to be zero. */
export interface Packing {
  /** Bytes that the codes take. */
  readonly bytes: number;
  /** Code i of the block, 0 ≤ code < 2^ceil(bits), to and from the bytes of the block that begins at `at`. */
  pack(codes: Uint8Array, bytes: Uint8Array, at: number): void;
  unpack(bytes: Uint8Array, at: number, codes: Uint8Array): void;
}

/** How much each weight of the row counts in the error that the search for scales minimizes. */
export interface RowImportance {
  /** One number for each column. */
  readonly values: Float32Array;
  /** The block's first column. */
  column: number;
  /** Mean of w² over the row, as float32 sums give it. */
  meanSquare: number;
}

export interface BlockCodec {
  /** ggml's name: "Q4_K". */
  readonly name: BlockName;
  /** ggml's number of the type in a GGUF file. */
  readonly id: number;
  /** Weights of a block. */
  readonly weights: number;
  /** Bytes of a block, from the layout. */
  readonly bytes: number;
  /** Bits of a code: 8·(bytes of codes)/weights; 1.625 in TQ1_0, where five ternary digits share a byte. */
  readonly codeBits: number;
  /** Codes are bytes of two's complement (Q8_0). */
  readonly signed?: boolean;
  readonly fields: readonly Field[];
  readonly packing: Packing;
  /** Finds the scales of the weights x[from …] and writes them to the block's fields, and the codes to `codes`. Types that take no
   *  importance ignore it. Absent where blocks are read only. */
  encode?(
    x: Float32Array,
    from: number,
    bytes: Uint8Array,
    at: number,
    codes: Uint8Array,
    importance: RowImportance | undefined,
  ): void;
  /** Whether `encode` weighs the error by importance. */
  readonly takesImportance?: boolean;
  /** The numbers that its search walks, list by list: what the SIMD twin is given. */
  lists?(weighed: boolean): readonly (Float32Array | Uint32Array)[];
  /** The values of the block with the given codes, to values[to …]. */
  decode(bytes: Uint8Array, at: number, codes: Uint8Array, values: Float32Array, to: number): void;
}

/** The parts of a block in order, of which one, called "codes", holds the codes. */
export function layoutOf(
  weights: number,
  parts: readonly (readonly [name: string, bytes: number])[],
): { weights: number; bytes: number; codeBits: number; fields: readonly Field[] } {
  let bytes = 0;
  let codeBytes = 0;
  const fields: Field[] = [];
  for (const [name, size] of parts) {
    if (name.startsWith("codes")) codeBytes += size;
    else fields.push({ name, at: bytes, bytes: size });
    bytes += size;
  }
  return { weights, bytes, codeBits: (8 * codeBytes) / weights, fields };
}

/** Where some bits of code i lie: byte of the block and the bit to begin at. */
type Place = (i: number) => readonly [byte: number, shift: number];

/** Codes whose lower `lowBits` bits lie in one place and whose upper `highBits`, if any, in another. */
export function bitPacking(
  weights: number,
  low: { readonly bits: number; readonly place: Place },
  high?: { readonly bits: number; readonly place: Place },
): Packing {
  const lowBytes = Uint16Array.from({ length: weights }, (_, i) => low.place(i)[0]);
  const lowShifts = Uint8Array.from({ length: weights }, (_, i) => low.place(i)[1]);
  const lowMask = 2 ** low.bits - 1;
  const lowBits = low.bits;
  const bytes = (weights * (low.bits + (high?.bits ?? 0))) / 8;
  if (!high)
    return {
      bytes,
      pack: (codes, bytes, at) => {
        for (let i = 0; i < weights; i++) bytes[at + lowBytes[i]] |= codes[i] << lowShifts[i];
      },
      unpack: (bytes, at, codes) => {
        for (let i = 0; i < weights; i++) codes[i] = (bytes[at + lowBytes[i]] >> lowShifts[i]) & lowMask;
      },
    };
  const highBytes = Uint16Array.from({ length: weights }, (_, i) => high.place(i)[0]);
  const highShifts = Uint8Array.from({ length: weights }, (_, i) => high.place(i)[1]);
  const highMask = 2 ** high.bits - 1;
  return {
    bytes,
    pack: (codes, bytes, at) => {
      for (let i = 0; i < weights; i++) {
        bytes[at + lowBytes[i]] |= (codes[i] & lowMask) << lowShifts[i];
        bytes[at + highBytes[i]] |= (codes[i] >> lowBits) << highShifts[i];
      }
    },
    unpack: (bytes, at, codes) => {
      for (let i = 0; i < weights; i++) {
        const upper = (bytes[at + highBytes[i]] >> highShifts[i]) & highMask;
        codes[i] = ((bytes[at + lowBytes[i]] >> lowShifts[i]) & lowMask) | (upper << lowBits);
      }
    },
  };
}

/** Nibbles in runs of 2·`half` codes, each in `half` bytes from `at` on: code j of a run in the low nibble of byte j, code j + half in
 *  its high one. */
export function nibblePlace(at: number, half: number): Place {
  return (i) => {
    const run = Math.floor(i / (2 * half));
    const j = i % (2 * half);
    return [at + run * half + (j % half), j < half ? 0 : 4];
  };
}

/** Two bits each in runs of 128 codes, each in 32 bytes from `at` on: code j of a run in bits 2·⌊j/32⌋ of byte j mod 32. */
export function crumbPlace(at: number): Place {
  return (i) => [at + 32 * (i >> 7) + (i & 31), 2 * ((i >> 5) & 3)];
}
