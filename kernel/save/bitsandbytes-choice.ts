/** Which layers of a model a folder of bitsandbytes holds packed, each with its layout, and why the others are plain. */
import { roleOf } from "../network";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { CompressedTensor } from "../layer/layer-tensor";
import { bitsandbytesLayout, type BitsandbytesLayout } from "./bitsandbytes-layout";
import { isExpertMatrix, moduleOf, typeOf, whyNotLinear } from "./packable";
import { isRenamedOtherwise } from "./renamed-modules";

/** What is packed and what is not. */
export interface BitsandbytesLayers {
  /** The layout of each packed layer: all of one type, with the same choice of double quantization. */
  readonly layouts: ReadonlyMap<Tensor, BitsandbytesLayout>;
  /** Why a layer that was quantized is plain. */
  readonly reasons: ReadonlyMap<Tensor, string>;
}

/** Chooses for a model. config.json states one type for all layers: of several the one that most weights have is packed. */
export function bitsandbytesLayers(
  model: Pick<Model, "config"> & { readonly tensors: readonly Tensor[] },
): BitsandbytesLayers {
  const layouts = new Map<Tensor, BitsandbytesLayout>();
  const reasons = new Map<Tensor, string>();
  const names = new Set(model.tensors.map(({ name }) => name));
  const isInAttention = (module: string) => names.has(module.replace(/out_proj$/, "in_proj_weight"));
  for (const tensor of model.tensors) {
    if (!(tensor instanceof CompressedTensor) || tensor.outline.content.kind !== "codes") continue;
    const layout = bitsandbytesLayout(tensor.outline);
    const reason =
      whyNotHere(tensor, model, isInAttention) ?? (layout?.type === "int8" ? whyNotEight(tensor, model) : undefined);
    if (layout && reason === undefined) layouts.set(tensor, layout);
    else
      reasons.set(
        tensor,
        reason ?? "it was quantized neither by nf4() or fp4() nor to 8 bits by row, which bitsandbytes holds",
      );
  }
  const weights = new Map<string, number>();
  for (const [tensor, layout] of layouts)
    weights.set(kindOf(layout), (weights.get(kindOf(layout)) ?? 0) + tensor.parameters);
  const [most] = [...weights].sort(([, a], [, b]) => b - a);
  for (const [tensor, layout] of [...layouts])
    if (kindOf(layout) !== most[0]) {
      layouts.delete(tensor);
      reasons.set(tensor, `it is ${kindOf(layout)}, and a folder of bitsandbytes is all ${most[0]}`);
    }
  return { layouts, reasons };
}

/** What config.json says of the layers of a folder. */
export const kindOf = ({ type, isNested }: BitsandbytesLayout): string =>
  `${type}${isNested ? " with scales of 8 bits" : ""}`;

/** Modules that transformers keeps in float32, and so does not convert (`_keep_in_fp32_modules` of its classes). */
const keptFloats: ReadonlyMap<string, RegExp> = new Map([
  ...["t5", "mt5", "umt5", "udop", "pop2piano", "switch_transformers"].map((type) => [type, /(^|\.)wo$/] as const),
  ...["blip-2", "blip_2"].map((type) => [type, /(^|\.)qformer\./] as const),
  ...["glm_moe_dsa", "deepseek_v32", "axk2"].map((type) => [type, /indexer\.weights_proj$/] as const),
]);

/** Types whose linear layers are of a class of their own, which transformers does not convert. */
const ownClasses: ReadonlySet<string> = new Set(["falcon", "esmfold", "idefics"]);

/** Layers whose weights a network multiplies with by itself, past their module. */
const usedDirectly: ReadonlyMap<string, RegExp> = new Map([
  // RWKV divides the weights of its blocks by powers of two; WavLM hands those of its attention to a function of torch.
  ...["rwkv", "wavlm"].map((type) => [type, /./] as const),
  ...["mamba", "falcon_mamba", "jamba"].map((type) => [type, /(^|\.)(dt_proj|out_proj|x_proj|in_proj)$/] as const),
]);

/** Types that do not compute w′ when the layers are those of bitsandbytes: found by trying, the cause is not known. transformers 5.24 ends with an
 *  AssertionError in the first, and gives other answers in the second. */
const triedWrong: ReadonlySet<string> = new Set(["gpt_neox_japanese", "swinv2"]);

/** Networks whose layers get inputs of four dimensions, which LLM.int8() takes for others. */
const fourDimensions = /^(convnext|convnextv2|focalnet)$/;

/** Networks whose norms multiply what they have computed in float32 by weights of any type, and give float32. */
const wideNorms =
  /^(llama|mistral|mixtral|qwen[23](_moe)?|gemma[23]?(_text)?|phi3|granite|olmo2|smollm3|glm4|deepseek_v[23])$/;

/** Whether a tensor that no step changed must be written as float32, since transformers computes in float32 around it and yet leaves it in 16 bits
 *  as it lies in the file. (Through bitsandbytes it turns no parameter called "weight".) */
export function isLeftNarrow(tensor: Tensor, model: Pick<Model, "config">): boolean {
  if (tensor instanceof CompressedTensor || !/^B?F16$/.test(tensor.dtype) || !tensor.name.endsWith("weight"))
    return false;
  return !(roleOf(tensor).role === "norm" && wideNorms.test(typeOf(model) ?? ""));
}

function whyNotEight({ name }: Tensor, model: Pick<Model, "config">): string | undefined {
  const isDeep = fourDimensions.test(typeOf(model) ?? "") || /(^|\.)kv_b_proj\.weight$/.test(name);
  return isDeep ? "it gets inputs of four dimensions, which LLM.int8() does not multiply rightly" : undefined;
}

/** `isInAttention`: whether a module is one of torch's own `MultiheadAttention`. */
function whyNotHere(
  tensor: CompressedTensor,
  model: Pick<Model, "config">,
  isInAttention: (module: string) => boolean,
): string | undefined {
  const reason = whyNotLinear(tensor, model);
  if (reason !== undefined) return reason;
  const type = typeOf(model);
  const module = moduleOf(tensor.name) ?? "";
  if (isExpertMatrix(tensor))
    return "transformers stacks experts as it loads them, and bitsandbytes packs linear layers";
  if (isInAttention(module)) return "torch's MultiheadAttention multiplies with its weight itself, past the module";
  if (type === undefined) return undefined;
  if (isRenamedOtherwise(type)) return `transformers renames the modules of ${type} as it loads them`;
  if (ownClasses.has(type))
    return `${type} has linear layers of a class of its own, which transformers does not convert`;
  if (triedWrong.has(type))
    return `transformers does not give the answers of w′ with layers of bitsandbytes in ${type}`;
  if (keptFloats.get(type)?.test(module)) return `transformers keeps it in float32 in ${type}`;
  if (usedDirectly.get(type)?.test(module)) return `${type} multiplies with its weight itself, past the module`;
  return undefined;
}
