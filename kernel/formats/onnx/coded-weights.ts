import type { Tensor } from "../../tensor/tensor";
import { dequantizedWeight } from "./dequantized";
import type { CodedWeight, FoundCodes, StoredWeight } from "./dequantized";
import type { Constant, Constants, Dequantization, PackedCodes } from "./graph";
import { packedLayout, PackedRowsTensor } from "./packed-rows";
import { roleByUses } from "./uses";

/** Which tensors of a model of ONNX are the parts of one weight. */

/** Whether values of a type are integers. */
export const isInteger = (dtype: string): boolean => /^([IU]\d|BOOL)/.test(dtype);

type Made = ReadonlyMap<Constant, Tensor>;

/** The weights that a model keeps as codes, and why it is refused, where a node takes codes in a way that is not decoded. `file`: for errors. */
export function storedWeights({ dequantizations, packed, taken }: Constants, made: Made, file: string): FoundCodes {
  const weights = [
    ...dequantizations.flatMap((one): StoredWeight | [] => {
      const weight = codedWeight(one, made);
      return weight ? dequantizedWeight(weight) : [];
    }),
    ...packed.flatMap((one) => packedWeight(one, made, file) ?? []),
  ];
  const decoded = new Set(weights.flatMap(({ codes, beside }) => [codes, ...beside]));
  for (const [constant, { op }] of taken) {
    const tensor = made.get(constant);
    if (tensor && !decoded.has(tensor) && isInteger(tensor.dtype) && tensor.shape.length > 1 && tensor.parameters > 1)
      return {
        weights,
        refusal: `"${tensor.name}", ${tensor.dtype} [${tensor.shape.join(", ")}], is stored as codes of ONNX's ${op}, which is not decoded here`,
      };
  }
  return { weights };
}

function packedWeight(
  { codes, scale, zero, order, node }: PackedCodes,
  made: Made,
  file: string,
): StoredWeight | undefined {
  const [code, scales, zeros, blocks] = [codes, scale, zero, order].map((constant) => constant && made.get(constant));
  if (!code || !scales) return undefined;
  if (code.dtype !== "U8" && node.op === "GatherBlockQuantized") {
    const { quantize_axis: axis = 1, block_size: blockSize = 128 } = node.attributes;
    const weight = codedWeight({ codes, scale, zero, axis: Number(axis), blockSize: Number(blockSize) }, made);
    return weight && dequantizedWeight(weight);
  }
  const parts = { node, codes: code, scale: scales, zero: zeros, order: blocks };
  return {
    codes: code,
    beside: [scales, zeros, blocks].filter((one) => one !== undefined),
    make: (name) => {
      const layout = packedLayout(parts, file);
      return new PackedRowsTensor(name, parts, layout, roleByUses(codes.uses, layout.shape));
    },
  };
}

/** The tensors of a weight of codes, where their shapes fit each other; codes whose scales do not fit stay integers. */
function codedWeight(
  { codes, scale, zero, axis: from, blockSize }: Dequantization,
  made: Made,
): CodedWeight | undefined {
  const [code, scales, zeros] = [codes, scale, zero].map((constant) => constant && made.get(constant));
  if (!code || !scales || (zero && !zeros) || !(isInteger(code.dtype) || code.dtype.startsWith("F8"))) return undefined;
  const rank = code.shape.length;
  const axis = from < 0 ? from + rank : from;
  const isOne = scales.parameters === 1 && scales.shape.length <= 1;
  if (!isOne && !(axis >= 0 && axis < rank)) return undefined;
  const fits = isOne
    ? true
    : blockSize > 0
      ? scales.shape.length === rank &&
        scales.shape.every(
          (size, at) => size === (at === axis ? Math.ceil(code.shape[at] / blockSize) : code.shape[at]),
        )
      : scales.shape.length === 1 && scales.shape[0] === code.shape[axis];
  if (!fits || (zeros && zeros.parameters !== scales.parameters)) return undefined;
  const { role, roleReason, axes } = roleByUses(codes.uses, code.shape) ?? {};
  return {
    codes: code,
    scale: scales,
    zero: zeros,
    axis: isOne ? 0 : axis,
    blockSize: isOne ? 0 : blockSize,
    role,
    roleReason,
    axes,
  };
}
