/** The two factors of a low-rank layer as bytes, at the width that they are counted at: left (rows, rank), then right
 *  (rank, columns), row-major, little-endian float16 or float32. */
import { encodeFloat16 } from "../bytes/half-float";
import { decodeValues } from "../formats/values";
import type { Factors } from "../prune/pruner";
import { matrixOf } from "../prune/sparse/storage";
import type { Shape } from "../tensor/tensor";

/** The bytes of the factors of one matrix or of several, (rows + columns) · rank · bitsPerValue / 8 for each; `bitsPerValue` is one for all. */
export function factorBytes(products: readonly Factors[]): Uint8Array<ArrayBuffer> {
  const [{ bitsPerValue }] = products;
  const values = products.reduce((sum, { left, right }) => sum + left.length + right.length, 0);
  const bytes = new Uint8Array((values * bitsPerValue) / 8);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const factor of products.flatMap(({ left, right }) => [left, right]))
    for (let i = 0; i < factor.length; i++, at += bitsPerValue / 8) {
      if (bitsPerValue === 16) view.setUint16(at, encodeFloat16(factor[i]), true);
      else view.setFloat32(at, factor[i], true);
    }
  return bytes;
}

/** The factors of matrices of that shape, one of each of the `ranks`, from their bytes. */
export function factorsFrom(
  bytes: Uint8Array,
  matrix: Shape,
  ranks: readonly number[],
  bitsPerValue: number,
): Factors[] {
  const { rows, columns } = matrixOf(matrix);
  const values = new Float32Array(ranks.reduce((sum, rank) => sum + rank * (rows + columns), 0));
  decodeValues(new Uint8Array(bytes), bitsPerValue === 16 ? "F16" : "F32", values);
  let at = 0;
  const take = (length: number) => values.slice(at, (at += length));
  return ranks.map((rank) => ({
    left: take(rows * rank),
    right: take(rank * columns),
    rows,
    columns,
    rank,
    bitsPerValue,
  }));
}
