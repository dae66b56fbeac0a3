import type { Tensor } from "./tensor";

/** A set of named tensors that belong together. A compressed model is a `Model` too. */
export interface Model {
  /** What reports call it: by default after its file or folder. */
  readonly name: string;
  /** "safetensors", "gguf", "memory", "compressed", … */
  readonly format: string;
  /** In the order of the file (for shards: in the order of the shards). */
  readonly tensors: readonly Tensor[];
  /** Number of elements of all tensors. */
  readonly parameters: number;
  /** Bytes of all tensors as stored, headers apart. */
  readonly sizeBytes: number;
  /** The file's own key–value pairs, as plain JSON values. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** The settings beside the weights, as plain JSON: config.json of a Hugging Face folder, or the topology of a TensorFlow.js model. A model
   *  that was made smaller has its new sizes here. */
  readonly config?: Readonly<Record<string, unknown>> | undefined;
  /** The folder that `config` came from. */
  readonly folder?: string | undefined;
  /** The tensor of that name; throws `OptionError` with the nearest name when there is none. */
  tensor(name: string): Tensor;
  /** SHA-256 (hex) of the file, or of the shards' bytes one after the other; of names, shapes and values for a model in memory. */
  sha256(options?: { signal?: AbortSignal }): Promise<string>;
}
