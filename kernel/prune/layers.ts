/** Layer pruning: whole blocks of a network (attention, feed-forward part, norms) are taken out, and the ones behind them renumbered.
 *  Which:
 *
 *   - `drop`: those that are named by number;
 *   - by "last": those before the final one, which stays (Gromov et al. 2024, arXiv 2403.17887: deep layers of language models change
 *     their input least, the final one excepted);
 *   - by "every": evenly spaced, never the first: of N blocks, number ⌊(i + 1)·N / (n + 1)⌋ for i < n;
 *   - by "norm" (default): those that can add least to the residual stream by their weights: score √(‖W_O‖² + ‖W_down‖²), the attention's
 *     output and the feed-forward part's, Frobenius. It looks at no data and is a guess: what a block adds depends on its inputs too.
 *
 *  In a network that normalizes before each part (Llama, GPT-2) the small one computes what the large one does with the outputs (and
 *  their biases) of those blocks at zero; one that normalizes behind (BERT) loses a norm with the block. At least one block stays. */
import { OptionError } from "../errors";
import { checkChoice, checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import { amountLabel, checkAmount, keptOf } from "./channels/amount";
import { leastOf } from "./channels/select";
import type { StructuralPruner } from "./pruner";

/** Options of `layers()`: drop, sparsity or keep. */
export interface LayersOptions {
  /** Numbers of the blocks to remove, from 0. Instead of `sparsity` and `keep`. */
  drop?: readonly number[];
  /** Share of the blocks to remove, 0–1. */
  sparsity?: number;
  /** Number of blocks that stay, at least 1. Instead of `sparsity`. */
  keep?: number;
  /** How blocks are chosen: least norm (default), the last ones, or evenly spaced ones. */
  by?: "norm" | "last" | "every";
}

/** The step that `layers()` gives, checked and frozen. */
export interface LayersStep extends Step {
  /** Names the method. */
  readonly kind: "layers";
  /** Numbers of the blocks that go, ascending. */
  readonly drop?: readonly number[];
  /** Share of the blocks that goes, 0–1. */
  readonly sparsity?: number;
  /** Number of blocks that stay. */
  readonly keep?: number;
  /** How the blocks are chosen: least norm, the last ones, or evenly spaced ones; absent with `drop`. */
  readonly by?: "norm" | "last" | "every";
}

/** The step "remove whole blocks": `layers({ drop: [3, 4] })`, `layers({ keep: 4, by: "last" })`, `layers({ sparsity: 0.5, by: "every" })`.
 *  Throws `OptionError` for an unknown option, and unless exactly one of drop, sparsity and keep is given. */
export function layers(options: LayersOptions): LayersStep {
  checkOptionNames("layers", options, ["drop", "sparsity", "keep", "by"]);
  const { drop, sparsity, keep, by } = options;
  if ([drop, sparsity, keep].filter((one) => one !== undefined).length !== 1)
    throw new OptionError(
      "layers(): it takes one of drop (block numbers), sparsity (a share) and keep (a number of blocks)",
    );
  if (drop === undefined)
    return Object.freeze({
      kind: "layers",
      ...checkAmount("layers", { sparsity, keep }, "a number of blocks"),
      by: checkChoice("layers", "by", by ?? "norm", ["norm", "last", "every"]),
    });
  if (by !== undefined) throw new OptionError("layers(): by chooses blocks, and drop names them already");
  if (!Array.isArray(drop) || drop.length === 0 || !drop.every((one) => Number.isSafeInteger(one) && one >= 0))
    throw new OptionError(
      `layers(): drop is ${JSON.stringify(drop) ?? String(drop)}; it takes block numbers such as [3, 4]`,
    );
  if (new Set(drop).size < drop.length) throw new OptionError(`layers(): drop names a block twice: ${drop.join(", ")}`);
  return Object.freeze({ kind: "layers", drop: Object.freeze([...(drop as number[])].sort((a, b) => a - b)) });
}

/** Which of `count` blocks in a row go, ascending; `scores` for "norm". */
export function chosenBlocks(count: number, step: LayersStep, scores: Float64Array): number[] {
  const gone = count - Math.max(1, keptOf(count, step));
  if (step.by === "norm") return leastOf(scores, gone);
  if (step.by === "last") return Array.from({ length: gone }, (_, i) => count - 1 - gone + i);
  return Array.from({ length: gone }, (_, i) => Math.floor(((i + 1) * count) / (gone + 1)));
}

/** The pruner of `layers()` steps. */
export const layersPruner: StructuralPruner<LayersStep> = {
  kind: "layers",
  label: (step) => (step.drop ? `layers without ${step.drop.join(", ")}` : `layers ${amountLabel(step)} by ${step.by}`),
};
