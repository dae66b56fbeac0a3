/** The two factors of a low-rank layer as bytes, at the width that they are counted at: left (rows, rank), then right
 *  (rank, columns), row-major, little-endian float16 or float32. */
import { encodeFloat16 } from "../bytes/half-float";
import { decodeValues } from "../formats/values";
import type { Factors } from "../prune/pruner";
import { matrixOf } from "../prune/sparse/storage";
import type { Shape } from "../tensor/tensor";

/** The bytes of both factors, (rows + columns) · rank · bitsPerValue / 8 of them. */
export function factorBytes({ left, right, bitsPerValue }: Factors): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(((left.length + right.length) * bitsPerValue) / 8);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const factor of [left, right])
    for (let i = 0; i < factor.length; i++, at += bitsPerValue / 8) {
      if (bitsPerValue === 16) view.setUint16(at, encodeFloat16(factor[i]), true);
      else view.setFloat32(at, factor[i], true);
    }
  return bytes;
}

/** The factors of a layer of that shape from their bytes. */
export function factorsFrom(bytes: Uint8Array, shape: Shape, rank: number, bitsPerValue: number): Factors {
  const { rows, columns } = matrixOf(shape);
  const values = new Float32Array(rank * (rows + columns));
  decodeValues(new Uint8Array(bytes), bitsPerValue === 16 ? "F16" : "F32", values);
  const left = values.slice(0, rows * rank);
  return { left, right: values.slice(rows * rank), rows, columns, rank, bitsPerValue };
}
