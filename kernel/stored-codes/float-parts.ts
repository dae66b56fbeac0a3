/** What lies beside a weight of small floats: its scales under the names that their writers give them, and what belongs to the activations. */
import { e8m0Values } from "../bytes/small-float";
import type { Tensor } from "../tensor/tensor";
import type { FileTensors, Settings } from "./file-tensors";
import { bytesOf } from "./part";
import type { BlockSize } from "./scale-blocks";

/** Names of the scale of "X.weight", with X. in front:
 *  weight_scale_inv (DeepSeek, transformers), weight_scale (FBGEMM, ModelOpt, vLLM), scale (DeepSeek-V4), scale_weight (ComfyUI), qscale_weight
 *  (Mistral). All multiply. */
const scaleNames = ["weight_scale_inv", "weight_scale", "scale", "scale_weight", "qscale_weight"];

/** Endings of the scale of a weight of any other name, experts.gate_up_proj for one. */
const scaleEndings = ["_scale_inv", "_weight_scale", "_scale", "_weight_scale_inv"];

/** Names beside "X.weight" that tell how activations are quantized, or in words how the weight is: known, and no weights. */
const activationNames = [
  "input_scale",
  "activation_scale",
  "input_scale_ub",
  "input_scale_inv",
  "act_scale",
  "output_scale",
  "scale_input",
  "qscale_act",
  "comfy_quant",
];

const activationEndings = ["_input_scale", "_activation_scale", "_output_scale"];

/** What `quant_method` says where these names mean what they mean here. */
export const floatMethods: readonly string[] = ["fp8", "fbgemm_fp8", "mxfp8", "mxfp4", "modelopt"];

/** Whether `quant_method` is one of them, or there is none. Other libraries give the same names other layouts. */
export function isFloatMethod({ method }: FileTensors): boolean {
  return method === undefined || floatMethods.includes(method) || method.startsWith("modelopt");
}

const stemOf = (name: string): string | undefined =>
  name === "weight" || name.endsWith(".weight") ? name.slice(0, -"weight".length) : undefined;

const companions = (name: string, names: readonly string[], endings: readonly string[]): string[] => {
  const stem = stemOf(name);
  return stem === undefined ? endings.map((ending) => name + ending) : names.map((one) => stem + one);
};

/** The tensor of scales that belongs to a weight, if there is one. */
export function scaleOf(file: FileTensors, { name }: Tensor): Tensor | undefined {
  for (const one of companions(name, scaleNames, scaleEndings)) {
    const found = file.find(one);
    if (found) return found;
  }
  return undefined;
}

/** The scale of the scales, as ModelOpt has it for NVFP4: "X.weight_scale_2", "X_weight_scale_2". */
export function secondScaleOf(file: FileTensors, { name }: Tensor): Tensor | undefined {
  for (const one of companions(name, ["weight_scale_2"], ["_weight_scale_2", "_scale_2"])) {
    const found = file.find(one);
    if (found) return found;
  }
  return undefined;
}

/** The tensors beside a weight that tell how its activations are quantized. */
export function activationPartsOf(file: FileTensors, { name }: Tensor): Tensor[] {
  return companions(name, activationNames, activationEndings)
    .map((one) => file.find(one))
    .filter((found): found is Tensor => found !== undefined);
}

/** Scales as float32: U8 holds the patterns of E8M0, 2^(byte − 127). */
export async function scaleValues(scale: Tensor, signal: AbortSignal | undefined): Promise<Float32Array> {
  if (scale.dtype !== "U8") return scale.read({ signal });
  return Float32Array.from(await bytesOf(scale, signal), (byte) => e8m0Values[byte]);
}

/** Whether ComfyUI wrote the weight, which names its layout in a tensor of JSON: scales of blocks lie there in the order of a matrix unit. */
export function isOfComfyUi(file: FileTensors, { name }: Tensor): boolean {
  return companions(name, ["comfy_quant"], []).some((one) => file.find(one) !== undefined);
}

/** Types that scales are stored in. */
export const scaleTypes = ["F32", "F16", "BF16", "F8_E8M0", "F8_E4M3", "U8", "F64"];

/** The size of a block that the settings give: `weight_block_size` of finegrained FP8. `FormatError` where it is there and is no pair of
 *  positive whole numbers. */
export function blockSizeOf(file: FileTensors, tensor: Tensor): BlockSize | undefined {
  const size = file.quantization?.weight_block_size;
  if (size === undefined || size === null) return undefined;
  const isPair = Array.isArray(size) && size.length === 2 && size.every((one) => Number.isInteger(one) && one > 0);
  if (!isPair)
    return file.fail(
      tensor,
      `weight_block_size is ${JSON.stringify(size).slice(0, 60)}`,
      "rows and columns of a block",
    );
  return [Number(size[0]), Number(size[1])];
}

/** What the settings say of ModelOpt's algorithm: "FP8", "NVFP4", "MIXED_PRECISION"; undefined where ModelOpt wrote none. Its settings stand
 *  in config.json or, nested under "quantization", in hf_quant_config.json. */
export function modelOptAlgorithm({ quantization }: FileTensors): string | undefined {
  const nested = quantization?.quantization;
  const settings = typeof nested === "object" && nested !== null ? (nested as Settings) : quantization;
  const algorithm = settings?.quant_algo;
  return typeof algorithm === "string" ? algorithm.toUpperCase() : undefined;
}
