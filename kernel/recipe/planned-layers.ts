import { isStructural } from "../prune";
import { roleOf } from "../tensor/layer-names";
import { layerMatcher, type LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { stepByTensor } from "../layer/operators";
import type { RecipeStep } from "../layer/step";
import { CutTensor } from "../surgery/cut-tensor";
import { checkIntent, nothingTouched } from "./intent";
import type { CheckedEntry } from "./recipe";
import type { Chooser, Piece, Surgery } from "../surgery/surgery";

/** A tensor and the steps that it goes through. */
export interface PlannedLayer {
  /** As the steps find it: smaller than `origin` where parts were taken out of the network. */
  readonly tensor: Tensor;
  /** The tensor of the model. */
  readonly origin: Tensor;
  /** Number of the recipe's entry that it takes, from 0. */
  readonly entry: number;
  /** In the order in which they run. */
  readonly steps: readonly RecipeStep[];
  /** What was done to `origin` before; absent for nothing. */
  readonly surgery?: Pick<Piece, "maps" | "steps" | "isDropped">;
}

/** Which layers a recipe may touch, as `compress()` is told. */
export interface Selection {
  /** These only; absent: all weight matrices. */
  readonly only?: LayerPattern | readonly LayerPattern[];
  /** But not these; absent: none. */
  readonly skip?: LayerPattern | readonly LayerPattern[];
  /** What touches nothing is no error. */
  readonly allowUnmatched?: boolean;
}

/** Which tensors a recipe touches, and by which of its entries. Patterns choose among the weight matrices: tensors of two or more
 *  dimensions of linear, convolution and embedding layers. Norms, biases and buffers stay as they are, except where `only` or `match` is
 *  their very name. `OptionError` when there is none, and, unless `allowUnmatched`, for what touches nothing (intent.ts). */
export function chooseLayers(model: Model, entries: readonly CheckedEntry[], selection: Selection): Chooser {
  const { only, skip, allowUnmatched } = selection;
  const isChosen = only === undefined ? () => true : layerMatcher(only);
  const isSkipped = skip === undefined ? () => false : layerMatcher(skip);
  const takeable = takeableOf(model, only, entries);
  const entryOf = new Map<Tensor, number>();
  for (const tensor of takeable) {
    if (!isChosen(tensor) || isSkipped(tensor)) continue;
    const entry = entries.findIndex(({ fits }) => fits(tensor));
    if (entry >= 0) entryOf.set(tensor, entry);
  }
  const chooser: Chooser = { entryOf: (tensor) => entryOf.get(tensor), isOutside: (one) => !isChosen(one), isSkipped };
  if (allowUnmatched !== true) checkIntent({ model, takeable, entries, only, skip, entryOf: chooser.entryOf });
  if (entryOf.size === 0) throw nothingTouched(model, takeable);
  return chooser;
}

/** The tensors that a recipe may take: the weights, and what it names. */
function takeableOf(model: Model, only: Selection["only"], entries: readonly CheckedEntry[]): readonly Tensor[] {
  const named = new Set([only, ...entries.map((entry) => entry.match)].flat());
  return model.tensors.filter((tensor) => (isWeight(tensor) || named.has(tensor.name)) && tensor.parameters > 0);
}

function isWeight({ name, shape }: Tensor): boolean {
  return shape.length >= 2 && ["linear", "convolution", "embedding"].includes(roleOf(name, shape));
}

/** The layers that a recipe touches, in model order: those that steps remain for, and the weight matrices that parts were taken out of. */
export function planLayers(
  model: Model,
  entries: readonly CheckedEntry[],
  chooser: Chooser,
  surgery: Surgery | undefined,
): PlannedLayer[] {
  const pieces = surgery?.pieces ?? model.tensors.map((origin) => unchangedPiece(origin));
  const tensors = pieces.map((piece) =>
    isUnchanged(piece) ? piece.origin : new CutTensor(piece.origin, piece.name, piece.maps),
  );
  const left = tensors.filter((_, at) => !pieces[at].isDropped);
  const stepsOf = entries.map(({ steps }) =>
    stepsByTensor(
      steps.filter((step) => !isStructural(step)),
      left,
    ),
  );
  const layers = pieces.flatMap((piece, at): PlannedLayer[] => {
    const { origin, maps, isDropped, steps: done } = piece;
    const entry = chooser.entryOf(origin);
    const steps = entry === undefined || isDropped ? [] : stepsOf[entry](tensors[at]);
    const isSmaller = done.length > 0 && isWeight(origin);
    if (steps.length === 0 && !isSmaller) return [];
    const surgery = done.length > 0 ? { surgery: { maps, steps: done, isDropped } } : {};
    return [{ tensor: tensors[at], origin, entry: entry ?? -1, steps, ...surgery }];
  });
  if (layers.length === 0 && !surgery) throw nothingTouched(model, model.tensors.filter(isWeight));
  return layers;
}

/** A piece that nothing was done to. */
export function unchangedPiece(origin: Tensor): Piece {
  return { origin, name: origin.name, maps: [], steps: [], isDropped: false };
}

/** The tensor itself stands for a piece that nothing was done to. */
export function isUnchanged({ origin, name, maps, isDropped }: Piece): boolean {
  return maps.length === 0 && name === origin.name && !isDropped;
}

/** The steps as one tensor takes them: a method may choose by the tensor's name and shape, and leave some tensors alone. */
function stepsByTensor(
  steps: readonly RecipeStep[],
  tensors: readonly Tensor[],
): (tensor: Tensor) => readonly RecipeStep[] {
  const chosen = steps.map((step) => stepByTensor(step, tensors));
  return (tensor) => chosen.flatMap((choose) => choose(tensor) ?? []);
}
