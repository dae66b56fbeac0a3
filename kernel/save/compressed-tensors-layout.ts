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
import { OptionError } from "../errors";
import type { Fp8Step } from "../quantize/fp8";
import { groupsOf } from "../grid/groups";
import type { IntStep } from "../quantize/int";
import type { LinearStep } from "../quantize/linear";
import { packNibbles } from "../grid/nibbles";
import type { CodeArray, Table } from "../quantize/quantizer";
import type { Step } from "../tensor/step";
import type { Shape } from "../tensor/tensor";
import { restoreQuantized } from "../stored/restored-weights";
import type { StoredCodes, StoredTensor } from "../stored/stored-tensor";
import { outlineOf, type StoredOutline, type TableOutline } from "../stored/outline";

/** The keys of compressed-tensors' QuantizationArgs that are written. */
export interface QuantizationArgs {
  readonly num_bits: number;
  readonly type: "int" | "float";
  readonly symmetric: boolean;
  readonly strategy: "tensor" | "channel" | "group" | "block" | "tensor_group" | "token";
  readonly group_size?: number;
  readonly block_structure?: readonly [number, number];
  readonly dynamic: boolean;
  readonly scale_dtype?: string;
}

export type CompressedFormat =
  | "pack-quantized"
  | "int-quantized"
  | "float-quantized"
  | "nvfp4-pack-quantized"
  | "mxfp4-pack-quantized"
  | "mxfp8-quantized";

export interface CompressedScheme {
  readonly format: CompressedFormat;
  readonly weights: QuantizationArgs;
  readonly inputs?: QuantizationArgs;
}

/** A parameter to be written: the name behind the module's, its type and shape, and how its bytes are made. */
export interface CompressedParameter {
  readonly suffix: string;
  readonly dtype: string;
  readonly shape: Shape;
  readonly bytes: (stored: StoredTensor) => Uint8Array;
}

export interface CompressedLayout {
  readonly scheme: CompressedScheme;
  readonly parameters: readonly CompressedParameter[];
}

const dataOf = ({ content }: StoredTensor, table: number) => (content as StoredCodes).tables[table].data;

const f32 = (table: number) => (stored: StoredTensor) =>
  new Uint8Array(Float32Array.from(dataOf(stored, table)).buffer);

/** How a stored tensor is written. `dynamicInputs`: the engine quantizes activations per token to 8 bits (W8A8). `OptionError` when
 *  compressed-tensors has no form for it, with the way out. */
export function layoutOf(form: StoredOutline, dynamicInputs: boolean): CompressedLayout {
  const { name, shape, content } = form;
  if (shape.length !== 2)
    refuse(name, `has ${shape.length} dimensions; compressed-tensors holds matrices: leave it out with skip`);
  if (content.kind !== "codes") refuse(name, "was not quantized last; it has no codes to write");
  const { quantizer: step, tables } = content;
  const scale = tables[0];
  switch (step.kind) {
    case "linear":
      return integerLayout(form, linearArgs(name, step as LinearStep), tables, dynamicInputs);
    case "int":
      return integerLayout(form, intArgs(step as IntStep), tables, dynamicInputs);
    case "fp8": {
      const weights = fp8Args(name, step as Fp8Step);
      checkGroups(name, shape, weights);
      const inputs = dynamicInputs ? { ...tokenInputs, type: "float" as const } : undefined;
      return {
        scheme: { format: "float-quantized", weights, ...(inputs && { inputs }) },
        parameters: [
          { suffix: "weight", dtype: "F8_E4M3", shape, bytes: smallFloatCodes },
          { suffix: "weight_scale", dtype: "F32", shape: scale.shape, bytes: f32(0) },
        ],
      };
    }
    case "nvfp4":
      return fourBitFloats(form, "nvfp4-pack-quantized", 16, dynamicInputs, [
        {
          suffix: "weight_scale",
          dtype: "F8_E4M3",
          shape: scale.shape,
          bytes: (stored) => Uint8Array.from(dataOf(stored, 0), (x) => encodeE4m3(x)),
        },
        { suffix: "weight_global_scale", dtype: "F32", shape: [1], bytes: f32(1) },
      ]);
    case "mxfp4":
      return fourBitFloats(form, "mxfp4-pack-quantized", 32, dynamicInputs, [exponents(scale)]);
    case "mxfp8": {
      const weights = groupedFloats(8, "group", 32);
      checkGroups(name, shape, weights);
      refuseInputs(name, step, dynamicInputs);
      return {
        scheme: { format: "mxfp8-quantized", weights: { ...weights, scale_dtype: "torch.uint8" } },
        parameters: [{ suffix: "weight", dtype: "F8_E4M3", shape, bytes: smallFloatCodes }, exponents(scale)],
      };
    }
    default:
      return refuse(
        name,
        `is quantized by ${step.kind}, which compressed-tensors does not know; take linear, int, fp8, mxfp4, mxfp8 or nvfp4`,
      );
  }
}

