/** ModelOpt's eight-bit integers (W8A16, W8A8 with SmoothQuant): X.weight I8 (…, out, in) + X.weight_scale (…, out) or one for all.
 *
 *  w = q · s in float32. `pre_quant_scale`, which SmoothQuant multiplies the inputs by, is a step of the network and stays a tensor of its own.
 *  Source: ModelOpt torch/export/quant_utils.py (to_quantized_weight, from_quantized_weight). */
import { activationPartsOf, modelOptAlgorithm, scaleOf, scaleTypes } from "./float-parts";
import { readElements } from "./part";
import { multiplyByScales, scaleBlocksOf } from "./scale-blocks";
import type { LogicalWeight, Scheme } from "./scheme";

/** ModelOpt INT8. Taken where its settings say so alone: other writers give the same names other meanings. */
export const modelOptIntegers: Scheme = {
  name: "ModelOpt INT8",
  methods: ["modelopt"],
  find(file) {
    if (!/^(W8A16|W8A8_SQ_PER_CHANNEL|MIXED_PRECISION)$/.test(modelOptAlgorithm(file) ?? "")) return [];
    const weights = [...file.tensors.values()].filter(({ dtype, shape }) => dtype === "I8" && shape.length > 1);
    return weights.flatMap((weight): LogicalWeight[] => {
      const scale = scaleOf(file, weight);
      if (!scale || scale.dtype === "U8" || !scaleTypes.includes(scale.dtype)) return [];
      const grid = scaleBlocksOf(weight.shape, scale.shape);
      if (!grid)
        return file.fail(
          scale,
          `"${scale.name}" has the shape [${scale.shape.join(", ")}] beside a weight [${weight.shape.join(", ")}]`,
          "one scale for all, or one a row",
        );
      return [
        {
          name: weight.name,
          shape: weight.shape,
          scheme: "ModelOpt INT8",
          parts: [weight, scale, ...activationPartsOf(file, weight)],
          async open({ signal }) {
            const scales = await scale.read({ signal });
            return async (values, from) => {
              await readElements(weight, values, from * grid.columns, signal);
              multiplyByScales(values, from, grid, scales);
            };
          },
        },
      ];
    });
  },
};
