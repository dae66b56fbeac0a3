/** Node pruning: whole output neurons (rows of a weight matrix, output channels of a kernel) go, those of least norm
 *  (Li et al. 2017, arXiv 1608.08710, for filters with the L1 norm).
 *
 *  On one tensor, `prune(w, nodes(…))`: weights (out, in) f32 → mask (out, in), 0 over whole rows, and the removed rows, ascending.
 *  Exactly round(sparsity·out) rows go, or all but `keep`; with `align` the number that stays is raised to a multiple of it (never above
 *  out). The norm is a sum in float64 in order; equal norms: the lowest index goes first. `removeNodes` takes them out of arrays.
 *
 *  On a model, `compress(model, nodes(…))`: hidden neurons are taken out of the network for real: rows of every weight that makes them
 *  (up, and gate where there is one), entries of their biases and batch norms, columns of what reads them (network/channels.ts). A
 *  neuron's norm is over all the weights that make it. The small network computes what the large one does with those columns at zero. At
 *  least one neuron stays in each layer. Where the wiring is not known that is an error; `remove: false` sets rows to zero instead, in
 *  every weight matrix that the recipe touches, and keeps shapes. */
import { OptionError } from "../errors";
import { checkFinite } from "../measure/finite";
import { checkChoice, checkOptionNames } from "../options";
import { parametersOf, type Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { amountLabel, checkAlign, checkAmount, checkChain, checkScope, keptOf } from "./channels/amount";
import type { Pruned, Pruner } from "./pruner";
import { leastOf } from "./channels/select";
import { matrixOf } from "./sparse/storage";

/** Options of `nodes()`: sparsity or keep. */
export interface NodesOptions {
  /** Share of the nodes to remove, 0–1. Instead of `keep`. */
  sparsity?: number;
  /** Number of nodes that stay, at least 1 (all of them, where a layer has fewer). */
  keep?: number;
  /** Sum of |w| (default) or root of the sum of w². */
  norm?: "l1" | "l2";
  /** The number that stays is a multiple of this, at least 1; default 1. */
  align?: number;
  /** In a model, over what the share is counted: each layer by itself (default: all get the same size), or all layers, where a neuron's
   *  norm is divided by its number of weights so that layers of different width compare. */
  scope?: "layer" | "global";
  /** In a model: take neurons out of the network (default), or set their rows to zero. */
  remove?: boolean;
  /** In a model: the names of its layers in the order in which they follow one another, where that is not known. */
  chain?: readonly string[];
}

/** The step that `nodes()` gives, checked and frozen. */
export interface NodesStep extends Step {
  /** Names the method. */
  readonly kind: "nodes";
  /** Share of the nodes that goes, 0–1. */
  readonly sparsity?: number;
  /** Number of nodes that stay. */
  readonly keep?: number;
  /** What ranks the nodes: Σ|w|, or √Σw². */
  readonly norm: "l1" | "l2";
  /** The number that stays is a multiple of this. */
  readonly align: number;
  /** Absent: "layer". */
  readonly scope?: "global";
  /** Absent: true. */
  readonly remove?: false;
  /** The names of the layers in the order in which they follow one another. */
  readonly chain?: readonly string[];
}

/** The step "remove whole output nodes": `nodes({ sparsity: 0.25 })`, `nodes({ keep: 64, norm: "l2", align: 8 })`. Throws
 *  `OptionError` for an unknown option, and unless exactly one of sparsity and keep is given. */
export function nodes(options: NodesOptions): NodesStep {
  checkOptionNames("nodes", options, ["sparsity", "keep", "norm", "align", "scope", "remove", "chain"]);
  const amount = checkAmount("nodes", options, "a number of nodes");
  const norm = checkChoice("nodes", "norm", options.norm ?? "l1", ["l1", "l2"]);
  const align = checkAlign("nodes", options.align);
  const network = { ...checkScope("nodes", options), ...checkChain("nodes", options.chain) };
  const [odd] = Object.keys(network);
  if (options.remove === false && odd)
    throw new OptionError(`nodes(): ${odd} goes with neurons that are taken out, and remove is false`);
  return Object.freeze({
    kind: "nodes",
    ...amount,
    norm,
    align,
    ...network,
    ...(options.remove === false && { remove: false as const }),
  });
}

/** Number of nodes that stay out of `rows`. */
function keptNodes(rows: number, step: NodesStep): number {
  return keptOf(rows, step, step.align);
}

function prune(weights: Float32Array, shape: Shape, step: NodesStep, name?: string): Pruned {
  checkFinite(weights, "nodes", name);
  if (shape.length < 2)
    throw new OptionError(
      `nodes(): ${name ?? "the tensor"} has shape (${shape.join(", ")}); nodes are the rows of a matrix`,
    );
  const { rows, columns } = matrixOf(shape);
  const norms = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let i = row * columns; i < (row + 1) * columns; i++)
      sum += step.norm === "l1" ? Math.abs(weights[i]) : weights[i] ** 2;
    norms[row] = sum; // the root of the sum of squares orders as the sum does
  }
  const removed = leastOf(norms, rows - keptNodes(rows, step));
  const mask = new Uint8Array(weights.length).fill(1);
  for (const row of removed) mask.fill(0, row * columns, (row + 1) * columns);
  const kept = (rows - removed.length) * columns;
  return {
    step,
    shape,
    mask,
    kept,
    nodes: removed,
    storage: { scheme: "nodes", indexBits: rows, storedWeights: kept },
  };
}

