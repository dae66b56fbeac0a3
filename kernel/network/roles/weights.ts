/** Which parameters are weights of layers, by the word that names them. A parameter that a network has for itself, and that is called neither
 *  "weight" nor "kernel", is known only by a row here. */
import type { Axes, TensorRole } from "../../tensor/role";
import { firstRule, type RoleRule } from "./rule";
import type { Subject } from "./subject";

/** A rule for weights; `axes` where the word says them, absent for the usual ones of the role. */
export interface WeightRule extends RoleRule {
  readonly axes?: Axes;
}

const outIn: Axes = { output: [0], input: [1], stacked: [] };
const inOut: Axes = { output: [1], input: [0], stacked: [] };
const sideBySide: Axes = { output: [1], input: [2], stacked: [0] };

/** Parameters of experts: one matrix for each, side by side. */
export const isExpert = ({ path, shape }: Subject): boolean =>
  shape.length === 3 &&
  /(^|[._])experts?([._]|$)|_exps(\.|$)|(^|[._])moe([._]|$)|parallel_experts|(^|\.)((input|output)_linear|(gate|up|down|gate_up)_proj)\.weight$/.test(
    path,
  );

const rules: readonly WeightRule[] = [
  {
    role: "expert",
    because: "experts side by side",
    fits: isExpert,
    parameter:
      /^((gate_up|up_gate|gate|up|down)_proj|(gate|up|down)(_exps)?|w[123]|w13|w2|wi(_[01])?|wo|w1_weight|w2_weight|w13_weight|weights?|kernel|fc[12]|linear_(fc)?[12v]|v1|mlp_\w+)$/,
  },
  {
    role: "linear",
    because: "a matrix for each head or stream, side by side",
    path: /(^|\.)attn_[kv]_b\.weight$|^altup_(unembd_)?proj\.weight$/,
    axes: sideBySide,
    least: 3,
    most: 3,
  },
  {
    role: "linear",
    because: "a matrix for each head, as TransformerLens keeps it",
    parameter: /^w_[qkvo]$/,
    axes: { output: [2], input: [1], stacked: [0] },
    least: 3,
    most: 3,
    fits: ({ parameter }) => parameter.startsWith("W_"),
  },
  {
    role: "linear",
    because: "a matrix that rows are multiplied by from the left, as TransformerLens and SAELens keep it",
    parameter: /^w_(u|in|out|gate|enc|dec)$/,
    axes: inOut,
    least: 2,
    most: 2,
    fits: ({ parameter }) => parameter.startsWith("W_"),
  },
  {
    role: "linear",
    because: "the fused query, key and value of an attention",
    parameter: /^in_proj_weight$/,
    axes: outIn,
    least: 2,
    most: 2,
  },
  {
    role: "linear",
    because: "a projection of an attention",
    parameter: /^[qkv]_proj_weight$/,
    axes: outIn,
    least: 2,
    most: 2,
  },
  {
    role: "linear",
    because: "a matrix of a recurrent layer",
    parameter: /^weight_[ih][hrc](_l\d+(_reverse)?)?$/,
    axes: outIn,
    least: 2,
    most: 2,
  },
  {
    role: "linear",
    because: "a matrix of a recurrent layer",
    parameter: /^(\w+_)?w_?[ih]h(_\w+)?$/,
    least: 2,
    most: 2,
  },
  {
    role: "linear",
    because: "a projection that rows are multiplied by from the left",
    path: /(^|\.)(text_projection|image_projection|visual\.proj|vision_model\.proj|mm_input_projection_weight|projection_matrix)$/,
    least: 2,
    most: 2,
    axes: inOut,
  },
  {
    role: "linear",
    because: "one low-rank factor of an adapter",
    parameter: /^(lora_[ab]|lora_(embedding_)?[ab]|hada_w\d_[ab]|lokr_w\d(_[ab])?|oft_r|weight_[ab])$/,
    least: 2,
    most: 2,
  },
  {
    role: "linear",
    because: "one low-rank factor of an adapter",
    path: /(^|\.)lora_[ab](\.\w+)?(\.weight)?$|(^|\.)lora_(up|down)\.weight$/,
    least: 2,
    most: 2,
  },
];

/** Words of a layer's own weight: torch's, Keras's and flax's, those before weight normalization, parametrization and pruning. */
const plainWords =
  /^(weight|weights|kernel|weight_v|weight_orig|weight_bar|weight_raw|weight\.original1?|(\w+_)?(depthwise|pointwise|recurrent)_kernel|(query|key|value|attention_output)_kernel|(\w+_)?kernel|w|\w+_w|weight_int|quantized_weight)$/;

/** The rule of a tensor whose word names a weight; `undefined` for a word that does not. */
export function weightRule(subject: Subject): WeightRule | undefined {
  const found = firstRule(rules, subject);
  if (found) return found;
  if (!plainWords.test(subject.parameter.toLowerCase())) return undefined;
  return { role: roleByRank(subject), because: wordOf(subject) };
}

const oneOfExperts = /(^|\.)experts?\.\d+\./;

/** Two dimensions are a matrix, more a convolution; a matrix under the number of an expert is that expert's. */
export function roleByRank(subject: Subject): TensorRole {
  if (isExpert(subject) || (subject.shape.length === 2 && oneOfExperts.test(subject.path))) return "expert";
  return subject.shape.length > 2 ? "convolution" : "linear";
}

function wordOf({ layerWord, shape }: Subject): string {
  const what = shape.length > 2 ? "a convolution" : "a linear layer";
  return layerWord === "" ? `the weight of ${what}` : `${layerWord} is ${what}`;
}
