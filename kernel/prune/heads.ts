/** Head pruning: whole attention heads are taken out of a network (Michel, Levy and Neubig 2019, arXiv 1905.10650, who rank heads by the
 *  gradient of the loss; here the weights alone decide, without data).
 *
 *  A head h adds O_h·V_h·x to the residual stream, summed over positions by its attention: V_h (valueSize, in) its rows of value, O_h (out,
 *  valueSize) its columns of the output. Its score is ‖O_h·V_h‖_F = √tr((O_hᵀO_h)(V_hV_hᵀ)), the size of the map that attention can
 *  choose to apply; biases, query and key do not count. With grouped-query attention a key and value go together with their query heads:
 *  the score is √Σ‖O_q·V‖²_F over them. Gone are rows of query, key, value, entries of their biases, columns of the output; what the
 *  head's value bias added through the output is gone too.
 *
 *  round(sparsity·heads) go in each layer, or in all ("global"), the weakest first; equal scores: the lowest index; one stays. */
import { OptionError } from "../errors";
import { checkNumber, checkOptionNames } from "../options";
import { loops } from "../loops/loops";
import { transposed, type MatrixView } from "../loops/matrix";
import type { Step } from "../tensor/step";
import { amountLabel, checkAmount, checkScope } from "./channels/amount";
import type { StructuralPruner } from "./pruner";

/** Options of `heads()`: sparsity or keep. */
export interface HeadsOptions {
  /** Share of the heads to remove, 0–1. Instead of `keep`. */
  sparsity?: number;
  /** Query heads that stay in each layer, at least 1; with grouped-query attention a multiple of the query heads that share a key. */
  keep?: number;
  /** Over what the share is counted: each layer (default, so that all have the same number), or all layers. */
  scope?: "layer" | "global";
  /** Query heads that each attention has, 1–65,536, where neither config.json nor the file's metadata tell. */
  heads?: number;
}

/** The step that `heads()` gives, checked and frozen. */
export interface HeadsStep extends Step {
  /** Names the method. */
  readonly kind: "heads";
  /** Share of the heads that goes, 0–1. */
  readonly sparsity?: number;
  /** Query heads that stay in each layer. */
  readonly keep?: number;
  /** Absent: "layer". */
  readonly scope?: "global";
  /** Query heads that each attention has; absent: as config.json or the file's metadata tell. */
  readonly heads?: number;
}

/** The step "remove attention heads": `heads({ sparsity: 0.25 })`, `heads({ keep: 9 })`. Throws `OptionError` for an unknown option,
 *  and unless exactly one of sparsity and keep is given. */
export function heads(options: HeadsOptions): HeadsStep {
  checkOptionNames("heads", options, ["sparsity", "keep", "scope", "heads"]);
  const amount = checkAmount("heads", options, "a number of heads");
  const count = options.heads;
  const limits = { minimum: 1, maximum: 65_536, integer: true };
  return Object.freeze({
    kind: "heads",
    ...amount,
    ...checkScope("heads", options),
    ...(count !== undefined && { heads: checkNumber("heads", "heads", count, limits) }),
  });
}

/** ‖O·V‖_F² of one head: `output` (out, valueSize), `value` (valueSize, in). */
export function headEnergy(output: MatrixView, value: MatrixView): number {
  if (output.columns !== value.rows)
    throw new OptionError(`headEnergy(): the output takes ${output.columns} values and the head gives ${value.rows}`);
  const left = loops.matrix.gram(output);
  const right = loops.matrix.gram(transposed(value));
  // tr(AB) of symmetric matrices; rounding may leave a zero a little below zero.
  return Math.max(
    0,
    left.reduce((sum, entry, i) => sum + entry * right[i], 0),
  );
}

/** The pruner of `heads()` steps. */
export const headsPruner: StructuralPruner<HeadsStep> = {
  kind: "heads",
  label: (step) => `heads ${amountLabel(step)}${step.scope ? " global" : ""}`,
};
