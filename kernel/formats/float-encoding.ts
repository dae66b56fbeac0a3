import { bfloat16FromBits, float16FromBits } from "../bytes/half-float";
import { pause, throwIfStopped } from "../bytes/pause";
import { FormatError, OptionError } from "../errors";
import type { Tensor } from "../tensor/tensor";

/** The float types that values are written in, the widest first. */
export const floatTypes = ["F32", "F16", "BF16"] as const;
/** One of them. */
export type SavedFloatType = (typeof floatTypes)[number];

/** Values converted between two turns of the event loop. */
const sliceElements = 1 << 18;

/** `values` as little-endian `dtype`, rounded to nearest, ties to even; for F32 the bytes of the array itself. `OptionError` where a
 *  finite value is too large for float16. */
export async function encodeFloats(
  values: Float32Array,
  dtype: SavedFloatType,
  {
    name,
    method,
    signal,
  }: { readonly name: string; readonly method: string; readonly signal: AbortSignal | undefined },
): Promise<Uint8Array> {
  if (dtype === "F32") return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const halves = new Uint16Array(values.length);
  for (let from = 0; from < values.length; from += sliceElements) {
    const to = Math.min(values.length, from + sliceElements);
    if (dtype === "F16") {
      for (let i = from; i < to; i++) {
        halves[i] = float16FromBits(bits[i]);
        if ((halves[i] & 0x7fff) === 0x7c00 && Number.isFinite(values[i]))
          throw new OptionError(
            `${method}(): ${name}: value ${i} is ${values[i]}, and float16 ends at 65504; save it as BF16 or F32`,
          );
      }
    } else for (let i = from; i < to; i++) halves[i] = bfloat16FromBits(bits[i]);
    await pause();
    throwIfStopped(signal, `saving ${name}`);
  }
  return new Uint8Array(halves.buffer);
}

/** A tensor as a writer has planned it. */
export interface PlannedBytes {
  /** What is written. */
  readonly tensor: Pick<Tensor, "name" | "read" | "readBytes">;
  /** The float type that its values are turned into; undefined: the bytes stay. */
  readonly convertTo: SavedFloatType | undefined;
  /** The bytes that it has in the file. */
  readonly sizeBytes: number;
}

/** The bytes of a tensor as `method` writes them. `FormatError` where the tensor gives more or fewer than its shape and type ask for. */
export async function plannedBytes(
  method: string,
  { tensor, convertTo, sizeBytes }: PlannedBytes,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { name } = tensor;
  const bytes = convertTo
    ? await encodeFloats(await tensor.read({ signal }), convertTo, { name, method, signal })
    : await tensor.readBytes({ signal });
  if (bytes.length !== sizeBytes)
    throw new FormatError(name, 0, `the tensor gave ${bytes.length} bytes`, `${sizeBytes}, for its shape and type`);
  return bytes;
}
