import { originOf } from "../formats/origin";
import { partOf } from "../formats/tensor-paths";
import type { ModelSummary } from "../report/types";
import type { Model } from "../tensor/model";

/** A model as a report speaks of it. */
export function summaryOf(model: Model, sha256: string): ModelSummary {
  const { name, format, parameters, sizeBytes } = model;
  const source = originOf(model);
  const part = partOf(model);
  return {
    name,
    format,
    parameters,
    bytes: sizeBytes,
    sha256,
    ...(part !== undefined && { part }),
    ...(source !== undefined && { source }),
  };
}
