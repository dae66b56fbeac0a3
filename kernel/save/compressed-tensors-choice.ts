/** Which layers of a model a folder of compressed-tensors holds packed, each with its layout, and why the others are plain. */
import { roleOf } from "../network";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { CompressedTensor } from "../layer/layer-tensor";
import { packsZeroPoints } from "./compressed-tensors-integers";
import { layoutOf } from "./compressed-tensors-layout";
import {
  NotPackable,
  type CompressedLayout,
  type CompressedScheme,
  type LayoutChoice,
} from "./compressed-tensors-scheme";
import { unevenModules } from "./fused-layers";
import { isExpertMatrix, moduleOf, whyNotLinear } from "./packable";

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

/** Chooses for a model. transformers 5.24 opens a folder in one of two ways. Plainly, compressed-tensors decodes each layer by its own scheme
 *  before the first forward, exactly; this fails where zero points are packed, where codes are of 4-bit floats (they come out as bfloat16, of
 *  whatever type the network is) and knows no experts, which have no module. With `dequantize` in config.json all layers are decoded as they are
 *  loaded, by one scheme, that of the first group, and experts by another. So a folder of one scheme that needs it has it; in a mixed one zero
 *  points are written otherwise, and layers for which there is no other way are plain. */
export function packedLayers(
  model: Pick<Model, "config"> & { readonly tensors: readonly Tensor[] },
  dynamicInputs: boolean,
): PackedLayers {
  const packed: LayoutChoice = { dynamicInputs, zeroPoints: "packed" };
  const draft = draftOf(model, packed);
  leaveUneven(draft, model.tensors);
  const schemes = new Set(
    [...draft.layouts].filter(([tensor]) => !isExpertMatrix(tensor)).map(([, one]) => keyOf(one)),
  );
  const isOne = schemes.size < 2;
  if (!isOne || dynamicInputs)
    leaveExperts(draft, "transformers decodes experts only where all other layers have one scheme");
  else leaveUnevenExperts(draft, model.tensors);
  const needs = [...draft.layouts].some(([tensor, { scheme }]) => isExpertMatrix(tensor) || needsDequantize(scheme));
  if (!needs || isOne) return { ...draft, choice: packed, dequantizes: needs };
  const choice: LayoutChoice = { dynamicInputs, zeroPoints: "none" };
  for (const [tensor] of draft.layouts)
    if (tensor instanceof CompressedTensor) {
      const layout = layoutOf(tensor.outline, choice);
      if (!needsDequantize(layout.scheme)) draft.layouts.set(tensor, layout);
      else leave(draft, tensor, "compressed-tensors decodes it to bfloat16 in a folder of several schemes");
    }
  leaveUneven(draft, model.tensors);
  return { ...draft, choice, dequantizes: false };
}

const keyOf = ({ scheme }: CompressedLayout): string => JSON.stringify(scheme);

/** Whether layers of a scheme are decoded rightly only as they are loaded. */
function needsDequantize(scheme: CompressedScheme): boolean {
  return packsZeroPoints(scheme) || /^(nvfp4|mxfp4|mxfp8)-/.test(scheme.format);
}

function leave({ layouts, reasons }: Draft, tensor: Tensor, reason: string): void {
  layouts.delete(tensor);
  reasons.set(tensor, reason);
}

function draftOf(model: Pick<Model, "config"> & { readonly tensors: readonly Tensor[] }, choice: LayoutChoice): Draft {
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

function leaveExperts(draft: Draft, reason: string): void {
  for (const tensor of [...draft.layouts.keys()]) if (isExpertMatrix(tensor)) leave(draft, tensor, reason);
}

/** transformers decodes the matrices of all experts by one scheme, of integers or of 8-bit floats, or none. */
function leaveUnevenExperts(draft: Draft, tensors: readonly Tensor[]): void {
  const experts = tensors.filter((tensor) => tensor.shape.length === 2 && roleOf(tensor).role === "expert");
  const forms = new Set(experts.map((tensor) => draft.layouts.get(tensor)).map((layout) => layout && keyOf(layout)));
  const [form] = experts.map((tensor) => draft.layouts.get(tensor));
  const isKnown =
    form !== undefined && form.scheme.weights.symmetric && /^(pack|float)-quantized$/.test(form.scheme.format);
  if (forms.size > 1) leaveExperts(draft, "transformers decodes experts only where all of them have one scheme");
  else if (!isKnown) leaveExperts(draft, "transformers decodes experts of symmetric integers and of 8-bit floats only");
}
