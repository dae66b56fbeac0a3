import { OptionError } from "../errors";
import { isStructural } from "../prune";
import { isWeight, rolesOf } from "../network";
import type { LeftAlone } from "../report/types";
import { layerMatcher, spelledNames, type LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import { isWeightRole, type RoleDescription } from "../tensor/role";
import type { Tensor } from "../tensor/tensor";
import { kindOfStep, labelOf, stepByTensor } from "../layer/operators";
import type { RecipeStep } from "../layer/step";
import { CutTensor } from "../surgery/cut-tensor";
import { leftAlone } from "./left-alone";
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
  /** These only; absent: all weights. */
  readonly only?: LayerPattern | readonly LayerPattern[];
  /** But not these; absent: none. */
  readonly skip?: LayerPattern | readonly LayerPattern[];
}

/** The choice of layers, and what was left alone. */
export interface Choice extends Chooser {
  /** Tensors that the patterns reach and that are no weights. */
  readonly leftAlone: LeftAlone | undefined;
}

/** Which tensors a recipe touches, and by which of its entries. Patterns choose among the weights: linear, convolution and embedding layers,
 *  experts and heads, as `tensor.role` says. What is no weight, or is not known, stays as it is, except where `only` or `match` spells out its
 *  very name; whole numbers then go through lossless coders only. `OptionError` when no tensor is left. */
export function chooseLayers(model: Model, entries: readonly CheckedEntry[], { only, skip }: Selection): Choice {
  const isChosen = only === undefined ? () => true : layerMatcher(only);
  const isSkipped = skip === undefined ? () => false : layerMatcher(skip);
  const named = new Set(
    [only, ...entries.map((entry) => entry.match)].flatMap((one) => (one ? spelledNames(one) : [])),
  );
  const roles = rolesOf(model);
  const entryOf = new Map<Tensor, number>();
  const entryFor = (tensor: Tensor): number =>
    isChosen(tensor) && !isSkipped(tensor) ? entries.findIndex(({ fits }) => fits(tensor)) : -1;
  model.tensors.forEach((tensor, at) => {
    const { role } = roles[at];
    if ((!isWeightRole(role) && !named.has(tensor.name)) || tensor.parameters === 0) return;
    const entry = entryFor(tensor);
    if (entry < 0) return;
    if (role === "integer") checkLossless(tensor, entries[entry]);
    entryOf.set(tensor, entry);
  });
  if (entryOf.size === 0) throw nothingTouched(model, roles);
  return {
    entryOf: (tensor) => entryOf.get(tensor),
    isSkipped,
    leftAlone: leftAlone(
      model,
      (tensor) => entryFor(tensor) >= 0,
      (tensor) => entryOf.has(tensor),
    ),
  };
}

function checkLossless({ name, dtype }: Tensor, { steps }: CheckedEntry): void {
  const lossy = steps.find((step) => kindOfStep(step) !== "encode");
  if (lossy)
    throw new OptionError(
      `compress(): ${name} holds whole numbers (${dtype}), which ${labelOf(lossy)} would change; a lossless coder alone takes them: { match: "${name}", steps: zstd() }`,
    );
}

function nothingTouched(model: Model, roles: readonly RoleDescription[]): OptionError {
  const weights = model.tensors.filter((_, at) => isWeightRole(roles[at].role));
  const some = weights.slice(0, 3).map(({ name }) => `"${name}"`);
  return new OptionError(
    `compress(): the recipe touches none of the ${model.tensors.length} tensors of ${model.name}; ` +
      (some.length === 0
        ? "none is a weight, and others are touched by their very names only"
        : `match, only and skip choose weights by names such as ${some.join(", ")}; a glob has *, **, ? and {a,b}`),
  );
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
  if (layers.length === 0 && !surgery) throw nothingTouched(model, rolesOf(model));
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
