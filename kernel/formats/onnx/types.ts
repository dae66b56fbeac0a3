/** Element types of ONNX by their numbers (`TensorProto.DataType`), under the names that safetensors gives them where it has one. */
export interface OnnxType {
  /** A `DType`, or the name of a type whose values are read here ("I4", "U2") or nowhere ("C64"). */
  readonly dtype: string;
  /** Bits of a number; numbers of fewer than 8 bits lie side by side, the first in the lowest bits. */
  readonly bits: number;
  /** The field of a TensorProto that holds its values where `raw_data` does not: of float, int32, int64, double, uint64. */
  readonly field: 4 | 5 | 7 | 10 | 11;
}

const type = (dtype: string, bits: number, field: OnnxType["field"]): OnnxType => ({ dtype, bits, field });

/** Text, number 8, is none of them. Source: onnx/onnx.proto. */
export const onnxTypes: ReadonlyMap<number, OnnxType> = new Map([
  [1, type("F32", 32, 4)],
  [2, type("U8", 8, 5)],
  [3, type("I8", 8, 5)],
  [4, type("U16", 16, 5)],
  [5, type("I16", 16, 5)],
  [6, type("I32", 32, 5)],
  [7, type("I64", 64, 7)],
  [9, type("BOOL", 8, 5)],
  [10, type("F16", 16, 5)],
  [11, type("F64", 64, 10)],
  [12, type("U32", 32, 11)],
  [13, type("U64", 64, 11)],
  [14, type("C64", 64, 4)],
  [15, type("C128", 128, 10)],
  [16, type("BF16", 16, 5)],
  [17, type("F8_E4M3", 8, 5)],
  [18, type("F8_E4M3FNUZ", 8, 5)],
  [19, type("F8_E5M2", 8, 5)],
  [20, type("F8_E5M2FNUZ", 8, 5)],
  [21, type("U4", 4, 5)],
  [22, type("I4", 4, 5)],
  [23, type("F4", 4, 5)],
  [24, type("F8_E8M0", 8, 5)],
  [25, type("U2", 2, 5)],
  [26, type("I2", 2, 5)],
]);

/** The number of the type of texts. */
export const stringType = 8;
