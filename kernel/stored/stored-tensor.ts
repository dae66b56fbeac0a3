/** The form in which a compressed tensor is kept: what a file would hold, and nothing else. `restoreValues`
 *  (restored-weights.ts) gives w′ back from it.
 *
 *  Its size is the sum of
 *  - content: codes at `codeBits` each (or a coder's bytes, tables and headers included), or values at their own width;
 *  - tables of the method: scales, zero points, offsets, codebooks, at the bits of their entries;
 *  - an index of the weights that are left, where zeros are left out of the content or cannot be told from it (prune/sparse/storage.ts);
 *  each rounded up to whole bytes, and the tensor's entry in the file's header: the UTF-8 bytes of its name, its shape, and the kind
 *  and length of its parts, as JSON. */
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

/** The name and the size in bytes of each part; the header's entry comes last. */
export function storedParts(stored: StoredTensor): [string, number][] {
  const { content, index, sparse } = stored;
  const parts: [string, number][] = [];
  const bytesOf = (bits: number): number => Math.ceil(bits / 8);
  // The index n:m stores padding for a short last group.
  const weightsIn = (length: number): number => (sparse && index ? index.storedWeights : length);
  if (content.kind === "bytes") parts.push(["bytes", content.bytes.bytes.length]);
  else if (content.kind === "factors")
    parts.push(["factors", "coder" in content.bytes ? content.bytes.bytes.length : content.bytes.length]);
  else if (content.kind === "values") {
    const { values, bitsPerValue } = content;
    parts.push(["values", "coder" in values ? values.bytes.length : bytesOf(weightsIn(values.length) * bitsPerValue)]);
  } else {
    const { codes } = content;
    parts.push(["codes", "coder" in codes ? codes.bytes.length : bytesOf(weightsIn(codes.length) * codes.bits)]);
    for (const { name, data, bitsPerEntry } of content.tables) parts.push([name, bytesOf(data.length * bitsPerEntry)]);
  }
  if (index) parts.push([index.scheme, bytesOf(index.indexBits)]);
  return [...parts, ["header", Buffer.byteLength(JSON.stringify([stored.name, stored.shape, parts]))]];
}

/** The size of a stored tensor in bytes, with its entry in the header. */
export function storedBytes(stored: StoredTensor): number {
  return storedParts(stored).reduce((sum, [, bytes]) => sum + bytes, 0);
}
