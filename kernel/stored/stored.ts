/** The form in which a compressed tensor is kept: what a file would hold, and nothing else. `restoreValues` gives w′ back from it.
 *
 *  Its size is the sum of
 *  - content: codes at `codeBits` each (or a coder's bytes, tables and headers included), or values at their own width;
 *  - tables of the method: scales, zero points, offsets, codebooks, at the bits of their entries;
 *  - an index of the weights that are left, where zeros are left out of the content or cannot be told from it (prune/storage.ts);
 *  each rounded up to whole bytes, and the tensor's entry in the file's header: the UTF-8 bytes of its name, its shape, and the kind
 *  and length of its parts, as JSON. */
import type { IndexStorage } from "../prune/sparse/storage";
import { decode } from "../encode";
import { decodeValues } from "../formats/values";
import { FormatError } from "../errors";
import { applyMask } from "../prune";
import { multiply } from "../prune/low-rank";
import { quantizerOf } from "../quantize";
import type { CodeArray, Quantized, Table } from "../quantize/quantizer";
import type { DType } from "../tensor/dtype";
import { parametersOf, type Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { factorsFrom } from "./factors";
import { emptyCodes, typeOfCodes, unpackCodes, unpackMask, type PackedCodes } from "./pack-bits";

export interface StoredTensor {
  readonly name: string;
  readonly shape: Shape;
  /** One bit for each weight, 0 where w′ is zero by pruning. In memory always a bitmask; `index` says what a file would hold. */
  readonly mask?: Uint8Array;
  readonly index?: IndexStorage;
  /** The content holds the weights of the mask only. */
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

export interface StoredValues {
  readonly kind: "values";
  readonly values: Float32Array | Coded;
  readonly bitsPerValue: number;
}

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

/** Name and bytes of each part, the header's entry last. */
export function storedParts(stored: StoredTensor): [string, number][] {
  const { content, index, sparse } = stored;
  const parts: [string, number][] = [];
  const bytesOf = (bits: number): number => Math.ceil(bits / 8);
  // Groups of n:m store padding for a short last group.
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

export function storedBytes(stored: StoredTensor): number {
  return storedParts(stored).reduce((sum, [, bytes]) => sum + bytes, 0);
}

/** w′, row-major. */
export function restoreValues(stored: StoredTensor): Float32Array {
  const { content, shape } = stored;
  const length = parametersOf(shape);
  const keep = stored.mask && unpackMask(stored.mask, length);
  if (content.kind === "bytes") {
    const values = new Float32Array(length);
    decodeValues(decodeBytes(content.bytes, stored.name), content.dtype, values);
    return values;
  }
  if (content.kind === "values") {
    const { values } = content;
    const kept = "coder" in values ? new Float32Array(decodeBytes(values, stored.name).buffer) : values;
    return keep && stored.sparse ? spread(kept, keep, new Float32Array(length)) : kept.slice();
  }
  if (content.kind === "factors") {
    const { bytes, rank, bitsPerValue } = content;
    return multiply(factorsFrom("coder" in bytes ? decodeBytes(bytes, stored.name) : bytes, shape, rank, bitsPerValue));
  }
  const { quantizer, tables } = content;
  let codes = "coder" in content.codes ? decodeCodes(content.codes, stored.name) : unpackCodes(content.codes);
  if (keep && stored.sparse && quantizerOf(quantizer).isSequential) {
    const kept = { step: quantizer, shape: [codes.length], codes, codeBits: 0, tables };
    return spread(quantizerOf(quantizer).dequantize(kept), keep, new Float32Array(length));
  }
  if (keep && stored.sparse) codes = spread(codes, keep, emptyCodes(typeOfCodes(codes), length));
  const values = quantizerOf(quantizer).dequantize({ step: quantizer, shape, codes, codeBits: 0, tables });
  return keep ? applyMask(values, keep) : values;
}

/** The codes and tables of a quantized tensor, one code for each weight; `undefined` where the content is not codes. A weight that was
 *  pruned away and has no code gets `absent(i)`, the code that stands for zero. */
export function restoreQuantized(
  stored: StoredTensor,
  absent: (tables: readonly Table[], index: number) => number,
): Quantized | undefined {
  const { content, shape, mask } = stored;
  if (content.kind !== "codes") return undefined;
  const { quantizer: step, tables } = content;
  const kept = "coder" in content.codes ? decodeCodes(content.codes, stored.name) : unpackCodes(content.codes);
  const length = parametersOf(shape);
  const keep = mask && unpackMask(mask, length);
  const codes = keep && stored.sparse ? spread(kept, keep, emptyCodes(typeOfCodes(kept), length)) : kept;
  if (keep) for (let i = 0; i < length; i++) if (keep[i] === 0) codes[i] = absent(tables, i);
  return { step, shape, codes, codeBits: 0, tables };
}

function decodeCodes(coded: Coded, name: string): CodeArray {
  const codes = decode(coded.bytes, { name, maximumSymbols: 2 ** 32 });
  if (typeof codes === "string") throw new FormatError(name, 0, "the codes are text", "numbers");
  if (codes instanceof Float32Array || codes instanceof Float64Array)
    throw new FormatError(name, 0, "the codes are floats", "integers");
  return codes;
}

/** Bytes in a buffer of their own. */
function decodeBytes(coded: Coded, name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(decodeCodes(coded, name));
}

/** Puts `kept` in the places that `keep` names, in order. */
export function spread<Values extends { [index: number]: number }>(
  kept: ArrayLike<number>,
  keep: Uint8Array,
  into: Values,
): Values {
  let next = 0;
  for (let i = 0; i < keep.length; i++) if (keep[i] !== 0) into[i] = kept[next++];
  return into;
}

/** The elements of `all` in the places that `keep` names. */
export function gather<Values extends { [index: number]: number }>(
  all: ArrayLike<number>,
  keep: Uint8Array,
  into: Values,
): Values {
  let next = 0;
  for (let i = 0; i < keep.length; i++) if (keep[i] !== 0) into[next++] = all[i];
  return into;
}
