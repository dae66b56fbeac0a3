/** One layer's work as it travels to a worker thread. */
import { readFileRange, type FileRange } from "../bytes/file-range";
import type { DType } from "../tensor/dtype";
import type { Axes } from "../tensor/role";
import type { Shape } from "../tensor/tensor";
import type { RecipeStep } from "./step";
import { decodeValues, isReadable } from "../formats/values";
import type { AxisMap } from "../prune/channels/axis-map";
import { parametersOf } from "../tensor/tensor";

/** The values of a tensor, or, where the steps take those, its own bytes, or where these lie in a file: then `isRaw` says that the steps take
 *  the bytes. */
export type LayerInput =
  | { readonly values: Float32Array }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly range: FileRange; readonly isRaw: boolean };

/** Where a global threshold cuts one layer: |w| below it goes, and `ties` of those that equal it, lowest index first. */
export interface LayerThreshold {
  readonly value: number;
  readonly ties: number;
}

/** One layer, its input and its steps. */
export interface LayerJob {
  /** The tensor's name in the original model. */
  readonly name: string;
  /** Its name in the result, where layers may have moved up. */
  readonly savedName: string;
  /** The shape of the input. */
  readonly shape: Shape;
  /** The type of the original tensor, such as "BF16". */
  readonly dtype: string;
  readonly steps: readonly RecipeStep[];
  readonly input: LayerInput;
  /** For a first step that prunes over all layers. */
  readonly threshold: LayerThreshold | undefined;
  /** What is taken out of the input before the steps; the result is compared with the input nevertheless. */
  readonly surgery?: SurgeryJob;
  /** Which way the tensor lies, where steps ask; absent: (out, in, …), outputs along the first axis. */
  readonly axes?: Axes;
}

/** Parts that are taken out of a tensor. */
export interface SurgeryJob {
  readonly maps: readonly AxisMap[];
  /** Those that took parts out. */
  readonly steps: readonly RecipeStep[];
  /** The tensor is gone as a whole. */
  readonly isDropped: boolean;
}

/** The type of the bytes that a tensor gives: its own, or F32 for a compressed tensor, whose `dtype` is a label. */
export function typeOfBytes(dtype: string): DType {
  return isReadable(dtype) ? dtype : "F32";
}

/** The input with bytes in memory in the place of those in a file, where the steps take bytes. */
export function broughtInput(input: LayerInput): LayerInput {
  return "range" in input && input.isRaw ? { bytes: readFileRange(input.range) } : input;
}

/** The values of the input, decoded where it is bytes of a tensor of that type and shape, into an array that `create` gives. */
export function valuesOf(
  input: LayerInput,
  dtype: string,
  shape: Shape,
  create: (length: number) => Float32Array = (length) => new Float32Array(length),
): Float32Array {
  if ("values" in input) return input.values;
  const values = create(parametersOf(shape));
  const type = typeOfBytes(dtype);
  if ("range" in input && type === "F32")
    readFileRange(input.range, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  else decodeValues("range" in input ? readFileRange(input.range) : input.bytes, type, values);
  return values;
}
