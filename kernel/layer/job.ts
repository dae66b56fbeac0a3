/** What travels to the worker threads. */
import type { DType } from "../tensor/dtype";
import type { Shape } from "../tensor/tensor";
import type { RecipeStep } from "./step";
import { decodeValues, isReadable } from "../formats/values";
import type { AxisMap } from "../prune/channels/axis-map";
import { parametersOf } from "../tensor/tensor";

/** The values of a tensor, or, where a coder is the only step, its own bytes. */
export type LayerInput = { readonly values: Float32Array } | { readonly bytes: Uint8Array<ArrayBuffer> };

/** Where a global threshold cuts one layer: |w| below it goes, and `ties` of those that equal it, lowest index first. */
export interface LayerThreshold {
  readonly value: number;
  readonly ties: number;
}

export interface LayerJob {
  /** In the original model, and in the result. */
  readonly name: string;
  readonly savedName: string;
  /** Of the input. */
  readonly shape: Shape;
  readonly dtype: string;
  readonly steps: readonly RecipeStep[];
  readonly input: LayerInput;
  /** For a first step that prunes over all layers. */
  readonly threshold: LayerThreshold | undefined;
  /** What is taken out of the input before the steps; the result is compared with the input nevertheless. */
  readonly surgery?: SurgeryJob;
}

export interface SurgeryJob {
  readonly maps: readonly AxisMap[];
  /** Those that took parts out. */
  readonly steps: readonly RecipeStep[];
  /** The tensor is gone as a whole. */
  readonly isDropped: boolean;
}

/** One pass of counting for a global threshold. */
export interface HistogramJob {
  readonly name: string;
  readonly values: Float32Array;
  /** Absent: count the upper halves of the bits of |w|; else the lower halves under this upper one. */
  readonly prefix: number | undefined;
}

/** Counting for a target of bits. */
export interface ClassesJob {
  readonly name: string;
  readonly values: Float32Array;
}

/** A compressed model gives its bytes as float32. */
export function typeOfBytes(dtype: string): DType {
  return isReadable(dtype) ? dtype : "F32";
}

export function valuesOf(input: LayerInput, dtype: string, shape: Shape): Float32Array {
  if ("values" in input) return input.values;
  const values = new Float32Array(parametersOf(shape));
  decodeValues(input.bytes, typeOfBytes(dtype), values);
  return values;
}