function refuse(name: string, problem: string): never {
  throw new OptionError(`saveCompressedTensors(): ${name} ${problem}`);
}

function refuseInputs(name: string, step: Step, dynamicInputs: boolean): void {
  if (dynamicInputs)
    refuse(name, `is quantized by ${step.kind}; activations: "dynamic" goes with 8-bit linear or int, and with fp8`);
}

const exponents = (scale: TableOutline): CompressedParameter => ({
  suffix: "weight_scale",
  dtype: "U8",
  shape: scale.shape,
  bytes: (stored) => Uint8Array.from(dataOf(stored, 0), (x) => encodeE8m0(x)),
});

const tokenInputs = { num_bits: 8, type: "int", symmetric: true, strategy: "token", dynamic: true } as const;

const groupedFloats = (bits: number, strategy: "group" | "tensor_group", group: number): QuantizationArgs => ({
  num_bits: bits,
  type: "float",
  symmetric: true,
  strategy,
  group_size: group,
  dynamic: false,
});

function fourBitFloats(
  { name, shape, content }: StoredOutline,
  format: "nvfp4-pack-quantized" | "mxfp4-pack-quantized",
  group: number,
  dynamicInputs: boolean,
  scales: readonly CompressedParameter[],
): CompressedLayout {
  if (content.kind === "codes") refuseInputs(name, content.quantizer, dynamicInputs);
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

function intArgs({ bits, symmetric, per, group }: IntStep): QuantizationArgs {
  return integerArgs(bits, symmetric, per, group);
}

function integerArgs(
  bits: number,
  symmetric: boolean,
  strategy: "tensor" | "channel" | "group",
  group: number | undefined,
): QuantizationArgs {
  const size = strategy === "group" ? { group_size: group } : {};
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

function checkGroups(name: string, shape: Shape, { group_size: group }: QuantizationArgs): void {
  if (group !== undefined && shape[1] % group !== 0)
    refuse(
      name,
      `has rows of ${shape[1]}, which groups of ${group} do not divide; compressed-tensors takes whole groups only`,
    );
}

function integerLayout(
  form: StoredOutline,
  weights: QuantizationArgs,
  tables: readonly TableOutline[],
  dynamicInputs: boolean,
): CompressedLayout {
  const { name, shape } = form;
  checkGroups(name, shape, weights);
  const { num_bits: bits, strategy, symmetric } = weights;
  const [scale, zero] = tables;
  const scaleParameter = { suffix: "weight_scale", dtype: "F32", shape: scale.shape, bytes: f32(0) };
  const shift = zeroShift(form, bits);
  const zerosOf = (stored: StoredTensor): Int8Array => Int8Array.from(dataOf(stored, 1), (z) => z - shift);
  const plainZeros = {
    suffix: "weight_zero_point",
    dtype: "I8",
    shape: symmetric ? [] : zero.shape,
    bytes: (stored: StoredTensor) => new Uint8Array(zerosOf(stored).buffer),
  };
  if (dynamicInputs) {
    if (bits !== 8) refuse(name, `has ${bits} bits; activations: "dynamic" goes with 8`);
    return {
      scheme: { format: "int-quantized", weights, inputs: tokenInputs },
      parameters: [
        {
          suffix: "weight",
          dtype: "I8",
          shape,
          bytes: (stored) => new Uint8Array(Int8Array.from(codesOf(stored), (code) => code - shift).buffer),
        },
        scaleParameter,
        ...(symmetric ? [] : [plainZeros]),
      ],
    };
  }
  const [rows, columns] = shape;
  const parameters: CompressedParameter[] = [
    {
      suffix: "weight_packed",
      dtype: "I32",
      shape: [rows, wordsOf(columns, bits)],
      bytes: (stored) => packRows(codesOf(stored), rows, columns, bits, -shift),
    },
    scaleParameter,
    {
      suffix: "weight_shape",
      dtype: "I64",
      shape: [2],
      bytes: () => new Uint8Array(BigInt64Array.from(shape.map(BigInt)).buffer),
    },
  ];
  if (!symmetric && strategy === "tensor") parameters.push(plainZeros);
  else if (!symmetric) {
    const groups = zero.shape[1];
    const words = wordsOf(rows, bits);
    parameters.push({
      suffix: "weight_zero_point",
      dtype: "I32",
      shape: [words, groups],
      bytes: (stored) => {
        const zeros = zerosOf(stored);
        const transposed = Int8Array.from(zeros, (_, i) => zeros[(i % rows) * groups + Math.floor(i / rows)]);
        const packed = new Int32Array(packRows(transposed, groups, rows, bits).buffer);
        const upright = Int32Array.from(packed, (_, i) => packed[(i % groups) * words + Math.floor(i / groups)]);
        return new Uint8Array(upright.buffer);
      },
    });
  }
  return { scheme: { format: "pack-quantized", weights }, parameters };
}

/** By how much our codes lie above theirs: `linear` counts from 0 when asymmetric, `int` is signed as they are. */
function zeroShift({ content }: StoredOutline, bits: number): number {
  const isUnsigned = content.kind === "codes" && content.quantizer.kind === "linear";
  return isUnsigned && content.tables.length > 1 ? 2 ** (bits - 1) : 0;
}

const wordsOf = (count: number, bits: number): number => Math.ceil((count * bits) / 32);

/** Each row of signed codes as a stream of bits of its own, filled up to whole 32-bit words. */
function packRows(codes: CodeArray, rows: number, columns: number, bits: number, move = 0): Uint8Array {
  const words = wordsOf(columns, bits);
  const packed = new Uint32Array(rows * words);
  const offset = 2 ** (bits - 1) + move;
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0, bit = 0; column < columns; column++, bit += bits, i++) {
      const code = codes[i] + offset;
      const word = row * words + (bit >>> 5);
      const shift = bit & 31;
      packed[word] |= code << shift;
      if (shift + bits > 32) packed[word + 1] |= code >>> (32 - shift);
    }
  }
  return new Uint8Array(packed.buffer);
}

