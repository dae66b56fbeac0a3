/** Reading the parts of a weight: bytes, integers, numbers, whole or by rows. */
import { decodeValues, isReadable } from "../formats/values";
import { UnsupportedError } from "../errors";
import { sizeOf } from "../tensor/dtype";
import type { Tensor } from "../tensor/tensor";

/** Bytes [start, end) of a tensor, by default all, in a buffer of their own. */
export async function bytesOf(
  tensor: Tensor,
  signal: AbortSignal | undefined,
  start = 0,
  end = tensor.sizeBytes,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = tensor.readByteRange
    ? await tensor.readByteRange(start, end, { signal })
    : start === 0 && end === tensor.sizeBytes
      ? await tensor.readBytes({ signal })
      : new Uint8Array((await wholeBytes(tensor, signal)).subarray(start, end));
  const isOwn = bytes.byteOffset === 0 && bytes.byteLength === bytes.buffer.byteLength;
  return isOwn ? (bytes as Uint8Array<ArrayBuffer>) : new Uint8Array(bytes);
}

/** Bytes of tensors that are read as a whole only (of compressed entries, of strided views), while nobody needs their memory: a weight is decoded
 *  in slices, each of which would read all of them again. */
const wholes = new WeakMap<Tensor, WeakRef<Uint8Array>>();

async function wholeBytes(tensor: Tensor, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const kept = wholes.get(tensor)?.deref();
  if (kept) return kept;
  const bytes = await tensor.readBytes({ signal });
  wholes.set(tensor, new WeakRef(bytes));
  return bytes;
}

/** The words of an I32 or U32 tensor, as unsigned numbers. */
export async function wordsOf(tensor: Tensor, signal: AbortSignal | undefined): Promise<Uint32Array> {
  return new Uint32Array((await bytesOf(tensor, signal)).buffer);
}

/** The numbers of a small tensor as float32; for those of types wider than that, see `Tensor.read`. */
export function numbersOf(tensor: Tensor, signal: AbortSignal | undefined): Promise<Float32Array> {
  return tensor.read({ signal });
}

/** Fills `values` with the numbers from element `from` on. Of a block type, `from` is a multiple of the block. */
export async function readElements(
  tensor: Tensor,
  values: Float32Array,
  from: number,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { dtype } = tensor;
  if (!isReadable(dtype)) throw new UnsupportedError(`${tensor.name}: values of type ${dtype} are not decoded here`);
  const start = sizeOf(dtype, from);
  decodeValues(await bytesOf(tensor, signal, start, start + sizeOf(dtype, values.length)), dtype, values);
}
