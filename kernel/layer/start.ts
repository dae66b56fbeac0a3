/** Where the steps of a layer begin: the tensor of the model with the parts taken out that go. */
import { bfloat16FromBits, float16FromBits, float16ToFloat32Bits } from "../bytes/half-float";
import { applyMaps, expandMaps, mappedShape, type AxisMap } from "../prune/channels/axis-map";
import { parametersOf, type Shape } from "../tensor/tensor";
import { cutBytes } from "../prune/channels/cut-bytes";
import { typeOfBytes, valuesOf, type LayerInput, type LayerJob } from "./job";

export interface Start {
  /** w as the model has it. */
  readonly original: Float32Array;
  /** w without what was taken out, and its shape; `original` itself where nothing was. */
  readonly values: Float32Array;
  readonly shape: Shape;
  readonly input: LayerInput;
  /** A tensor of that shape as one of the model's: what was taken out is zero, what was merged stands for each of its members. */
  readonly expand: (values: Float32Array) => Float32Array;
  /** The share of the weights that was cut away, 0–1. */
  readonly cutShare: number;
}

export function startOf({ input, dtype, shape, surgery }: LayerJob): Start {
  const original = valuesOf(input, dtype, shape);
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

/** Merged weights are numbers of the tensor's own type, where that is a plain 16-bit float. */
function roundTo(dtype: string, values: Float32Array, maps: readonly AxisMap[]): Float32Array {
  if ((dtype !== "F16" && dtype !== "BF16") || maps.every(({ kind }) => kind === "keep")) return values;
  const bits = new Uint32Array(values.buffer);
  for (let i = 0; i < bits.length; i++)
    bits[i] = dtype === "F16" ? float16ToFloat32Bits[float16FromBits(bits[i])] : bfloat16FromBits(bits[i]) << 16;
  return values;
}