/** A layer's parameters: weight (out, in, …) and, where it has one, bias (out). */
export interface LayerParameters {
  /** Values (out, in, …), row-major. */
  readonly weight: Float32Array;
  /** Dimensions of `weight`, outermost first. */
  readonly shape: Shape;
  /** Values (out); absent: the layer has none. */
  readonly bias?: Float32Array;
}

/** Takes output nodes out of a layer, and the inputs that they fed out of the next: weight (out, in, …) → (out − removed, in, …),
 *  bias (out) → (out − removed), next (out₂, out, …) → (out₂, out − removed, …). Where the next layer has a multiple of `out`
 *  inputs (a flattened feature map), each node feeds that many inputs in a row. Returns copies.
 *  The network computes the same as with the nodes' weights *and* biases set to zero, for an activation with f(0) = 0 between the
 *  layers. Throws `OptionError` for a node that is not there, one named twice, and shapes that do not fit. */
export function removeNodes(
  layer: LayerParameters,
  removed: readonly number[],
  next?: Pick<LayerParameters, "weight" | "shape">,
): {
  /** The layer without the nodes. */
  layer: LayerParameters;
  /** The next layer without their inputs, where it was given. */
  next?: Pick<LayerParameters, "weight" | "shape">;
} {
  const { rows, columns } = matrixOf(layer.shape);
  if (layer.shape.length < 2 || rows * columns !== layer.weight.length)
    throw new OptionError(
      `removeNodes(): shape (${layer.shape.join(", ")}) does not hold ${layer.weight.length} weights`,
    );
  if (layer.bias && layer.bias.length !== rows)
    throw new OptionError(`removeNodes(): the bias has ${layer.bias.length} entries for ${rows} nodes`);
  const gone = new Set(removed);
  const odd = removed.find((node) => !Number.isInteger(node) || node < 0 || node >= rows);
  if (odd !== undefined) throw new OptionError(`removeNodes(): there is no node ${odd} among ${rows}`);
  if (gone.size !== removed.length) throw new OptionError(`removeNodes(): a node is named twice`);
  const stay = Array.from({ length: rows }, (_, row) => row).filter((row) => !gone.has(row));
  const pick = (values: Float32Array, size: number) => {
    const out = new Float32Array(stay.length * size);
    stay.forEach((row, i) => out.set(values.subarray(row * size, (row + 1) * size), i * size));
    return out;
  };
  const result: LayerParameters = {
    weight: pick(layer.weight, columns),
    shape: [stay.length, ...layer.shape.slice(1)],
    ...(layer.bias && { bias: pick(layer.bias, 1) }),
  };
  if (!next) return { layer: result };
  const inputs = next.shape[1] ?? 0;
  if (parametersOf(next.shape) !== next.weight.length || inputs === 0 || inputs % rows !== 0)
    throw new OptionError(
      `removeNodes(): the next layer's shape (${next.shape.join(", ")}) does not take ${rows} inputs`,
    );
  const perNode = parametersOf(next.shape.slice(1)) / rows;
  const weight = new Float32Array(next.shape[0] * stay.length * perNode);
  for (let row = 0; row < next.shape[0]; row++) {
    const from = next.weight.subarray(row * rows * perNode, (row + 1) * rows * perNode);
    weight.set(pick(from, perNode), row * stay.length * perNode);
  }
  const shape = [next.shape[0], (inputs / rows) * stay.length, ...next.shape.slice(2)];
  return { layer: result, next: { weight, shape } };
}

/** The pruner of `nodes()` steps on one tensor. */
export const nodesPruner: Pruner<NodesStep> = {
  kind: "nodes",
  prune,
  isStructural: (step) => step.remove !== false,
  target: (shape, step) => {
    const { rows } = matrixOf(shape);
    return rows === 0 ? 0 : 1 - keptNodes(rows, step) / rows;
  },
  label: (step) => {
    const more = `${step.align > 1 ? ` ×${step.align}` : ""}${step.scope ? " global" : ""}`;
    return `nodes ${amountLabel(step)} ${step.norm}${more}${step.remove === false ? " as zeros" : ""}`;
  },
};
