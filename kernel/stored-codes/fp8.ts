/** Weights of eight-bit floats with scales that multiply.
 *
 *  X.weight (…, out, in) E4M3 or E5M2 + X.weight_scale_inv, weight_scale, scale, scale_weight or qscale_weight → w = q · s in float32.
 *  The scales are F32, BF16, F16, or powers of two (F8_E8M0, or its patterns in U8): one a tensor, expert, row, or block of
 *  `weight_block_size`, the last block of an axis shorter where the size does not divide. "inv" is part of the name only: it multiplies.
 *  Scales of activations beside it belong to it and are not read.
 *
 *  Written by DeepSeek-V3 and its kin, transformers' finegrained FP8 and FBGEMM FP8, ModelOpt (FP8, MXFP8), ComfyUI, Mistral. Sources: DeepSeek-V3
 *  inference/kernel.py (weight_dequant), transformers integrations/finegrained_fp8.py and fbgemm_fp8.py, ModelOpt
 *  torch/quantization/qtensor/fp8_tensor.py and mxfp8_tensor.py. */
import type { Tensor } from "../tensor/tensor";
import type { FileTensors } from "./file-tensors";
import {
  activationPartsOf,
  blockSizeOf,
  floatMethods,
  isFloatMethod,
  isOfComfyUi,
  modelOptAlgorithm,
  scaleOf,
  scaleTypes,
  scaleValues,
} from "./float-parts";
import { readElements } from "./part";
import { multiplyByScales, scaleBlocksOf, type ScaleBlocks } from "./scale-blocks";
import type { LogicalWeight, Scheme } from "./scheme";

const elementTypes: ReadonlySet<string> = new Set(["F8_E4M3", "F8_E5M2"]);

/** FP8 with scales. */
export const fp8: Scheme = {
  name: "FP8",
  methods: floatMethods,
  find(file) {
    if (!isFloatMethod(file)) return [];
    const weights = [...file.tensors.values()].filter(
      ({ dtype, parameters }) => elementTypes.has(dtype) && parameters > 0,
    );
    refusePlainWithScale(file);
    return weights.flatMap((weight) => {
      const scale = scaleOf(file, weight);
      if (scale && scale.parameters > 1 && isOfComfyUi(file, weight)) return [];
      if (scale && !elementTypes.has(scale.dtype)) return [weightOf(file, weight, scale)];
      // A scale of E4M3 belongs to four-bit floats, and so does the tensor that is one itself.
      if (!scale && saysFp8(file) && weight.shape.length > 1 && !isScaleName(weight.name))
        file.fail(
          weight,
          `"${weight.name}" is ${weight.dtype} [${weight.shape.join(", ")}], the settings say FP8, and there is no scale`,
          `its scale beside it: ${weight.name.replace(/(^|\.)weight$/, "$1weight_scale_inv or $1weight_scale")}`,
        );
      return [];
    });
  },
};

/** A weight of plain floats beside a scale of FP8: one of the two is of another file, and whether the scale is applied already nobody knows. */
function refusePlainWithScale(file: FileTensors): void {
  for (const stem of file.stems("weight_scale_inv")) {
    const weight = file.find(`${stem}weight`);
    if (weight && /^(F16|BF16|F32|F64)$/.test(weight.dtype))
      file.fail(
        weight,
        `"${weight.name}" is ${weight.dtype} and has "${stem}weight_scale_inv" beside it, which belongs to a weight of FP8`,
        "a weight of F8_E4M3, or none of its scale; open(path, { raw: true }) shows both",
      );
  }
}

const isScaleName = (name: string): boolean => /scale(_inv|_2)?$/.test(name);

function saysFp8(file: FileTensors): boolean {
  return /^(fbgemm_fp8|fp8|mxfp8)$/.test(file.method ?? "") || (modelOptAlgorithm(file)?.includes("FP8") ?? false);
}

function weightOf(file: FileTensors, weight: Tensor, scale: Tensor): LogicalWeight {
  const block = blockSizeOf(file, scale);
  const grid = scaleTypes.includes(scale.dtype) ? scaleBlocksOf(weight.shape, scale.shape, block) : undefined;
  if (!grid)
    return file.fail(
      scale,
      `"${scale.name}" is ${scale.dtype} [${scale.shape.join(", ")}] beside a weight [${weight.shape.join(", ")}]`,
      `one scale for all, one a matrix, one a row, or one a block of ${
        block ? block.join("×") : "weight_block_size, which quantization_config in config.json does not give"
      }`,
    );
  const { columns } = grid;
  return {
    name: weight.name,
    shape: weight.shape,
    scheme: schemeName(weight, scale, grid),
    parts: [weight, scale, ...activationPartsOf(file, weight)],
    async open({ signal }) {
      const scales = await scaleValues(scale, signal);
      return async (values, from) => {
        await readElements(weight, values, from * columns, signal);
        multiplyByScales(values, from, grid, scales);
      };
    },
  };
}

function schemeName(weight: Tensor, scale: Tensor, grid: ScaleBlocks): string {
  const type = weight.dtype.slice("F8_".length);
  const { rows, columns, blockRows, blockColumns, gridRows, gridColumns, isPerMatrix } = grid;
  const isPowerOfTwo = scale.dtype === "F8_E8M0" || scale.dtype === "U8";
  if (isPowerOfTwo && blockRows === 1 && blockColumns === 32) return `MXFP8 ${type}`;
  if (gridRows * gridColumns === 1) return `FP8 ${type} per ${isPerMatrix ? "matrix" : "tensor"}`;
  if (blockRows === 1 && blockColumns === columns) return `FP8 ${type} per row`;
  if (blockColumns === 1 && blockRows === rows) return `FP8 ${type} per column`;
  return `FP8 ${type} in blocks of ${blockRows}×${blockColumns}`;
}
