/** ggml's blocks: made, read, packed and taken apart; `kernel/blocks` says what they are, and its codecs do it block by block. */
import { encodeBlocks, type BlockCodec } from "../blocks";
import { sumOfSquares } from "../blocks/arithmetic";
import type { RowImportance } from "../blocks/block";
import { decodeBlockCodes, encodeBlockBytes, encodeBlockCodes, packBlockCodes, unpackBlockBytes } from "../simd/blocks";
import { arenaBytes, arenaFloats } from "../simd/layer-memory";

/** Codes of all weights, one in a byte, and each field of the blocks, block after block. */
export interface BlockParts {
  readonly codes: Uint8Array;
  readonly fields: readonly Uint8Array[];
}

/** Rows are whole blocks; `importance` has one number for each column. Weights are finite. */
export interface BlockLoops {
  encode(codec: BlockCodec, weights: Float32Array, columns: number, importance: Float32Array | undefined): BlockParts;
  /** The blocks as a GGUF file holds them. */
  encodeBytes(
    codec: BlockCodec,
    weights: Float32Array,
    columns: number,
    importance: Float32Array | undefined,
  ): Uint8Array;
  /** The values that codes and fields stand for. */
  decode(codec: BlockCodec, parts: BlockParts): Float32Array;
  /** The bytes of the blocks that codes and fields make. */
  pack(codec: BlockCodec, parts: BlockParts): Uint8Array;
  /** Codes and fields of whole blocks. */
  unpack(codec: BlockCodec, bytes: Uint8Array): BlockParts;
}

/** The codecs of `kernel/blocks`, block by block. */
export const plainBlocks: BlockLoops = {
  encode(codec, weights, columns, importance) {
    const row: RowImportance | undefined = importance && { values: importance, column: 0, meanSquare: 0 };
    const parts = emptyParts(codec, weights.length / codec.weights, new Uint8Array(weights.length));
    const bytes = new Uint8Array(codec.bytes);
    forEachBlock(codec, parts, (block, codes) => {
      const from = block * codec.weights;
      if (row) {
        row.column = from % columns;
        if (row.column === 0) row.meanSquare = Math.fround(sumOfSquares(weights, from, columns) / columns);
      }
      codec.encode?.(weights, from, bytes, 0, codes, row);
      takeFields(codec, parts, block, bytes, 0);
    });
    return parts;
  },
  encodeBytes: encodeBlocks,
  decode(codec, parts) {
    const values = new Float32Array(parts.codes.length);
    const bytes = new Uint8Array(codec.bytes);
    forEachBlock(codec, parts, (block, codes) => {
      putFields(codec, parts, block, bytes, 0);
      codec.decode(bytes, 0, codes, values, block * codec.weights);
    });
    return values;
  },
  pack(codec, parts) {
    const bytes = new Uint8Array(bytesOf(codec, parts));
    forEachBlock(codec, parts, (block, codes) => {
      putFields(codec, parts, block, bytes, block * codec.bytes);
      codec.packing.pack(codes, bytes, block * codec.bytes);
    });
    return bytes;
  },
  unpack(codec, bytes) {
    const parts = emptyParts(codec, bytes.length / codec.bytes);
    forEachBlock(codec, parts, (block, codes) => {
      codec.packing.unpack(bytes, block * codec.bytes, codes);
      takeFields(codec, parts, block, bytes, block * codec.bytes);
    });
    return parts;
  },
};

function emptyParts(codec: BlockCodec, blocks: number, codes = new Uint8Array(blocks * codec.weights)): BlockParts {
  return { codes, fields: codec.fields.map(({ bytes }) => new Uint8Array(blocks * bytes)) };
}

function bytesOf(codec: BlockCodec, { codes }: BlockParts): number {
  return (codes.length / codec.weights) * codec.bytes;
}

/** Calls `visit` for each block with its number and its codes. */
function forEachBlock(
  codec: BlockCodec,
  { codes }: BlockParts,
  visit: (block: number, codes: Uint8Array) => void,
): void {
  for (let block = 0; block * codec.weights < codes.length; block++)
    visit(block, codes.subarray(block * codec.weights, (block + 1) * codec.weights));
}

/** The fields of a block from its bytes, which begin at `at`. */
function takeFields(codec: BlockCodec, { fields }: BlockParts, block: number, bytes: Uint8Array, at: number): void {
  codec.fields.forEach((field, number) => {
    const from = at + field.at;
    for (let k = 0; k < field.bytes; k++) fields[number][block * field.bytes + k] = bytes[from + k];
  });
}

/** The inverse. */
function putFields(codec: BlockCodec, { fields }: BlockParts, block: number, bytes: Uint8Array, at: number): void {
  codec.fields.forEach((field, number) => {
    const to = at + field.at;
    for (let k = 0; k < field.bytes; k++) bytes[to + k] = fields[number][block * field.bytes + k];
  });
}

/** Whether blocks of the type are made here; the kernels do not know those whose codes point into grids, which are only read. */
function isWritten({ encode }: BlockCodec): boolean {
  return encode !== undefined;
}

/** Whether codes and fields are those of whole blocks, as what was stored by hand need not be. */
function fitsBlocks(codec: BlockCodec, { codes, fields }: BlockParts): boolean {
  const blocks = codes.length / codec.weights;
  return Number.isInteger(blocks) && codec.fields.every(({ bytes }, k) => fields[k]?.length === blocks * bytes);
}

/** The same by WebAssembly SIMD, but for the types that are only read, and for rows beyond 131,072 weights with importance. */
export const fastBlocks: BlockLoops = {
  encode: (codec, weights, columns, importance) =>
    encodeBlockCodes(codec, weights, columns, importance, arenaBytes(weights.length)) ??
    plainBlocks.encode(codec, weights, columns, importance),
  encodeBytes(codec, weights, columns, importance) {
    const bytes = new Uint8Array((weights.length / codec.weights) * codec.bytes);
    const done = encodeBlockBytes(codec, weights, columns, importance, bytes);
    return done ? bytes : plainBlocks.encodeBytes(codec, weights, columns, importance);
  },
  decode(codec, parts) {
    if (!isWritten(codec) || !fitsBlocks(codec, parts)) return plainBlocks.decode(codec, parts);
    const values = arenaFloats(parts.codes.length);
    decodeBlockCodes(codec, parts, values);
    return values;
  },
  pack(codec, parts) {
    if (!isWritten(codec) || !fitsBlocks(codec, parts)) return plainBlocks.pack(codec, parts);
    const bytes = new Uint8Array(bytesOf(codec, parts));
    packBlockCodes(codec, parts, bytes);
    return bytes;
  },
  unpack(codec, bytes) {
    if (!isWritten(codec)) return plainBlocks.unpack(codec, bytes);
    const parts = emptyParts(codec, bytes.length / codec.bytes);
    unpackBlockBytes(codec, bytes, parts.codes);
    for (let block = 0; block * codec.bytes < bytes.length; block++)
      takeFields(codec, parts, block, bytes, block * codec.bytes);
    return parts;
  },
};
