/** Element types, under the names that safetensors and GGUF give them. A plain type stores one number per element; a block
 *  type stores `blockElements` numbers in `blockBytes` bytes, with their scales inside. */
export interface DTypeInfo {
  /** Numbers in a block; 1 for plain types. */
  readonly blockElements: number;
  /** Bytes of a block, its scales included; of a number for plain types. */
  readonly blockBytes: number;
}

const plain = (bytes: number): DTypeInfo => ({ blockElements: 1, blockBytes: bytes });

/** The types by name. Sizes of block types are ggml's. */
export const dtypes = {
  F64: plain(8),
  F32: plain(4),
  F16: plain(2),
  BF16: plain(2),
  F8_E4M3: plain(1),
  F8_E5M2: plain(1),
  F8_E8M0: plain(1),
  /** Two E2M1 numbers in a byte, the first in the low nibble. */
  F4: { blockElements: 2, blockBytes: 1 },
  I64: plain(8),
  I32: plain(4),
  I16: plain(2),
  I8: plain(1),
  U64: plain(8),
  U32: plain(4),
  U16: plain(2),
  U8: plain(1),
  BOOL: plain(1),
  Q4_0: { blockElements: 32, blockBytes: 18 },
  Q4_1: { blockElements: 32, blockBytes: 20 },
  Q5_0: { blockElements: 32, blockBytes: 22 },
  Q5_1: { blockElements: 32, blockBytes: 24 },
  Q8_0: { blockElements: 32, blockBytes: 34 },
  Q2_K: { blockElements: 256, blockBytes: 84 },
  Q3_K: { blockElements: 256, blockBytes: 110 },
  Q4_K: { blockElements: 256, blockBytes: 144 },
  Q5_K: { blockElements: 256, blockBytes: 176 },
  Q6_K: { blockElements: 256, blockBytes: 210 },
  IQ1_S: { blockElements: 256, blockBytes: 50 },
  IQ1_M: { blockElements: 256, blockBytes: 56 },
  IQ2_XXS: { blockElements: 256, blockBytes: 66 },
  IQ2_XS: { blockElements: 256, blockBytes: 74 },
  IQ2_S: { blockElements: 256, blockBytes: 82 },
  IQ3_XXS: { blockElements: 256, blockBytes: 98 },
  IQ3_S: { blockElements: 256, blockBytes: 110 },
  IQ4_NL: { blockElements: 32, blockBytes: 18 },
  IQ4_XS: { blockElements: 256, blockBytes: 136 },
  TQ1_0: { blockElements: 256, blockBytes: 54 },
  TQ2_0: { blockElements: 256, blockBytes: 66 },
  MXFP4: { blockElements: 32, blockBytes: 17 },
  NVFP4: { blockElements: 64, blockBytes: 36 },
} as const satisfies Record<string, DTypeInfo>;

/** The name of an element type. */
export type DType = keyof typeof dtypes;

const integerTypes: ReadonlySet<string> = new Set(["I64", "I32", "I16", "I8", "U64", "U32", "U16", "U8", "BOOL"]);

/** Whether values of that type are whole numbers, or true and false. */
export function isIntegerType(dtype: string): boolean {
  return integerTypes.has(dtype);
}

/** Bytes that `elements` numbers of `dtype` take. `elements` must be a multiple of the block. */
export function sizeOf(dtype: DType, elements: number): number {
  const { blockElements, blockBytes } = dtypes[dtype];
  return (elements / blockElements) * blockBytes;
}
