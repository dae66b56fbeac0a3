/** Integer weights in the layouts of compressed-tensors: pack-quantized, and int-quantized where the engine quantizes activations too. */
import type { CodesOutline, StoredOutline } from "../stored/outline";
import type { StoredCodes, StoredTensor } from "../stored/stored-tensor";
import type { Shape } from "../tensor/tensor";
import { codesOf, dataOf, f32, type ZeroCode } from "./compressed-tensors-codes";
import {
  checkGroups,
  refuse,
  type CompressedLayout,
  type CompressedParameter,
  type CompressedScheme,
  type LayoutChoice,
  type QuantizationArgs,
} from "./compressed-tensors-scheme";

/** Activations of 8 bits with a scale for each token, which the engine finds as it runs. */
export const tokenInputs = { num_bits: 8, type: "int", symmetric: true, strategy: "token", dynamic: true } as const;

/** How integers are written. `countsFromZero`: asymmetric codes and zero points are unsigned, and are moved by 2^(bits−1) to the signed
 *  ones of compressed-tensors. `OptionError` for groups that do not divide the rows, and for dynamic inputs with other than 8 bits. */
export function integerLayout(
  { name, shape }: StoredOutline,
  { tables }: CodesOutline,
  weights: QuantizationArgs,
  { countsFromZero, dynamicInputs, zeroPoints }: { readonly countsFromZero: boolean } & LayoutChoice,
): CompressedLayout {
  checkGroups(name, shape, weights);
  const { num_bits: bits, strategy, symmetric } = weights;
  const [rows, columns] = shape;
  const [scale, zero] = tables;
  const zeroCode = symmetric ? undefined : zeroPointOf(columns, weights);
  const scaleParameter = { suffix: "weight_scale", dtype: "F32", shape: scale.shape, bytes: f32(0) };
  const shift = countsFromZero && tables.length > 1 ? 2 ** (bits - 1) : 0;
  const zerosOf = (stored: StoredTensor): Int8Array => Int8Array.from(dataOf(stored, 1), (z) => z - shift);
  const plainZeros = {
    suffix: "weight_zero_point",
    dtype: "I8",
    shape: symmetric ? [] : zero.shape,
    bytes: (stored: StoredTensor) => new Uint8Array(zerosOf(stored).buffer),
  };
  const packs = packsZeroPoints({ format: "pack-quantized", weights });
  if (dynamicInputs && bits !== 8) refuse(name, `has ${bits} bits; activations: "dynamic" goes with 8`);
  if (dynamicInputs || (packs && zeroPoints === "none" && bits === 8))
    return {
      scheme: { format: "int-quantized", weights, ...(dynamicInputs && { inputs: tokenInputs }) },
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
  if (packs && zeroPoints === "none" && zeroCode)
    // q − z lies within ±(2^bits − 1), which one bit more holds, and the scale stays: s·(q − z) is the same product.
    return {
      scheme: { format: "pack-quantized", weights: { ...weights, num_bits: bits + 1, symmetric: true } },
      parameters: [
        packedWeights(shape, bits + 1, (stored) => {
          const { tables } = stored.content as StoredCodes;
          return Int16Array.from(codesOf(stored, zeroCode), (code, i) => code - zeroCode(tables, i));
        }),
        scaleParameter,
        weightShape(shape),
      ],
    };
  const parameters: CompressedParameter[] = [
    packedWeights(shape, bits, (stored) => codesOf(stored, zeroCode), -shift),
    scaleParameter,
    weightShape(shape),
  ];
  if (!symmetric && strategy === "tensor") parameters.push(plainZeros);
  else if (!symmetric) parameters.push(packedZeros(rows, zero.shape[1], bits, zerosOf));
  return { scheme: { format: "pack-quantized", weights }, parameters };
}

/** Whether the zero points of a scheme are packed: with one for the whole matrix, and in bytes, they are not. */
export function packsZeroPoints({ format, weights }: Pick<CompressedScheme, "format" | "weights">): boolean {
  return format === "pack-quantized" && !weights.symmetric && weights.strategy !== "tensor";
}

/** Codes, moved by `move`, as rows of 32-bit words. */
function packedWeights(
  shape: Shape,
  bits: number,
  codes: (stored: StoredTensor) => ArrayLike<number>,
  move = 0,
): CompressedParameter {
  const [rows, columns] = shape;
  return {
    suffix: "weight_packed",
    dtype: "I32",
    shape: [rows, wordsOf(columns, bits)],
    bytes: (stored) => packRows(codes(stored), rows, columns, bits, move),
  };
}

const weightShape = (shape: Shape): CompressedParameter => ({
  suffix: "weight_shape",
  dtype: "I64",
  shape: [2],
  bytes: () => new Uint8Array(BigInt64Array.from(shape.map(BigInt)).buffer),
});

/** Zero points (rows, groups), packed down the columns. */
function packedZeros(
  rows: number,
  groups: number,
  bits: number,
  zerosOf: (stored: StoredTensor) => Int8Array,
): CompressedParameter {
  const words = wordsOf(rows, bits);
  return {
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
  };
}

/** Zero is the zero point of a weight's group, row or tensor, which the second table holds. */
function zeroPointOf(columns: number, { strategy, group_size: group = columns }: QuantizationArgs): ZeroCode {
  if (strategy === "tensor") return ([, zeros]) => zeros.data[0];
  const groups = Math.ceil(columns / group);
  return ([, zeros], i) => zeros.data[Math.floor(i / columns) * groups + Math.floor((i % columns) / group)];
}

const wordsOf = (count: number, bits: number): number => Math.ceil((count * bits) / 32);

/** Each row of signed codes as a stream of bits of its own, filled up to whole 32-bit words. */
function packRows(codes: ArrayLike<number>, rows: number, columns: number, bits: number, move = 0): Uint8Array {
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
