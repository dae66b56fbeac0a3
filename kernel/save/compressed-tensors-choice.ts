/** Which layers of a model a folder of compressed-tensors holds packed, each with its layout, and why the others are plain. */
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { CompressedTensor } from "../layer/layer-tensor";
import { layoutOf } from "./compressed-tensors-layout";
import { NotPackable, type CompressedLayout, type LayoutChoice } from "./compressed-tensors-scheme";
import { unevenModules } from "./fused-layers";
import { isExpertMatrix, moduleOf, typeOf, whyNotLinear } from "./packable";
import { isRenamedOtherwise } from "./renamed-modules";

/** What is packed and what is not. */
export interface PackedLayers {
  /** The layout of each packed layer. */
  readonly layouts: ReadonlyMap<Tensor, CompressedLayout>;
  /** Why a layer that was quantized is plain. */
  readonly reasons: ReadonlyMap<Tensor, string>;
  /** How the codes are written. */
  readonly choice: LayoutChoice;
  /** Whether transformers must decode the layers as it loads them. */
  readonly dequantizes: boolean;
}

/** Layers as they are packed, while reasons against are gathered. */
interface Draft {
  readonly layouts: Map<Tensor, CompressedLayout>;
  readonly reasons: Map<Tensor, string>;
}

/** Chooses for a model. transformers 5.24 opens a folder in one of two ways. With `dequantize` in config.json it decodes all layers as it loads them,
 *  by one scheme, that of the first group, and experts, which have no module, by another: whatever the modules are called, and into the type of
 *  the network. So a folder of one scheme has it. Without it, compressed-tensors makes packed modules, found by their names, and decodes each by
 *  its own scheme before the first forward; this fails where zero points are packed, where codes are of 4-bit floats (they come out as bfloat16,
 *  of whatever type the network is), for experts, and for networks that look at the weights of their modules in between. In a folder of several
 *  schemes, and of layers that round their inputs, zero points are written otherwise then, and layers for which there is no other way are
 *  plain. */
export function packedLayers(model: ChosenModel, dynamicInputs: boolean): PackedLayers {
  const experts = model.tensors.filter(isExpertMatrix);
  const packed: LayoutChoice = { dynamicInputs, zeroPoints: "packed" };
  const unpacked: LayoutChoice = { dynamicInputs, zeroPoints: "none" };
  // Experts have no zero points: theirs are tried the other way before they stay plain.
  for (const choice of experts.length > 0 ? [packed, unpacked] : [packed]) {
    const draft = draftOf(model, choice);
    if (!dynamicInputs && isDecodedAtOnce(draft, experts)) return { ...draft, choice, dequantizes: true };
  }
  const draft = draftOf(model, unpacked);
  leaveAll(
    draft,
    isExpertMatrix,
    "transformers decodes experts only where they are all packed, and all other layers have one scheme",
  );
  const isFloat = (tensor: Tensor) => /^(nvfp4|mxfp4|mxfp8)-/.test(draft.layouts.get(tensor)?.scheme.format ?? "");
  leaveAll(draft, isFloat, "compressed-tensors decodes it to bfloat16 in such a folder");
  const isEight = [...draft.layouts.values()].every(({ scheme }) => scheme.format === "float-quantized");
  const reason = whyNotByModule(typeOf(model), experts.length > 0 && !isEight);
  if (reason !== undefined) leaveAll(draft, () => true, reason);
  leaveUneven(draft, model.tensors);
  return { ...draft, choice: unpacked, dequantizes: false };
}

/** Whether transformers decodes the layers as it loads them: all of one scheme, experts too, or of two where no other layer's name speaks of
 *  experts, by which it tells the schemes apart. */
function isDecodedAtOnce({ layouts }: Draft, experts: readonly Tensor[]): boolean {
  if (experts.some((tensor) => !layouts.has(tensor))) return false;
  const others = [...layouts].filter(([tensor]) => !isExpertMatrix(tensor));
  const schemesOf = (chosen: readonly (readonly [Tensor, CompressedLayout])[]) =>
    new Set(chosen.map(([, one]) => keyOf(one)));
  if (schemesOf(others).size > 1) return false;
  return !others.some(([{ name }]) => name.includes("experts")) || schemesOf([...layouts]).size < 2;
}

type ChosenModel = Pick<Model, "config"> & { readonly tensors: readonly Tensor[] };

/** Types of which transformers cuts linear layers into several, joins or turns them as it loads them (its conversion_mapping.py); it cannot do so
 *  where a weight is in several tensors, as packed ones are. */
