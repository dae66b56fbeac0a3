import { bfloat16FromBits, float16FromBits } from "../bytes/half-float";
import { pause, throwIfStopped } from "../bytes/pause";
import { OptionError } from "../errors";

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
