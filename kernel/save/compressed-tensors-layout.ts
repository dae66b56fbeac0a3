/** Quantized tensors in the layouts of compressed-tensors 0.20, the format that vLLM and transformers load. A module's `weight` becomes
 *
 *  pack-quantized        weight_packed (out, ⌈in·bits/32⌉) i32, weight_scale, weight_shape (2) i64; asymmetric: weight_zero_point,
 *                        packed along the rows. A row is a stream of bits: code + 2^(bits−1) in `bits` bits, least significant first.
 *  int-quantized         weight (out, in) i8, weight_scale; asymmetric: weight_zero_point i8
 *  float-quantized       weight (out, in) E4M3, weight_scale
 *  nvfp4-pack-quantized  weight_packed (out, in/2) u8, two E2M1 codes to a byte, even index low; weight_scale (out, in/16) E4M3;
 *                        weight_global_scale (1) f32
 *  mxfp4-pack-quantized  weight_packed as before; weight_scale (out, in/32) u8, the exponent + 127
 *  mxfp8-quantized       weight (out, in) E4M3; weight_scale as before
 *
 *  Scales have shape (1), (out, 1), (out, in/group) or (out/height, in/width) and are written as F32, so that w′ = s·(q − z) is the
 *  product that we report, bit for bit. Our unsigned codes and zero points are moved by 2^(bits−1), which changes no difference. */
import { encodeE4m3, encodeE8m0 } from "../bytes/small-float";
import { packNibbles } from "../grid/nibbles";
import type { QuantizeStep } from "../quantize";
import type { Fp8Step } from "../quantize/fp8";
import type { LinearStep } from "../quantize/linear";
import { outlineOf, type CodesOutline, type StoredOutline, type TableOutline } from "../stored/outline";
import type { StoredTensor } from "../stored/stored-tensor";
import type { Step } from "../tensor/step";
import { codesOf, dataOf, f32 } from "./compressed-tensors-codes";
import { integerLayout, tokenInputs } from "./compressed-tensors-integers";
import {
  checkGroups,
  refuse,
  type CompressedLayout,
  type CompressedParameter,
  type LayoutChoice,
  type QuantizationArgs,
} from "./compressed-tensors-scheme";
import { rowOf } from "./engine-table";

/** How the tensors of one quantizer are written. */
interface LayoutRow<S extends Step> {
  /** Whether the engine can quantize the activations of such modules to 8 bits for each token (W8A8). */
  readonly takesDynamicInputs: boolean;
  /** `OptionError` for a step that compressed-tensors has no form for. */
  layout(form: StoredOutline, codes: CodesOutline, step: S, choice: LayoutChoice): CompressedLayout;
}

type Kind = "linear" | "int" | "fp8" | "nvfp4" | "mxfp4" | "mxfp8";

/** What compressed-tensors holds, by the kind of the quantizer. */
const layouts: { readonly [K in Kind]: LayoutRow<Extract<QuantizeStep, { readonly kind: K }>> } = {
  linear: {
    takesDynamicInputs: true,
    layout: (form, codes, step, choice) =>
      integerLayout(form, codes, linearArgs(form.name, step), { countsFromZero: true, ...choice }),
  },
  int: {
    takesDynamicInputs: true,
    layout: (form, codes, { bits, symmetric, per, group }, choice) =>
      integerLayout(form, codes, integerArgs(bits, symmetric, per, group), { countsFromZero: false, ...choice }),
  },
  fp8: {
    takesDynamicInputs: true,
    layout({ name, shape }, { tables: [scale] }, step, { dynamicInputs }) {
      const weights = fp8Args(name, step);
      checkGroups(name, shape, weights);
      const inputs = dynamicInputs ? { ...tokenInputs, type: "float" as const } : undefined;
      return {
        scheme: { format: "float-quantized", weights, ...(inputs && { inputs }) },
        parameters: [
          { suffix: "weight", dtype: "F8_E4M3", shape, bytes: smallFloatCodes },
          { suffix: "weight_scale", dtype: "F32", shape: scale.shape, bytes: f32(0) },
        ],
      };
    },
  },
  nvfp4: {
    takesDynamicInputs: false,
    layout: (form, { tables: [scale] }) =>
      fourBitFloats(form, "nvfp4-pack-quantized", 16, [
        {
          suffix: "weight_scale",
          dtype: "F8_E4M3",
          shape: scale.shape,
          bytes: (stored) => Uint8Array.from(dataOf(stored, 0), (x) => encodeE4m3(x)),
        },
        { suffix: "weight_global_scale", dtype: "F32", shape: [1], bytes: f32(1) },
      ]),
  },
  mxfp4: {
    takesDynamicInputs: false,
    layout: (form, { tables: [scale] }) => fourBitFloats(form, "mxfp4-pack-quantized", 32, [exponents(scale)]),
  },
  mxfp8: {
    takesDynamicInputs: false,
    layout({ name, shape }, { tables: [scale] }) {
      const weights = groupedFloats(8, "group", 32);
      checkGroups(name, shape, weights);
      return {
        scheme: { format: "mxfp8-quantized", weights: { ...weights, scale_dtype: "torch.uint8" } },
        parameters: [{ suffix: "weight", dtype: "F8_E4M3", shape, bytes: smallFloatCodes }, exponents(scale)],
      };
    },
  },
};

