import type { Axes, RoleDescription } from "../../tensor/role";
import type { NodeMessage } from "./messages";

/** What the graph says of a constant: which operator takes it, as which input. */

/** A node that takes a constant. */
export interface Use {
  readonly node: NodeMessage;
  /** Which of its inputs it is, from 0. */
  readonly input: number;
  /** Axis of the constant for each axis that the node sees; undefined: the same. */
  readonly axes: readonly number[] | undefined;
}

/** Operators through which a weight passes as it is, by their first input. */
const passing: ReadonlySet<string> = new Set([
  "Identity",
  "Cast",
  "Transpose",
  "DequantizeLinear",
  "QuantizeLinear",
  "CastLike",
]);
const norms = /Normalization$/;
const standard: ReadonlySet<string> = new Set(["", "ai.onnx"]);

/** True for a node that hands its first input on. */
export function passes({ op, domain }: NodeMessage): boolean {
  return passing.has(op) && (standard.has(domain) || (domain === "com.microsoft" && op.endsWith("antizeLinear")));
}

/** The axes that are seen behind a node that passes a tensor of that rank on. */
export function axesBehind(
  { op, attributes }: NodeMessage,
  before: readonly number[] | undefined,
  rank: number,
): readonly number[] | undefined {
  if (op !== "Transpose") return before;
  const plain = Array.from({ length: rank }, (_, axis) => axis);
  const { perm = [...plain].reverse() } = attributes;
  if (!Array.isArray(perm) || perm.length !== rank) return before;
  return (perm as readonly number[]).map((axis) => (before ?? plain)[axis] ?? axis);
}

/** What a constant of that shape is to its graph, by all nodes that take it; undefined where none does, or none says. */
export function roleByUses(uses: readonly Use[], shape: readonly number[]): RoleDescription | undefined {
  let weight: RoleDescription | undefined;
  for (const use of uses) {
    if (shape.length < 2 || weight?.role === "embedding") break;
    // A weight may have a use for each of a million nodes; what is looked up is an embedding whatever else is made of it.
    if (weight === undefined || use.node.op.startsWith("Gather")) weight = weightRole(use, shape) ?? weight;
  }
  if (weight) return weight;
  const [use] = uses;
  if (use === undefined) return undefined;
  const { node, input } = use;
  const reason = `input ${input} of ONNX's ${node.op}`;
  if (norms.test(node.op)) return { role: "norm", roleReason: reason };
  if (biasInputs[node.op] === input) return { role: "bias", roleReason: reason };
  if (node.op === "Add" && shape.filter((size) => size > 1).length === 1) return { role: "bias", roleReason: reason };
  return { role: standard.has(node.domain) ? "buffer" : "unknown", roleReason: reason };
}

const biasInputs: Readonly<Record<string, number>> = {
  Conv: 2,
  ConvTranspose: 2,
  Gemm: 2,
  FusedConv: 2,
  FusedGemm: 2,
  LSTM: 3,
  GRU: 3,
  RNN: 3,
};

/** The role of a weight, in the axes of the constant. Conv (out, in/groups, …), of depthwise ones without an axis of inputs, ConvTranspose (in, out/groups, …), Gemm (in, out) or, where
 *  transB, (out, in), MatMul (…, in, out), recurrent (directions, out, in), Gather (entries, width). */
function weightRole({ node, input, axes }: Use, shape: readonly number[]): RoleDescription | undefined {
  const { op, attributes } = node;
  const rank = shape.length;
  if (rank < 2) return undefined;
  const own = (axis: number): number => axes?.[axis] ?? axis;
  const found = (
    role: RoleDescription["role"],
    output: number,
    from: number,
    stacked: readonly number[] = [],
  ): RoleDescription => ({
    role,
    roleReason: `input ${input} of ONNX's ${op}`,
    axes: lying(own(output), own(from), stacked.map(own)),
  });
  const front = Array.from({ length: rank - 2 }, (_, axis) => axis);
  const convolution = (): RoleDescription =>
    typeof attributes.group === "number" && attributes.group > 1 && shape[1] === 1
      ? { ...found("convolution", 0, 1), axes: { output: [own(0)], input: [], stacked: [] } }
      : found("convolution", 0, 1);
  switch (op) {
    case "Conv":
    case "FusedConv":
    case "DeformConv":
    case "ConvInteger":
      return input === 1 ? convolution() : undefined;
    case "ConvTranspose":
      if (input !== 1) return undefined;
      // In groups, the outputs of one group lie beside those of the others: no two of them may share what belongs to one.
      return typeof attributes.group === "number" && attributes.group > 1
        ? {
            ...found("convolution", 1, 0),
            axes: { output: (shape[1] === 1 ? [0] : [0, 1]).map(own), input: [], stacked: [] },
          }
        : found("convolution", 1, 0);
    case "Gemm":
    case "FusedGemm":
      if (rank !== 2 || input > 1) return undefined;
      if (input === 0) return attributes.transA === 1 ? found("linear", 1, 0) : found("linear", 0, 1);
      return attributes.transB === 1 ? found("linear", 0, 1) : found("linear", 1, 0);
    case "MatMul":
    case "FusedMatMul":
      if (input > 1) return undefined;
      if (input === 0)
        return attributes.transA === 1
          ? found("linear", rank - 1, rank - 2, front)
          : found("linear", rank - 2, rank - 1, front);
      return attributes.transB === 1
        ? found("linear", rank - 2, rank - 1, front)
        : found("linear", rank - 1, rank - 2, front);
    case "QLinearConv":
      return input === 3 ? convolution() : undefined;
    case "QLinearMatMul":
      return input === 3 ? found("linear", rank - 1, rank - 2, front) : undefined;
    case "MatMulInteger":
    case "MatMulIntegerToFloat":
    case "DynamicQuantizeMatMul":
      return input === 1 ? found("linear", rank - 1, rank - 2, front) : undefined;
    case "QGemm":
      if (rank !== 2 || input !== 3) return undefined;
      return attributes.transB === 1 ? found("linear", 0, 1) : found("linear", 1, 0);
    case "MatMulNBits":
      return input === 1 && rank === 2 ? found("linear", 0, 1) : undefined;
    case "Attention":
      return node.domain === "com.microsoft" && input === 1 && rank === 2 ? found("linear", 1, 0) : undefined;
    case "EmbedLayerNormalization":
      return input >= 2 && input <= 4 && rank === 2 ? found("embedding", 0, 1) : undefined;
    case "LSTM":
    case "GRU":
    case "RNN":
      return rank === 3 && (input === 1 || input === 2) ? found("linear", 1, 2, [0]) : undefined;
    case "Gather":
    case "GatherBlockQuantized":
      // Entries lie along the axis that is gathered from.
      if (input !== 0 || rank !== 2) return undefined;
      return attributes.axis === 1 || attributes.axis === -1 ? found("embedding", 1, 0) : found("embedding", 0, 1);
  }
  return undefined;
}

function lying(output: number, input: number, stacked: readonly number[]): Axes {
  return { output: [output], input: [input], stacked };
}