const splitTypes: ReadonlySet<string> = new Set(
  `dinov2 dinov2_with_registers ernie4_5_vl_moe gradium_phonon_tts gte hrm_text inkling_mm_model jina_embeddings_v3 kimi_k25 kimi_k25_vision
   lara_mini minimax_m3_vl mistral_large4 mistral_large4_text molmo2 molmo2_text nemo_speechlm nomic_bert qianfan_ocr qianfan_ocr_vision radio
   rf_detr sapiens2 sarvam_moe step3p5_vision step3p7 tipsv2 tipsv2_text_model tipsv2_vision_model unlimited_ocr`.split(
    /\s+/,
  ),
);

/** Types whose classes look at the weights of their modules as they are made, before packed ones are decoded. */
const early: ReadonlySet<string> = new Set(
  `bamba data2vec-audio dinov3_vit falcon falcon_h1 falcon_mamba gpt_bigcode hubert ijepa jamba longt5 mamba mamba2 modernbert modernbert-decoder
   mt5 pop2piano pvt_v2 rwkv sew sew-d siglip siglip_vision_model siglip2 siglip2_vision_model switch_transformers t5 udop umt5 unispeech
   unispeech-sat wav2vec2 wav2vec2-bert wav2vec2-conformer wavlm zamba zamba2`.split(/\s+/),
);

/** Why a network has no packed modules; `undefined` where it may. `dropsExperts`: beside packed layers transformers passes plain experts on only
 *  where the codes are of 8-bit floats. */
function whyNotByModule(type: string | undefined, dropsExperts: boolean): string | undefined {
  if (dropsExperts) return "transformers takes experts for packed ones too, and these are not";
  if (type === undefined) return undefined;
  if (early.has(type)) return `transformers opens ${type} packed only where all layers have one scheme`;
  return isRenamedOtherwise(type) ? `transformers renames the modules of ${type} as it loads them` : undefined;
}

const keyOf = ({ scheme }: CompressedLayout): string => JSON.stringify(scheme);

function leave({ layouts, reasons }: Draft, tensor: Tensor, reason: string): void {
  layouts.delete(tensor);
  reasons.set(tensor, reason);
}

function draftOf(model: ChosenModel, choice: LayoutChoice): Draft {
  const draft: Draft = { layouts: new Map(), reasons: new Map() };
  for (const tensor of model.tensors) {
    if (!(tensor instanceof CompressedTensor) || tensor.outline.content.kind !== "codes") continue;
    const reason = whyNotLinear(tensor, model);
    if (reason !== undefined) draft.reasons.set(tensor, reason);
    else
      try {
        draft.layouts.set(tensor, layoutOf(tensor.outline, choice));
      } catch (error) {
        if (!(error instanceof NotPackable)) throw error;
        draft.reasons.set(tensor, `it ${error.reason}`);
      }
  }
  const type = typeOf(model);
  if (type !== undefined && splitTypes.has(type))
    leaveAll(
      draft,
      () => true,
      `transformers opens no packed layers of ${type}, some of which it splits as it loads them`,
    );
  leaveUneven(draft, model.tensors);
  leaveUnevenExperts(draft, model.tensors);
  return draft;
}

/** Leaves layers plain that vLLM joins with others of another form. */
function leaveUneven(draft: Draft, tensors: readonly Tensor[]): void {
  const byModule = new Map(
    tensors.flatMap((tensor) => {
      const module = tensor.shape.length === 2 ? moduleOf(tensor.name) : undefined;
      return module === undefined ? [] : [[module, tensor] as const];
    }),
  );
  const formOf = (module: string) => {
    const tensor = byModule.get(module);
    const layout = tensor && draft.layouts.get(tensor);
    return layout && keyOf(layout);
  };
  for (const [module, reason] of unevenModules([...byModule.keys()], formOf)) {
    const tensor = byModule.get(module);
    if (tensor) leave(draft, tensor, reason);
  }
}

function leaveAll(draft: Draft, which: (tensor: Tensor) => boolean, reason: string): void {
  for (const tensor of [...draft.layouts.keys()]) if (which(tensor)) leave(draft, tensor, reason);
}

/** transformers decodes the matrices of all experts by one scheme, of symmetric integers or of 8-bit floats, or none. */
function leaveUnevenExperts(draft: Draft, tensors: readonly Tensor[]): void {
  const layouts = tensors.filter(isExpertMatrix).map((tensor) => draft.layouts.get(tensor));
  const forms = new Set(layouts.map((layout) => layout && keyOf(layout)));
  const scheme = layouts[0]?.scheme;
  const isKnown = scheme?.weights.symmetric === true && /^(pack|float)-quantized$/.test(scheme.format);
  if (forms.size > 1)
    leaveAll(draft, isExpertMatrix, "transformers decodes experts only where all of them have one scheme");
  else if (!isKnown)
    leaveAll(draft, isExpertMatrix, "transformers decodes experts of symmetric integers and of 8-bit floats only");
}
