/** The public module: what `import … from "codebook"` gives. */

// errors
export * from "./errors";

// tensor
export type { DType } from "./tensor/dtype";
export type { LayerInfo, LayerPattern } from "./tensor/match";
export { fromArrays } from "./tensor/memory";
export type { ArraySpec } from "./tensor/memory";
export type { Model } from "./tensor/model";
export type { Step } from "./tensor/step";
export type { ReadOptions, Shape, Tensor } from "./tensor/tensor";

// report

// formats
export { open } from "./formats/open";
export type { OpenOptions } from "./formats/open";
export { saveSafetensors } from "./formats/safetensors-writer";
export type { SavedFloatType, SavedTensor, SaveSafetensorsOptions } from "./formats/safetensors-writer";

// measure
export * from "./measure";

// quantize
export * from "./quantize";

// prune
export * from "./prune";

// encode

// recipe

// train
export * from "./train/lazy";

// session
export { onComm, openComm } from "./comm";
export type { Comm, CommMessage } from "./host";
