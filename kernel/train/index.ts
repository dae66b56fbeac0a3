/** tfjs, and what Codebook adds to it. Importing this loads tfjs; "codebook" offers the same names (lazy.ts) and loads it at the
 *  first use of one. */
import "./tensorflow-types";

export * as tf from "@tensorflow/tfjs";
export { tfBackend } from "./backend";
export { fromTensor, toTensor } from "./conversion";
export { interruptible } from "./interruptible";
export { modelFolder } from "./model-folder";
export { PrunedLinear } from "./pruned-linear";
export { QuantizedLinear } from "./quantized-linear";
export type { Backend, BackendName, BackendOptions } from "./types";
