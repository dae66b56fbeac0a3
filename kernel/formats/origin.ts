import { TensorSet } from "../tensor/tensor-set";
import type { Model } from "../tensor/model";
import { changedMetadata } from "./gguf/metadata";

/** The key under which a model's metadata say where its bytes came from: an address that `open` takes, pinned to a commit. */
export const originKey = "codebook.source";

const origins = new WeakMap<Model, string>();

/** The model with its origin: among its metadata, where a saved copy carries it on, and for `originOf`. */
export function recordOrigin(model: Model, origin: string): Model {
  const { name, format, tensors } = model;
  const metadata = changedMetadata(model.metadata, [], { [originKey]: origin });
  const recorded = new TensorSet({ name, format, tensors, metadata, sha256: (options) => model.sha256(options) });
  origins.set(recorded, origin);
  return recorded;
}

/** The address that this very model was opened from. What its file says of its own past does not count. */
export function originOf(model: Model): string | undefined {
  return origins.get(model);
}