/** The bytes of a parameter. For a worker thread: pure and synchronous. */
export function packCompressed(stored: StoredTensor, dynamicInputs: boolean, suffix: string): Uint8Array {
  const parameter = layoutOf(outlineOf(stored), dynamicInputs).parameters.find((one) => one.suffix === suffix);
  return parameter ? parameter.bytes(stored) : refuse(stored.name, `has no ${suffix}`);
}

function codesOf(stored: StoredTensor): CodeArray {
  return restoreQuantized(stored, zeroCode(stored))?.codes ?? refuse(stored.name, "has no codes");
}

const smallFloatCodes = (stored: StoredTensor): Uint8Array => Uint8Array.from(codesOf(stored));

const fourBitCodes = (stored: StoredTensor): Uint8Array => packNibbles(codesOf(stored), "low-first");

/** The code of a weight that was pruned away: that of zero in its group. */
function zeroCode({ shape, content }: StoredTensor): (tables: readonly Table[], index: number) => number {
  const step = content.kind === "codes" ? (content.quantizer as Partial<LinearStep>) : undefined;
  if (step?.symmetric !== false) return () => 0;
  const per = step.per ?? "tensor";
  const { rowLength, groupLength, groupsPerRow } = groupsOf(step.kind ?? "", shape, shape[0] * shape[1], {
    per,
    group: step.group,
  });
  return ([, zeros], i) =>
    zeros.data[Math.floor(i / rowLength) * groupsPerRow + Math.floor((i % rowLength) / groupLength)];
}
