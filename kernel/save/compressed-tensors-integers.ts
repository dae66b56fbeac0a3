/** Integer weights in the layouts of compressed-tensors: pack-quantized, and int-quantized where the engine quantizes activations too. */
import type { CodeArray } from "../quantize/quantizer";
import type { CodesOutline, StoredOutline } from "../stored/outline";
import type { StoredTensor } from "../stored/stored-tensor";
import { codesOf, dataOf, f32, type ZeroCode } from "./compressed-tensors-codes";
import {
  checkGroups,
  refuse,
  type CompressedLayout,
  type CompressedParameter,
  type QuantizationArgs,
} from "./compressed-tensors-scheme";

/** Activations of 8 bits with a scale for each token, which the engine finds as it runs. */
export const tokenInputs = { num_bits: 8, type: "int", symmetric: true, strategy: "token", dynamic: true } as const;

/** How integers are written. `countsFromZero`: asymmetric codes and zero points are unsigned, and are moved by 2^(bits−1) to the signed
 *  ones of compressed-tensors. `OptionError` for groups that do not divide the rows, and for `dynamicInputs` with other than 8 bits. */
export function integerLayout(
  { name, shape }: StoredOutline,
  { tables }: CodesOutline,
  weights: QuantizationArgs,
  { countsFromZero, dynamicInputs }: { readonly countsFromZero: boolean; readonly dynamicInputs: boolean },
): CompressedLayout {
  checkGroups(name, shape, weights);
  const { num_bits: bits, strategy, symmetric } = weights;
  const [rows, columns] = shape;
  const [scale, zero] = tables;
  const zeroCode = symmetric ? undefined : zeroPoints(columns, weights);
  const scaleParameter = { suffix: "weight_scale", dtype: "F32", shape: scale.shape, bytes: f32(0) };
  const shift = countsFromZero && tables.length > 1 ? 2 ** (bits - 1) : 0;
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
          bytes: (stored) => new Uint8Array(Int8Array.from(codesOf(stored, zeroCode), (code) => code - shift).buffer),
        },
        scaleParameter,
        ...(symmetric ? [] : [plainZeros]),
      ],
    };
  }
  const parameters: CompressedParameter[] = [
    {
      suffix: "weight_packed",
      dtype: "I32",
      shape: [rows, wordsOf(columns, bits)],
      bytes: (stored) => packRows(codesOf(stored, zeroCode), rows, columns, bits, -shift),
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

/** Zero is the zero point of a weight's group, row or tensor, which the second table holds. */
function zeroPoints(columns: number, { strategy, group_size: group = columns }: QuantizationArgs): ZeroCode {
  if (strategy === "tensor") return ([, zeros]) => zeros.data[0];
  const groups = Math.ceil(columns / group);
  return ([, zeros], i) => zeros.data[Math.floor(i / columns) * groups + Math.floor((i % columns) / group)];
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
