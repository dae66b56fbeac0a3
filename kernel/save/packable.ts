/** Which layers engines hold packed, and why not the others: known by what a layer is to its network, not by its name. What is written as its
 *  values is what the engine's own writer leaves as floats too. */
import { roleOf } from "../network";
import type { Model } from "../tensor/model";
import type { CompressedTensor } from "../layer/layer-tensor";
import type { Tensor } from "../tensor/tensor";
import { isTurned } from "./plain-values";

/** The end of the name of a module's weight. */
const weightSuffix = ".weight";

/** The module whose weight a tensor is; `undefined` for one that is called otherwise. */
export function moduleOf(name: string): string | undefined {
  return name.endsWith(weightSuffix) ? name.slice(0, -weightSuffix.length) : undefined;
}

/** What a network's config.json calls it; `undefined` where there is none. */
export function typeOf({ config }: Pick<Model, "config">): string | undefined {
  return typeof config?.model_type === "string" ? config.model_type : undefined;
}

/** True for one expert's matrix in a file, which transformers stacks with the others as it loads. */
export function isExpertMatrix(tensor: Tensor): boolean {
  return tensor.shape.length === 2 && roleOf(tensor).role === "expert";
}

/** Types whose stacked experts transformers replaces by modules of their own, which no tensor of the file is for, as soon as a folder says that it is
 *  packed (`MODULES_TO_PATCH_FOR_QUANTIZATION`). */
const apart = /^llama4(_text)?$/;

/** Why no engine holds a layer packed, as the end of "plain, because …"; `undefined` for a linear layer, whose codes they hold. */
export function whyNotLinear(tensor: CompressedTensor, model: Pick<Model, "config">): string | undefined {
  const { role } = roleOf(tensor);
  const type = typeOf(model);
  const module = moduleOf(tensor.name);
  if (type !== undefined && apart.test(type))
    return `transformers takes the experts of ${type} apart in a network with packed layers, and files have them in one`;
  if (role === "embedding") return "it is an embedding, which engines keep as floats";
  if (role === "router") return "it is a router, which engines keep as floats";
  if (role === "expert" && tensor.shape.length > 2) return "it is a stack of experts, and engines pack matrices";
  if (tensor.shape.length !== 2) return `it has ${tensor.shape.length} dimensions, and engines pack matrices`;
  if (isTurned(tensor.outline)) return "it does not lie (out, in), as packed matrices do";
  if (module === undefined) return "it is no module's weight";
  if (type !== undefined && (role === "head" || /(^|\.)lm_head(\.|$)/.test(module)))
    return "it is the output layer, which engines keep as floats";
  return undefined;
}

/** Whether a network has an output layer without a tensor of its own, because it is tied to the embeddings. */
export function hasTiedHead({
  config,
  tensors,
}: Pick<Model, "config"> & { readonly tensors: readonly Tensor[] }): boolean {
  const names = Array.isArray(config?.architectures) ? config.architectures.join(" ") : "";
  return /CausalLM|LMHead|ConditionalGeneration/.test(names) && tensors.every(({ name }) => name !== "lm_head.weight");
}

/** Output layers whose weight is that of the embeddings in types whose files hold nothing of them. */
const tiedHeads: ReadonlyMap<string, string> = new Map([
  ["biogpt", "output_projection"],
  ["whisper", "proj_out"],
]);

/** Modules of a network that have no weight in its file, because theirs is that of the embeddings: BERT's "cls.predictions.decoder", whose bias is
 *  "cls.predictions.bias", modules with a bias alone, and what is known of a type. Without "lm_head". */
export function tiedModules(
  model: Pick<Model, "config"> & { readonly tensors: readonly { name: string }[] },
): string[] {
  const names = model.tensors.map(({ name }) => name);
  const own = tiedHeads.get(typeOf(model) ?? "");
  const found = names.flatMap((name) => {
    const module = name.endsWith(".bias") ? name.slice(0, -".bias".length) : "";
    if (/(^|\.)predictions$/.test(module)) return [`${module}.decoder`];
    const isAlone = names.filter((other) => other.startsWith(`${module}.`)).length === 1;
    return module !== "" && isAlone ? [module] : [];
  });
  return [...found, ...(own === undefined ? [] : [own])].filter(
    (module) => !names.includes(`${module}${weightSuffix}`),
  );
}

/** Modules that stay as they are, and that an engine would take for quantized ones unless it is told: linear layers, heads, routers. */
export function plainModules(tensors: readonly Tensor[], isPacked: (tensor: Tensor) => boolean): string[] {
  return tensors.flatMap((tensor) => {
    const module = moduleOf(tensor.name);
    const { role } = roleOf(tensor);
    const isLike = tensor.shape.length === 2 && role !== "embedding" && role !== "buffer" && role !== "norm";
    return module !== undefined && isLike && !isPacked(tensor) ? [module] : [];
  });
}
