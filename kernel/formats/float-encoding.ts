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
  readonly tensor: Pick<Tensor, "name" | "dtype" | "read" | "readBytes">;
  /** The float type that its values are turned into; undefined: the bytes stay. */
  readonly convertTo: SavedFloatType | undefined;
  /** The bytes that it has in the file. */
  readonly sizeBytes: number;
}

/** Refuses values of a float64 tensor that are finite there and infinite as float32, through which all conversions go. */
async function checkFloat64(
  method: string,
  tensor: PlannedBytes["tensor"],
  values: Float32Array,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { name, dtype } = tensor;
  const at = dtype === "F64" ? values.findIndex((value) => Math.abs(value) === Infinity) : -1;
  if (at < 0) return;
  const bytes = await tensor.readBytes({ signal });
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = at; i < values.length; i++) {
    const value = view.getFloat64(8 * i, true);
    if (Math.abs(values[i]) === Infinity && Number.isFinite(value))
      throw new OptionError(
        `${method}(): ${name}: value ${i} is ${value}, and float32 ends at 3.4e38; save it without dtype, which keeps float64`,
      );
  }
}

/** The bytes of a tensor as `method` writes them. `FormatError` where the tensor gives more or fewer than its shape and type ask for;
 *  `OptionError` where a finite value is too large for the type. */
export async function plannedBytes(
  method: string,
  { tensor, convertTo, sizeBytes }: PlannedBytes,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { name } = tensor;
  const bytes = convertTo ? await converted(method, tensor, convertTo, signal) : await tensor.readBytes({ signal });
  if (bytes.length !== sizeBytes)
    throw new FormatError(name, 0, `the tensor gave ${bytes.length} bytes`, `${sizeBytes}, for its shape and type`);
  return bytes;
}

async function converted(
  method: string,
  tensor: PlannedBytes["tensor"],
  convertTo: SavedFloatType,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const values = await tensor.read({ signal });
  await checkFloat64(method, tensor, values, signal);
  return encodeFloats(values, convertTo, { name: tensor.name, method, signal });
}
