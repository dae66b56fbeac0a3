/** What the steps of a layer begin with: the tensor of the model without the parts that surgery takes out. */
import { bfloat16FromBits, float16FromBits, float16ToFloat32Bits } from "../bytes/half-float";
import { loops } from "../loops/loops";
import { applyMaps, expandMaps, mappedShape, type AxisMap } from "../prune/channels/axis-map";
import { parametersOf, type Shape } from "../tensor/tensor";
import { cutBytes } from "../prune/channels/cut-bytes";
import { broughtInput, typeOfBytes, valuesOf, type LayerInput, type LayerJob } from "./layer-job";

/** A layer's weights before its steps. */
export interface RemainingWeights {
  /** w as the model has it. */
  readonly original: Float32Array;
  /** w without what was taken out; `original` itself where nothing was. */
  readonly values: Float32Array;
  /** The shape of `values`. */
  readonly shape: Shape;
  /** The job's input without what was taken out. */
  readonly input: LayerInput;
  /** Turns values of that shape into values of the model's: zeros for what was taken out, and a merged channel for each of its members. */
  readonly expand: (values: Float32Array) => Float32Array;
  /** The share of the weights that was cut away, 0–1. */
  readonly cutShare: number;
}

/** Takes out of the job's input what its `surgery` says; nothing where it has none. */
export function remainingWeights({ input: given, dtype, shape, surgery }: LayerJob): RemainingWeights {
  const input = broughtInput(given);
  const original = valuesOf(input, dtype, shape, loops.memory.floats);
  if (!surgery) return { original, values: original, shape, input, expand: (values) => values, cutShare: 0 };
  if (surgery.isDropped) {
    const nothing = new Float32Array(0);
    const expand = () => new Float32Array(original.length);
    return {
      original,
      values: nothing,
      shape: [0, ...shape.slice(1)],
      input: { values: nothing },
      expand,
      cutShare: 1,
    };
  }
  const { maps } = surgery;
  const small = mappedShape(shape, maps);
  const values = roundTo(dtype, applyMaps(original, shape, maps), maps);
  const bytes = "bytes" in input ? cutBytes(input.bytes, typeOfBytes(dtype), shape, maps) : undefined;
  const isCut = maps.every(({ kind }) => kind === "keep");
  return {
    original,
    values,
    shape: small,
    input: bytes ? { bytes } : { values },
    expand: (after) => expandMaps(after, original, shape, maps),
    cutShare: isCut ? 1 - parametersOf(small) / original.length : 0,
  };
}

/** Whether the tensor's own type holds the weights that the maps leave: all that stay as they are, and merged ones, which are rounded to
 *  floats of 16 bits. */
export function isHeldBy(dtype: string, maps: readonly AxisMap[]): boolean {
  return isHalf(dtype) || maps.every(({ kind }) => kind === "keep");
}

function isHalf(dtype: string): boolean {
  return dtype === "F16" || dtype === "BF16";
}

/** Rounds merged weights to the tensor's own type where that is F16 or BF16, in place. */
function roundTo(dtype: string, values: Float32Array, maps: readonly AxisMap[]): Float32Array {
  if (!isHalf(dtype) || maps.every(({ kind }) => kind === "keep")) return values;
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++)
    bits[i] = dtype === "F16" ? float16ToFloat32Bits[float16FromBits(bits[i])] : bfloat16FromBits(bits[i]) << 16;
  return values;
}
