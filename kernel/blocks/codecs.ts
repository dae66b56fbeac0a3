/** ggml's block formats by name, and the loops that quantize rows into blocks and dequantize them. The bytes are those that the x86-64
 *  baseline build of llama.cpp writes; builds with fused multiply-add (arm64) differ in some blocks. */
import { sumOfSquares } from "./arithmetic";
import type { BlockCodec, BlockName, RowImportance } from "./block";
import { fp4Blocks } from "./fp4";
import { gridBlocks } from "./grid-blocks";
import { iq4Blocks } from "./iq4";
import { affineKQuants } from "./k-quants-affine";
import { symmetricKQuants } from "./k-quants-symmetric";
import { legacyBlocks } from "./legacy-blocks";
import { ternaryBlocks } from "./ternary";

/** The codec of each block type that is read. */
export const blockCodecs: ReadonlyMap<BlockName, BlockCodec> = new Map(
  [
    ...legacyBlocks,
    ...affineKQuants,
    ...symmetricKQuants,
    ...iq4Blocks,
    ...ternaryBlocks,
    ...fp4Blocks,
    ...gridBlocks,
  ].map((codec) => [codec.name, codec]),
);

/** Blocks, one after the other, of `weights`, whose rows are a whole number of blocks long; `importance` has one number for each column.
 *  The caller has seen to it that weights are finite. */
export function encodeBlocks(
  codec: BlockCodec,
  weights: Float32Array,
  rowLength: number,
  importance?: Float32Array,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array((weights.length / codec.weights) * codec.bytes);
  const codes = new Uint8Array(codec.weights);
  const row: RowImportance | undefined =
    importance && codec.takesImportance ? { values: importance, column: 0, meanSquare: 0 } : undefined;
  for (let from = 0, at = 0; from < weights.length; from += codec.weights, at += codec.bytes) {
    if (row) {
      row.column = from % rowLength;
      if (row.column === 0) row.meanSquare = Math.fround(sumOfSquares(weights, from, rowLength) / rowLength);
    }
    codec.encode?.(weights, from, bytes, at, codes, row);
    codec.packing.pack(codes, bytes, at);
  }
  return bytes;
}

/** The values of whole blocks; `values` has room for them all. */
export function decodeBlocks(codec: BlockCodec, bytes: Uint8Array, values: Float32Array): void {
  const codes = new Uint8Array(codec.weights);
  for (let to = 0, at = 0; to < values.length; to += codec.weights, at += codec.bytes) {
    codec.packing.unpack(bytes, at, codes);
    codec.decode(bytes, at, codes, values, to);
  }
}
