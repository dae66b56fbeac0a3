import * as tf from "@tensorflow/tfjs";
import { OptionError } from "../errors";
import { checkChoice, checkOptionNames } from "../options";
import { parametersOf } from "../tensor/tensor";
import { sizeOf } from "../tensor/dtype";
import type { Tensor } from "../tensor/tensor";
import type {
  AxisLayout,
  ConversionOptions,
  ConvertibleDType,
  FromTensorOptions,
  PlainValues,
  TensorLike,
} from "./types";

const layouts: readonly AxisLayout[] = ["kernel", "plain"];
const dtypeNames: Record<string, ConvertibleDType> = { float32: "F32", int32: "I32", bool: "BOOL" };

/** One of our tensors with the values of a tf tensor, copied: the tf tensor may change or be disposed afterwards.
 *  Layout "kernel" (the default) turns tfjs's (in, out) into our (out, in), and (height, width, in, out) of a convolution into
 *  (out, in, height, width), as torch lays them out; one axis or none stays as it is. "plain" keeps every axis in its place.
 *  float32, int32 and bool; anything else raises `OptionError`. */
export async function fromTensor(tensor: TensorLike, options: FromTensorOptions = {}): Promise<Tensor> {
  checkOptionNames("fromTensor", options, ["name", "layout"]);
  const layout = checkChoice("fromTensor", "layout", options.layout ?? "kernel", layouts);
  const dtype = Object.hasOwn(dtypeNames, tensor.dtype) ? dtypeNames[tensor.dtype] : undefined;
  if (!dtype)
    throw new OptionError(
      `fromTensor(): tensors of type ${tensor.dtype} are not converted; float32, int32 and bool are`,
    );
  const given = tensor as unknown as tf.Tensor;
  const permuted = layout === "kernel" ? tf.tidy(() => given.transpose(toOurAxes(given.rank))) : given.clone();
  const stored = await permuted.data().finally(() => permuted.dispose());
  const shape = [...permuted.shape];
  const name = options.name ?? (tensor as { name?: unknown }).name;
  return {
    name: typeof name === "string" ? name : "tensor",
    shape,
    dtype,
    parameters: parametersOf(shape),
    sizeBytes: sizeOf(dtype, parametersOf(shape)),
    read: () => Promise.resolve(Float32Array.from(stored)),
    readBytes: () => Promise.resolve(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength).slice()),
  };
}

/** A tf tensor (float32) with the values of one of ours: the reverse of `fromTensor`, in the same layouts. The caller disposes it. */
export async function toTensor(tensor: Tensor | PlainValues, options: ConversionOptions = {}): Promise<tf.Tensor> {
  checkOptionNames("toTensor", options, ["layout"]);
  const layout = checkChoice("toTensor", "layout", options.layout ?? "kernel", layouts);
  const values = "read" in tensor ? await tensor.read() : tensor.values;
  const shape = [...tensor.shape];
  if (values.length !== parametersOf(shape))
    throw new OptionError(`toTensor(): ${values.length} values do not fill the shape [${shape.join(", ")}]`);
  return tf.tidy(() => {
    const ours = tf.tensor(values, shape, "float32");
    return layout === "kernel" ? ours.transpose(toTfjsAxes(shape.length)) : ours;
  });
}

/** (…, in, out) → (out, in, …). */
function toOurAxes(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return rank < 2 ? axes : [rank - 1, rank - 2, ...axes.slice(0, -2)];
}

/** (out, in, …) → (…, in, out). */
function toTfjsAxes(rank: number): number[] {
  const axes = Array.from({ length: rank }, (_, axis) => axis);
  return rank < 2 ? axes : [...axes.slice(2), 1, 0];
}
