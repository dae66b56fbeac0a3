/** A model shown on its own: its tensors, before anything was done to them. */
import { modelSummary, tensorSummary, viewLimits } from "./checks";
import type { Reader } from "./reader";
import type { ModelSummary, TensorSummary } from "./types";

/** A model shown on its own. */
export interface ModelView {
  /** Version of the contract. */
  readonly version: 1;
  /** Tells it from other views. */
  readonly kind: "model";
  /** What is shown. */
  readonly model: ModelSummary;
  /** All tensors, in the order of the file. */
  readonly tensors: readonly TensorSummary[];
}

/** Saved JSON → a whole view of a model, its fields copied; throws `Malformed` with the place of the first wrong one. */
export function checkModel(view: Reader): ModelView {
  return {
    version: 1,
    kind: "model",
    model: view.child("model", modelSummary),
    tensors: view.list("tensors", viewLimits.layers, tensorSummary),
  };
}
