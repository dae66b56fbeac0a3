import { OptionError } from "../errors";
import { ggmlSteps, type GgmlStep } from "../quantize";
import { roleOf } from "../tensor/layer-names";
import { layerMatcher, type LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import type { Step } from "../tensor/step";
import type { Tensor } from "../tensor/tensor";
import type { CheckedEntry } from "./recipe";

/** A tensor and the steps that it goes through. */
export interface PlannedLayer {
  readonly tensor: Tensor;
  readonly entry: number;
  readonly steps: readonly Step[];
}

export interface Selection {
  readonly only?: LayerPattern | readonly LayerPattern[];
  readonly skip?: LayerPattern | readonly LayerPattern[];
}

/** The layers that a recipe touches, in model order. Patterns choose among the weight matrices: tensors of two or more dimensions of
 *  linear, convolution and embedding layers. Norms, biases and buffers stay as they are, except where `only` or `match` is their very
 *  name. `OptionError` when nothing is left to do. */
export function planLayers(model: Model, entries: readonly CheckedEntry[], { only, skip }: Selection): PlannedLayer[] {
  const isChosen = only === undefined ? () => true : layerMatcher(only);
  const isSkipped = skip === undefined ? () => false : layerMatcher(skip);
  const named = new Set([only, ...entries.map((entry) => entry.match)].flat());
  const stepsOf = entries.map(({ steps }) => stepsByTensor(steps, model));
  const layers = model.tensors.flatMap((tensor): PlannedLayer[] => {
    const { name, shape } = tensor;
    const weight = shape.length >= 2 && ["linear", "convolution", "embedding"].includes(roleOf(name, shape));
    if ((!weight && !named.has(name)) || tensor.parameters === 0) return [];
    if (!isChosen(tensor) || isSkipped(tensor)) return [];
    const entry = entries.findIndex(({ fits }) => fits(tensor));
    if (entry < 0) return [];
    const steps = stepsOf[entry](tensor);
    return steps.length === 0 ? [] : [{ tensor, entry, steps }];
  });
  if (layers.length > 0) return layers;
  const some = model.tensors.slice(0, 3).map(({ name }) => `"${name}"`);
  throw new OptionError(
    `compress(): the recipe touches none of the ${model.tensors.length} tensors of ${model.name}; ` +
      (some.length === 0
        ? "it has none"
        : `match, only and skip choose weight matrices by names such as ${some.join(", ")}`),
  );
}

/** The steps as one tensor takes them: ggml's choose their type by the tensor's place and shape, and its mixtures leave some alone. */
function stepsByTensor(steps: readonly Step[], model: Model): (tensor: Tensor) => readonly Step[] {
  const chosen = steps.map((step) => (step.kind === "ggml" ? ggmlSteps(step as GgmlStep, model.tensors) : () => step));
  return (tensor) => chosen.flatMap((choose) => choose(tensor) ?? []);
}