/** How a stored tensor is written. `NotPackable`, an `OptionError`, when compressed-tensors has no form for it, with the way out. */
export function layoutOf(form: StoredOutline, choice: LayoutChoice): CompressedLayout {
  const { name, shape, axes, content } = form;
  if (shape.length !== 2)
    refuse(name, `has ${shape.length} dimensions; compressed-tensors holds matrices: leave it out with skip`);
  if (axes) refuse(name, "does not lie (out, in), as the matrices of compressed-tensors do: leave it out with skip");
  if (content.kind !== "codes") refuse(name, "was not quantized last; it has no codes to write");
  const { quantizer: step } = content;
  const row = rowOf<LayoutRow<Step>>(layouts, step);
  if (!row)
    return refuse(
      name,
      `is quantized by ${step.kind}, which compressed-tensors does not know; take linear, int, fp8, mxfp4, mxfp8 or nvfp4`,
    );
  if (choice.dynamicInputs && !row.takesDynamicInputs)
    refuse(name, `is quantized by ${step.kind}; activations: "dynamic" goes with 8-bit linear or int, and with fp8`);
  return row.layout(form, content, step, choice);
}

const exponents = (scale: TableOutline): CompressedParameter => ({
  suffix: "weight_scale",
  dtype: "U8",
  shape: scale.shape,
  bytes: (stored) => Uint8Array.from(dataOf(stored, 0), (x) => encodeE8m0(x)),
});

const groupedFloats = (bits: number, strategy: "group" | "tensor_group", group: number): QuantizationArgs => ({
  num_bits: bits,
  type: "float",
  symmetric: true,
  strategy,
  group_size: group,
  dynamic: false,
});

function fourBitFloats(
  { name, shape }: StoredOutline,
  format: "nvfp4-pack-quantized" | "mxfp4-pack-quantized",
  group: number,
  scales: readonly CompressedParameter[],
): CompressedLayout {
  const weights = groupedFloats(4, format === "nvfp4-pack-quantized" ? "tensor_group" : "group", group);
  checkGroups(name, shape, weights);
  return {
    scheme: { format, weights },
    parameters: [
      { suffix: "weight_packed", dtype: "U8", shape: [shape[0], shape[1] / 2], bytes: fourBitCodes },
      ...scales,
    ],
  };
}

function linearArgs(name: string, { bits, symmetric, per, group, step }: LinearStep): QuantizationArgs {
  if (step !== undefined || bits === undefined)
    return refuse(name, "has a fixed step, whose codes are unbounded; quantize to bits");
  if (bits > 8) return refuse(name, `has ${bits} bits; compressed-tensors packs at most 8`);
  // The symmetric codes of one bit are −1 and +1, which takes two bits in two's complement.
  return integerArgs(bits === 1 && symmetric ? 2 : bits, symmetric, per, group);
}

function integerArgs(
  bits: number,
  symmetric: boolean,
  strategy: "tensor" | "channel" | "group",
  group: number | undefined,
): QuantizationArgs {
  const size = strategy === "group" && group !== undefined ? { group_size: group } : {};
  return { num_bits: bits, type: "int", symmetric, strategy, ...size, dynamic: false };
}

function fp8Args(name: string, { format, per, block, group }: Fp8Step): QuantizationArgs {
  if (format !== "E4M3") refuse(name, `has ${format} floats; compressed-tensors holds E4M3`);
  return {
    num_bits: 8,
    type: "float",
    symmetric: true,
    strategy: per,
    ...(per === "group" ? { group_size: group } : {}),
    ...(per === "block" && block ? { block_structure: block } : {}),
    dynamic: false,
  };
}

/** The bytes of a parameter. For a worker thread: pure and synchronous. */
export function packCompressed(stored: StoredTensor, choice: LayoutChoice, suffix: string): Uint8Array {
  const parameter = layoutOf(outlineOf(stored), choice).parameters.find((one) => one.suffix === suffix);
  return parameter ? parameter.bytes(stored) : refuse(stored.name, `has no ${suffix}`);
}

const smallFloatCodes = (stored: StoredTensor): Uint8Array => Uint8Array.from(codesOf(stored));

const fourBitCodes = (stored: StoredTensor): Uint8Array => packNibbles(codesOf(stored), "low-first");
