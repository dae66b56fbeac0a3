/** The sums of a variant over its layers, with embeddings and without. */
import { errorMeasures, mergeErrorSums, noErrorSums, type ErrorSums } from "../measure";
import type { LayerVariant, TotalsWithoutEmbeddings, TouchedTotals } from "../report/types";
import type { Tensor } from "../tensor/tensor";

/** A layer that a step touched. */
export interface TouchedLayer {
  /** The tensor of the original model. */
  readonly origin: Tensor;
  /** Its size and its error. */
  readonly variant: Pick<LayerVariant, "bytes" | "relativeError">;
  /** The sums of its errors. */
  readonly sums: ErrorSums;
  /** Zeros among its w′. */
  readonly zeros: number;
}

/** The sums over these layers, in their order. */
export function totalsOf(layers: readonly TouchedLayer[]): TouchedTotals {
  let sums = noErrorSums;
  let zeros = 0;
  let bytes = 0;
  let parameters = 0;
  let weighted = 0;
  for (const { origin, variant, sums: own, zeros: ownZeros } of layers) {
    sums = mergeErrorSums(sums, own);
    zeros += ownZeros;
    bytes += variant.bytes;
    parameters += origin.parameters;
    weighted += (variant.relativeError ?? 0) * origin.parameters;
  }
  const share = (amount: number): number => (parameters === 0 ? 0 : amount / parameters);
  return {
    layers: layers.length,
    parameters,
    bytes,
    bitsPerWeight: share(8 * bytes),
    sqnrDb: errorMeasures(sums).sqnrDb,
    sparsity: share(zeros),
    relativeError: share(weighted),
  };
}

/** The sums over all tensors of a model that are no embeddings; nothing for a model without embeddings. `bytesOf` gives the bytes of what a
 *  tensor of the original became. */
export function withoutEmbeddings(
  tensors: readonly Tensor[],
  embeddings: ReadonlySet<Tensor>,
  bytesOf: (origin: Tensor) => number,
  touched: readonly TouchedLayer[],
): { withoutEmbeddings?: TotalsWithoutEmbeddings } {
  const others = tensors.filter((tensor) => !embeddings.has(tensor));
  if (others.length === tensors.length) return {};
  const parameters = others.reduce((sum, tensor) => sum + tensor.parameters, 0);
  const bytes = others.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  return {
    withoutEmbeddings: {
      parameters,
      bytes,
      bitsPerWeight: parameters === 0 ? 0 : (8 * bytes) / parameters,
      touched: totalsOf(touched.filter(({ origin }) => !embeddings.has(origin))),
    },
  };
}
