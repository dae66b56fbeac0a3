/** Quantized tensors as bitsandbytes stores them: those of `nf4` and `fp4` in a 4-bit checkpoint (its `QuantState.as_dict(packed=True)`):
 *
 *    weight                                    U8 (⌈n/2⌉, 1), two codes to a byte, the even index in the high half
 *    weight.absmax                             F32 (blocks), the blocks' scales; U8, their codes, with double quantization
 *    weight.quant_map                          F32 (16), the value of each code
 *    weight.nested_absmax, .nested_quant_map   F32 (⌈blocks/256⌉) and F32 (256), with double quantization
 *    weight.quant_state.bitsandbytes__nf4      JSON as U8: type, block size, shape, dtype, and the offset of the scales
 *
 *  and symmetric integers of 8 bits with a scale a row as LLM.int8() (its `Linear8bitLt`), where w = (weight·SCB)·c, c ≈ 1/127 in float32:
 *
 *    weight                                    I8 (out, in)
 *    SCB                                       F32 (out), the scale / c
 *    weight_format                             U8, 0: row by row */
import { OptionError } from "../errors";
import type { QuantizeStep } from "../quantize";
import { dynamicMap } from "../quantize/blocks/absmax";
import { fp4Codes, fp4Values } from "../quantize/fp4";
import { nf4Values } from "../quantize/nf4";
import { packNibbles } from "../grid/nibbles";
import type { Step } from "../tensor/step";
import { parametersOf } from "../tensor/tensor";
import { restoreQuantized } from "../stored/restored-weights";
import type { StoredCodes, StoredTensor } from "../stored/stored-tensor";
import { outlineOf, type StoredOutline } from "../stored/outline";
import { rowOf } from "./engine-table";

/** What bitsandbytes holds, by the kind of the quantizer. */
const types: Readonly<Record<BitsandbytesType, BitsandbytesRow>> = {
  nf4: { values: nf4Values, zero: 7 },
  fp4: { values: valuesByCode(fp4Codes, fp4Values), zero: 0 },
};

/** A type of 4 bits, called as the quantizer is. */
export type BitsandbytesType = "nf4" | "fp4";

interface BitsandbytesRow {
  /** The value of each code. */
  readonly values: Float32Array;
  /** The code of a weight that is zero. */
  readonly zero: number;
}

function valuesByCode(codes: readonly number[], values: ArrayLike<number>): Float32Array {
  const byCode = new Float32Array(codes.length);
  codes.forEach((code, i) => (byCode[code] = values[i]));
  return byCode;
}

/** A parameter beside the weight, or the weight itself, without a suffix. One that begins with a dot is named after the weight, another after the
 *  module. */
export interface BitsandbytesParameter {
  readonly suffix: string;
  readonly dtype: "U8" | "I8" | "F32";
  readonly shape: readonly number[];
  readonly bytes: (stored: StoredTensor) => Uint8Array;
}

/** How one tensor is written. */
export interface BitsandbytesLayout {
  readonly type: BitsandbytesType | "int8";
  readonly isNested: boolean;
  readonly parameters: readonly BitsandbytesParameter[];
}

type BitsandbytesStep = Extract<QuantizeStep, { readonly kind: BitsandbytesType }>;

const isOfType = (step: Step): step is BitsandbytesStep => rowOf(types, step) !== undefined;

/** The step of a tensor that bitsandbytes can hold. */
function stepOf({ content }: StoredOutline): BitsandbytesStep | undefined {
  return content.kind === "codes" && isOfType(content.quantizer) ? content.quantizer : undefined;
}

/** Whether a tensor has one of the 4-bit types of bitsandbytes. */
export function isBitsandbytes(form: StoredOutline): boolean {
  return stepOf(form) !== undefined;
}

/** How a matrix (out, in) is written; `undefined` for one that another method quantized. */
export function bitsandbytesLayout(form: StoredOutline): BitsandbytesLayout | undefined {
  const { shape, content } = form;
  if (content.kind !== "codes") return undefined;
  const step = stepOf(form);
  if (!step) return isByRow(content.quantizer) ? rowLayout(shape) : undefined;
  const { kind: type, group, doubleQuant } = step;
  const [scales, nested, offset] = content.tables;
  const state = {
    quant_type: type,
    blocksize: group,
    dtype: "float32",
    shape,
    ...(doubleQuant ? { nested_blocksize: 256, nested_dtype: "float32", nested_offset: offset.first[0] } : {}),
  };
  const table = (suffix: string, dtype: "U8" | "F32", at: number): BitsandbytesParameter => ({
    suffix,
    dtype,
    shape: [[scales, nested][at].length],
    bytes: ({ content }) => bytesOf((content as StoredCodes).tables[at].data),
  });
  const map = (suffix: string, values: Float32Array): BitsandbytesParameter => ({
    suffix,
    dtype: "F32",
    shape: [values.length],
    bytes: () => bytesOf(values),
  });
  const json = Buffer.from(JSON.stringify(state));
  return {
    type,
    isNested: doubleQuant,
    parameters: [
      { suffix: "", dtype: "U8", shape: [Math.ceil(parametersOf(shape) / 2), 1], bytes: packCodes },
      table(".absmax", doubleQuant ? "U8" : "F32", 0),
      map(".quant_map", types[type].values),
      ...(doubleQuant ? [table(".nested_absmax", "F32", 1), map(".nested_quant_map", dynamicMap)] : []),
      {
        suffix: `.quant_state.bitsandbytes__${type}`,
        dtype: "U8",
        shape: [json.length],
        bytes: () => new Uint8Array(json),
      },
    ],
  };
}

/** bitsandbytes multiplies by this, and by no 1/127. */
const near127th = Math.fround(7.874015718698502e-3);

/** Symmetric 8 bits with one scale a row. */
function isByRow(step: Step): boolean {
  if (step.kind !== "linear" && step.kind !== "int") return false;
  const { bits, symmetric, per } = step as Extract<QuantizeStep, { readonly kind: "linear" | "int" }>;
  return bits === 8 && symmetric && per === "channel";
}

function rowLayout(shape: readonly number[]): BitsandbytesLayout {
  const scales = (stored: StoredTensor) => (stored.content as StoredCodes).tables[0].data;
  return {
    type: "int8",
    isNested: false,
    parameters: [
      {
        suffix: "",
        dtype: "I8",
        shape,
        bytes: (stored) => bytesOf(Int8Array.from(restoreQuantized(stored, () => 0)?.codes ?? [])),
      },
      {
        suffix: "SCB",
        dtype: "F32",
        shape: [shape[0]],
        bytes: (stored) => bytesOf(Float32Array.from(scales(stored), (scale) => scale / near127th)),
      },
      { suffix: "weight_format", dtype: "U8", shape: [], bytes: () => new Uint8Array(1) },
    ],
  };
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

/** The bytes of a parameter. For a worker thread: pure and synchronous. */
export function packBitsandbytes(stored: StoredTensor, suffix: string): Uint8Array {
  const parameter = bitsandbytesLayout(outlineOf(stored))?.parameters.find((one) => one.suffix === suffix);
  if (!parameter) throw new OptionError(`saveBitsandbytes(): ${stored.name} has no ${suffix}`);
  return parameter.bytes(stored);
}

function packCodes(stored: StoredTensor): Uint8Array {
  const step = stepOf(outlineOf(stored));
  const zero = step ? types[step.kind].zero : 0;
  const quantized = restoreQuantized(stored, () => zero);
  if (!quantized) throw new OptionError(`saveBitsandbytes(): ${stored.name} has no codes`);
  return packNibbles(quantized.codes, "high-first", zero);
}
