/** ggml's blocks made and read one by one with the codecs of `kernel/blocks`. */
import { sumOfSquares } from "../blocks/arithmetic";
import type { BlockCodec } from "../blocks";
import type { RowImportance } from "../blocks/block";

/** Codes of all weights, one in a byte, and each field of the blocks, block after block. */
export interface BlockParts {
  readonly codes: Uint8Array;
  readonly fields: readonly Uint8Array[];
}

export interface BlockMethods {
  encode(codec: BlockCodec, weights: Float32Array, columns: number, importance: Float32Array | undefined): BlockParts;
  decode(codec: BlockCodec, parts: BlockParts, values: Float32Array): void;
}

export const plainBlocks: BlockMethods = {
  encode(codec, weights, columns, importance) {
    const row: RowImportance | undefined = importance && { values: importance, column: 0, meanSquare: 0 };
    const blocks = weights.length / codec.weights;
    const codes = new Uint8Array(weights.length);
    const fields = codec.fields.map(({ bytes }) => new Uint8Array(blocks * bytes));
    const bytes = new Uint8Array(codec.bytes);
    for (let block = 0, from = 0; block < blocks; block++, from += codec.weights) {
      if (row) {
        row.column = from % columns;
        if (row.column === 0) row.meanSquare = Math.fround(sumOfSquares(weights, from, columns) / columns);
      }
      codec.encode?.(weights, from, bytes, 0, codes.subarray(from, from + codec.weights), row);
      codec.fields.forEach((field, at) =>
        fields[at].set(bytes.subarray(field.at, field.at + field.bytes), block * field.bytes),
      );
    }
    return { codes, fields };
  },
  decode(codec, parts, values) {
    const scratch = { bytes: new Uint8Array(codec.bytes), at: 0 };
    forEachBlock(
      codec,
      parts,
      () => scratch,
      (block, bytes, at, own) => codec.decode(bytes, at, own, values, block * codec.weights),
    );
  },
};

/** Calls `visit` for each block with its fields in place in `bytes`, which is zero elsewhere, and its codes. */
export function forEachBlock(
  codec: BlockCodec,
  { codes, fields }: BlockParts,
  bytesOf: (block: number) => { bytes: Uint8Array; at: number },
  visit: (block: number, bytes: Uint8Array, at: number, codes: Uint8Array) => void,
): void {
  for (let block = 0; block * codec.weights < codes.length; block++) {
    const { bytes, at } = bytesOf(block);
    codec.fields.forEach((field, number) => {
      for (let k = 0; k < field.bytes; k++) bytes[at + field.at + k] = fields[number][block * field.bytes + k];
    });
    visit(block, bytes, at, codes.subarray(block * codec.weights, (block + 1) * codec.weights));
  }
}
