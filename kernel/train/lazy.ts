/** What "codebook" offers of this room: the names of index.ts, without loading tfjs (a fifth of a second, and 600 declaration files
 *  for the compiler) before the first of them is used. */
import { createRequire } from "node:module";
import type * as room from "./index";
import type { Tensor } from "../tensor/tensor";
import type * as types from "./types";

const lazily = createRequire(__filename);
const train = () => lazily("./index") as typeof room;

/** A linear layer of tfjs that computes with quantized weights, forward and backward: y = activation(x · Q(w) + b), w′ = s·q on a symmetric
 *  grid, round to nearest, ties to even, one scale per output or one in all, 1 to 8 bits. The gradient passes straight through Q
 *  to the float32 weights. `new QuantizedLinear(4, 8, 3)` or `new QuantizedLinear({ inputSize: 4, outputSize: 8, bits: 3, … })`. */
export declare const QuantizedLinear: types.QuantizedLinearConstructor;
/** A layer that `new QuantizedLinear(…)` makes: a layer of tfjs with its own members. */
export type QuantizedLinear = types.QuantizedLinearMembers & types.TensorflowLayer;

/** A linear layer of tfjs that holds the round(pruningRate · in · out) weights of least magnitude at zero while the others train:
 *  y = activation(x · (m ⊙ w) + b). `prune()` draws the mask anew; the mask is saved with the model.
 *  `new PrunedLinear(4, 8, 0.5)` or `new PrunedLinear({ inputSize: 4, outputSize: 8, pruningRate: 0.5, … })`. */
export declare const PrunedLinear: types.PrunedLinearConstructor;
/** A layer that `new PrunedLinear(…)` makes: a layer of tfjs with its own members. */
export type PrunedLinear = types.PrunedLinearMembers & types.TensorflowLayer;

// Reading the name loads tfjs, registers the class, and gives the class itself.
for (const name of ["QuantizedLinear", "PrunedLinear"] as const)
  Object.defineProperty(exports, name, { enumerable: true, get: () => train()[name] });

/** Sets what runs tfjs's operations: "tensorflow" (`npm run native`), "wasm" or "cpu", the first that can be had, and says why not the
 *  others. `const { tf } = await tfBackend()` gives tfjs itself. `prefer` names the backend, or those to try, in order; when none can
 *  be had, a `CodebookError` (code "BACKEND") tells the reasons. Call it before the first tensor is made. */
export function tfBackend(options?: types.BackendOptions): Promise<types.Backend> {
  return train().tfBackend(options);
}

/** One of our tensors with the values of a tf tensor, copied. Layout "kernel" (the default) turns tfjs's (…, in, out) into our (out, in, …);
 *  "plain" keeps every axis in its place. float32, int32 and bool; anything else raises `OptionError`. */
export function fromTensor(tensor: types.TensorLike, options?: types.FromTensorOptions): Promise<Tensor> {
  return train().fromTensor(tensor, options);
}

/** A tf tensor (float32) with the values of one of ours: the reverse of `fromTensor`. The caller disposes it. */
export function toTensor<T = types.TensorflowTensor>(
  tensor: Tensor | types.PlainValues,
  options?: types.ConversionOptions,
): Promise<T> {
  return train().toTensor(tensor, options) as Promise<unknown> as Promise<T>;
}

/** A callback for `fit` that reports the batches done and stops when the running cell is interrupted, or `signal` is aborted:
 *  `await model.fit(x, y, { epochs: 50, callbacks: interruptible() })`. `fit` then rejects with `CancelledError` after the
 *  batch in hand; the model keeps what it has learnt and can be trained on. Without it an interrupt cuts `fit` off in the middle: tensors
 *  stay behind, and the model refuses another `fit`. */
export function interruptible(options?: types.InterruptibleOptions): types.FitCallback {
  return train().interruptible(options) as unknown as types.FitCallback;
}

/** Where a tfjs model is kept on disk, on any backend: `await model.save(modelFolder("net"))` writes `model.json` and `weights.bin`,
 *  `await tf.loadLayersModel(modelFolder("net"))` reads them, layers of this room included. */
export function modelFolder(folder: string): types.ModelStore {
  return train().modelFolder(folder) as types.ModelStore;
}

export type {
  Backend,
  BackendName,
  BackendOptions,
  FitCallback,
  InterruptibleOptions,
  LinearLayerOptions,
  PrunedLinearOptions,
  QuantizedLinearOptions,
} from "./types";
