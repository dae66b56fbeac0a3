/** Tensors that `nf4` or `fp4` quantized, as bitsandbytes stores them in a 4-bit checkpoint (its `QuantState.as_dict(packed=True)`):
 *
 *    weight                                    U8 (⌈n/2⌉, 1), two codes to a byte, the even index in the high half
 *    weight.absmax                             F32 (blocks), the blocks' scales; U8, their codes, with double quantization
 *    weight.quant_map                          F32 (16), the value of each code
 *    weight.nested_absmax, .nested_quant_map   F32 (⌈blocks/256⌉) and F32 (256), with double quantization
 *    weight.quant_state.bitsandbytes__nf4      JSON as U8: type, block size, shape, dtype, and the offset of the scales */
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

/** A parameter beside the weight, or the weight itself, without a suffix. */
export interface BitsandbytesParameter {
  readonly suffix: string;
  readonly dtype: "U8" | "F32";
  readonly shape: readonly number[];
  readonly bytes: (stored: StoredTensor) => Uint8Array;
}

/** How one tensor is written. */
export interface BitsandbytesLayout {
  readonly type: BitsandbytesType;
  readonly isNested: boolean;
  readonly parameters: readonly BitsandbytesParameter[];
}

type BitsandbytesStep = Extract<QuantizeStep, { readonly kind: BitsandbytesType }>;

const isOfType = (step: Step): step is BitsandbytesStep => rowOf(types, step) !== undefined;

/** The step of a tensor that bitsandbytes can hold. */
function stepOf({ content }: StoredOutline): BitsandbytesStep | undefined {
  return content.kind === "codes" && isOfType(content.quantizer) ? content.quantizer : undefined;
}

/** Whether bitsandbytes can hold a tensor. */
export function isBitsandbytes(form: StoredOutline): boolean {
  return stepOf(form) !== undefined;
}

/** `OptionError` for a tensor of another method, or no matrix. */
export function bitsandbytesLayout(form: StoredOutline): BitsandbytesLayout {
  const { name, shape, axes, content } = form;
  const step = stepOf(form);
  if (!step || content.kind !== "codes")
    throw new OptionError(
      `saveBitsandbytes(): ${name} was not quantized by nf4() or fp4(); leave it out of the recipe`,
    );
  if (shape.length !== 2)
    throw new OptionError(
      `saveBitsandbytes(): ${name} has shape (${shape.join(", ")}), and a linear layer's is a matrix; leave it out of the recipe with skip`,
    );
  if (axes)
    throw new OptionError(
      `saveBitsandbytes(): ${name} does not lie (out, in) as a linear layer's matrix does; leave it out of the recipe with skip`,
    );
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

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength).slice();
}

/** The bytes of a parameter. For a worker thread: pure and synchronous. */
export function packBitsandbytes(stored: StoredTensor, suffix: string): Uint8Array {
  const { parameters } = bitsandbytesLayout(outlineOf(stored));
  const parameter = parameters.find((one) => one.suffix === suffix);
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
