/** Weights that are stacked, pruned matrix by matrix: from each goes what would go from a tensor of its own, its own share of weights, its own
 *  nodes, a product of two thin matrices for each. */
import { checkFinite } from "../../measure/finite";
import { rowsShape, type Layout } from "../../tensor/layout";
import type { Step } from "../../tensor/step";
import type { Shape } from "../../tensor/tensor";
import { applyMask, type Pruned, type Pruner } from "../pruner";
import { unstructuredStorage, type IndexStorage } from "../sparse/storage";

/** Prunes a weight in method order. Nodes of a stack are numbered by its rows. Where the factors of one of its matrices would not be smaller
 *  than it, the stack has none. `name` is the layer's, for errors; `NonFiniteError` names a weight by its place in method order. */
export function pruneMatrices(
  pruner: Pruner,
  weights: Float32Array,
  layout: Layout,
  step: Step,
  name?: string,
): Pruned {
  const { matrices, matrix } = layout;
  const shape = rowsShape(layout);
  if (matrices === 1 || weights.length === 0) return pruner.prune(weights, shape, step, name);
  checkFinite(weights, step.kind, name);
  const size = weights.length / matrices;
  const partOf = (at: number) => weights.subarray(at * size, (at + 1) * size);
  const parts = Array.from({ length: matrices }, (_, at) => pruner.prune(partOf(at), matrix, step, name));
  const mask = new Uint8Array(weights.length);
  parts.forEach((part, at) => mask.set(part.mask, at * size));
  const kept = parts.reduce((sum, part) => sum + part.kept, 0);
  const values = parts.some((part) => part.values) ? new Float32Array(weights.length) : undefined;
  if (values) parts.forEach((part, at) => values.set(part.values ?? applyMask(partOf(at), part.mask), at * size));
  const stackedFactors = parts.flatMap(({ factors }) => factors ?? []);
  return {
    step,
    shape,
    mask,
    kept,
    storage: storageOfParts(
      parts.map(({ storage }) => storage),
      shape,
      kept,
    ),
    ...(values && { values }),
    ...(stackedFactors.length === matrices && { stackedFactors }),
    ...(parts.some(({ nodes }) => nodes) && {
      nodes: parts.flatMap(({ nodes = [] }, at) => nodes.map((node) => at * matrix[0] + node)),
    }),
  };
}

/** What the matrices of a stack take one by one, where all are told in one way; `shape` is that of all rows, of which `kept` weights stay. */
export function storageOfParts(parts: readonly IndexStorage[], shape: Shape, kept: number): IndexStorage {
  const [{ scheme }] = parts;
  if (parts.some((storage) => storage.scheme !== scheme)) return unstructuredStorage(shape, kept);
  const sum = (of: "indexBits" | "storedWeights") => parts.reduce((total, storage) => total + storage[of], 0);
  return { scheme, indexBits: sum("indexBits"), storedWeights: sum("storedWeights") };
}
