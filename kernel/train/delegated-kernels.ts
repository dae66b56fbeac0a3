import * as tf from "@tensorflow/tfjs";
import { CodebookError } from "../errors";

/** What the plain JavaScript backend is to the code below: a store of typed arrays. */
interface ArrayBackend extends tf.KernelBackend {
  firstUse: boolean;
  makeTensorInfo(shape: number[], dtype: tf.DataType, values: tf.TypedArray): tf.TensorInfo;
  readSync(dataId: tf.DataId): tf.TypedArray;
  disposeIntermediateTensorInfo(info: tf.TensorInfo): void;
}
interface StoringBackend extends tf.KernelBackend {
  readSync(dataId: tf.DataId): tf.TypedArray;
  write(values: tf.TypedArray, shape: number[], dtype: tf.DataType): tf.DataId;
}

/** Operations of real numbers that training needs and that the wasm backend (4.22) lacks: the gradients of convolutions by their
 *  filters, of depthwise convolutions, and of gather (embeddings, sparse cross entropy); einsum. */
const wantedKernels = [
  "Conv2DBackpropFilter",
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
  "UnsortedSegmentSum",
  "Einsum",
];

let delegated: readonly string[] | undefined;

/** Registers, for each operation that the wasm backend lacks, one that runs in plain JavaScript on copies of its inputs and hands the
 *  result back. Returns the names of all. Operations that work on numbers which wasm does not hold (complex, strings) are left out. */
export function delegateMissingKernels(): readonly string[] {
  if (delegated) return delegated;
  const has = new Set(tf.getKernelsForBackend("wasm").map((kernel) => kernel.kernelName));
  const missing = wantedKernels.filter((name) => !has.has(name));
  for (const kernelName of missing)
    tf.registerKernel({
      kernelName,
      backendName: "wasm",
      kernelFunc: ({ inputs, attrs, backend }) => runOnArrays(kernelName, inputs, attrs, backend as StoringBackend),
    });
  delegated = missing;
  return missing;
}

type KernelInputs = Parameters<tf.KernelFunc>[0]["inputs"];
type KernelAttributes = Parameters<tf.KernelFunc>[0]["attrs"];

function runOnArrays(
  name: string,
  inputs: KernelInputs,
  attrs: KernelAttributes,
  store: StoringBackend,
): tf.TensorInfo {
  const arrays = tf.findBackend("cpu") as ArrayBackend;
  arrays.firstUse = false; // else it advises, once, to install the native backend
  const kernel = tf.getKernel(name, "cpu");
  if (!kernel) throw new CodebookError("BACKEND", `tfjs has no plain JavaScript form of ${name}`);
  const lent: tf.TensorInfo[] = [];
  const lend = (info: tf.TensorInfo) => {
    const copy = arrays.makeTensorInfo(info.shape, info.dtype, store.readSync(info.dataId).slice() as tf.TypedArray);
    lent.push(copy);
    return copy;
  };
  const copies = Object.fromEntries(
    Object.entries(inputs).map(([key, given]) => {
      const one = given as tf.TensorInfo | tf.TensorInfo[];
      return [key, Array.isArray(one) ? one.map(lend) : lend(one)];
    }),
  ) as KernelInputs;
  try {
    const result = kernel.kernelFunc({ inputs: copies, backend: arrays, ...(attrs && { attrs }) }) as tf.TensorInfo;
    const dataId = store.write(arrays.readSync(result.dataId), result.shape, result.dtype);
    arrays.disposeIntermediateTensorInfo(result);
    return { dataId, shape: result.shape, dtype: result.dtype };
  } finally {
    for (const info of lent) arrays.disposeIntermediateTensorInfo(info);
  }
}
