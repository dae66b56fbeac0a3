/** How TensorFlow.js holds a tensor: float32, int32 and bool as they are, float16 and codes of 8 and 16 bits with a rule by which it turns them into
 *  these. Other types become float32 or int32 where that holds each of their values.
 *
 *  Layout: @tensorflow/tfjs-core 4.22, src/io/types.ts (WeightsManifestEntry). */
import { OptionError } from "../errors";
import { isIntegerType } from "../tensor/dtype";
import { parametersOf, type ReadOptions, type Shape } from "../tensor/tensor";
import { plannedBytes } from "./float-encoding";
import type { SavedTensor } from "./safetensors-writer";
import { tfjsCodes } from "./tfjs";

/** A tensor as it is written. */
export interface TfjsWeight {
  readonly name: string;
  readonly shape: Shape;
  /** The type of what is stored, under our name: F32, F16, I32, BOOL, U8, U16. */
  readonly dtype: string;
  readonly sizeBytes: number;
  /** Whether its bytes are those that the model's own file has. */
  readonly isKept: boolean;
  /** Its entry in the list of model.json. */
  readonly entry: object;
  /** Why it has another type than its own though none was asked for. */
  readonly retyped?: string;
  /** Its bytes. `OptionError` for a value that the type does not hold. */
  bytes(options: ReadOptions): Promise<Uint8Array>;
}

const widths: Readonly<Record<string, number>> = { BOOL: 1, U8: 1, U16: 2, F16: 2, F32: 4, I32: 4 };

/** Types that are written as they are. */
const own: Readonly<Record<string, string>> = { I32: "int32", BOOL: "bool" };

const half = { quantization: { dtype: "float16", original_dtype: "float32" } };

/** `tensor` as TensorFlow.js holds it, its floats as `dtype`; without one, in its own type where TensorFlow.js has it, else as float32. */
export function tfjsWeight(tensor: SavedTensor, dtype: "F32" | "F16" | undefined): TfjsWeight {
  const { name, shape, dtype: given } = tensor;
  const written = (type: string, entry: object, bytes: TfjsWeight["bytes"]) => ({
    ...{ name, shape, dtype: type, sizeBytes: parametersOf(shape) * widths[type], entry: { name, shape, ...entry } },
    bytes,
  });
  const kept = (type: string, entry: object, bytes: TfjsWeight["bytes"] = (options) => tensor.readBytes(options)) => ({
    ...written(type, entry, bytes),
    isKept: true,
  });
  const changed = (retyped: string | undefined, ...rest: Parameters<typeof written>): TfjsWeight => ({
    ...written(...rest),
    ...(retyped !== undefined && { retyped }),
    isKept: false,
  });
  const codes = tfjsCodes(tensor);
  if (codes && (dtype === undefined || codes.dtype === "int32")) {
    const { dtype: type, quantization, read } = codes;
    return kept(quantization.dtype === "uint8" ? "U8" : "U16", { dtype: type, quantization }, read);
  }
  if (Object.hasOwn(own, given)) return kept(given, { dtype: own[given] });
  if (isIntegerType(given))
    return changed("TensorFlow.js holds whole numbers as int32", "I32", { dtype: "int32" }, async (options) =>
      wholeNumbers(name, given, await tensor.readBytes(options)),
    );
  if (given === "F16" && dtype !== "F32") return kept("F16", { dtype: "float32", ...half });
  if (given === "F64" && dtype === undefined)
    return changed("TensorFlow.js has no F64", "F32", { dtype: "float32" }, async (options) =>
      single(name, await tensor.readBytes(options)),
    );
  const type = dtype ?? "F32";
  const sizeBytes = parametersOf(shape) * widths[type];
  const entry = { dtype: "float32", ...(type === "F16" ? half : {}) };
  const bytes: TfjsWeight["bytes"] = ({ signal }) =>
    plannedBytes("saveTfjs", { tensor, convertTo: type, sizeBytes }, signal);
  if (given === type) return kept(type, entry, bytes);
  const retyped = dtype === undefined && otherFloat.test(given) ? `TensorFlow.js has no ${given}` : undefined;
  return changed(retyped, type, entry, bytes);
}

/** Floats that are neither float32 nor float16; what a recipe made has no such type. */
const otherFloat = /^(BF16|F8_|F4$)/;

/** Whole numbers of `dtype`, little-endian, as int32. `OptionError` for the first that int32 does not hold. */
function wholeNumbers(name: string, dtype: string, bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const width = Number(dtype.slice(1)) / 8;
  const isSigned = dtype.startsWith("I");
  const at: Readonly<Record<number, (offset: number) => number | bigint>> = {
    1: (offset) => (isSigned ? view.getInt8(offset) : view.getUint8(offset)),
    2: (offset) => (isSigned ? view.getInt16(offset, true) : view.getUint16(offset, true)),
    4: (offset) => view.getUint32(offset, true),
    8: (offset) => (isSigned ? view.getBigInt64(offset, true) : view.getBigUint64(offset, true)),
  };
  const numbers = new Int32Array(bytes.length / width);
  for (let i = 0; i < numbers.length; i++) {
    const value = at[width](i * width);
    numbers[i] = Number(value);
    if (BigInt(numbers[i]) !== BigInt(value))
      throw new OptionError(
        `saveTfjs(): ${name}: value ${i} is ${value}, and TensorFlow.js holds whole numbers as int32, which ends at 2147483647; saveSafetensors() keeps ${dtype}`,
      );
  }
  return new Uint8Array(numbers.buffer);
}

/** float64 as float32. `OptionError` for the first value that would change. */
function single(name: string, bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = new Float32Array(bytes.length / 8);
  for (let i = 0; i < values.length; i++) {
    const value = view.getFloat64(8 * i, true);
    values[i] = value;
    if (!Object.is(values[i], value))
      throw new OptionError(
        `saveTfjs(): ${name}: value ${i} is ${value}, and TensorFlow.js has no float64; { dtype: "F32" } rounds it, saveSafetensors() keeps it`,
      );
  }
  return new Uint8Array(values.buffer);
}
