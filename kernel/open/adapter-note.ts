/** What a file of an adapter is: factors and scales that are added to the weights of another model, no weights themselves. */
import type { Siblings } from "../formats/siblings";
import { readBeside } from "../formats/config";
import type { Model } from "../tensor/model";

/** Names of what PEFT, diffusers, LyCORIS and their kin add to a weight. */
const added =
  /(^|[._])(lora_(a|b|up|down|embedding_[ab]|magnitude_vector)|hada_w[12]_[ab]|lokr_w[12](_[ab])?|oft_r|oft_blocks|ia3_l|vera_lambda_[bd]|dora_scale|prompt_embeddings|adaption_prompt)([._]|$)/i;

/** Adapters stay what they are, for their factors are compressed as matrices of their own; a sentence says that, and of which model they are.
 *  Undefined for a model that has no part of one. */
export async function adapterNote(
  model: Pick<Model, "tensors">,
  siblings: Siblings,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const factors = model.tensors.filter(({ name }) => added.test(name)).length;
  if (factors === 0) return undefined;
  const isWhole = model.tensors.some(({ name }) => /(^|\.)base_layer\./.test(name));
  if (isWhole)
    return `an adapter that is not merged: ${factors} of its tensors stand beside the weights and are added when the network runs; what is measured is each of them by itself (PEFT's merge_and_unload gives the weights)`;
  const settings = await readBeside("adapter_config.json", siblings, signal);
  const kind = typeof settings?.peft_type === "string" ? ` (${settings.peft_type})` : "";
  const of = settings?.base_model_name_or_path;
  const base = typeof of === "string" && of !== "" ? ` of ${of}` : "";
  return `an adapter${kind}${base}: ${factors} tensors that are added to the weights of that model, and no weights; what is measured is each of them by itself (PEFT's merge_and_unload gives the weights)`;
}
