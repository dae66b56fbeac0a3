import { OptionError } from "../errors";
import { parametersOf, type Shape } from "../tensor/tensor";

/** What the functions on one tensor take: values row-major, or a list of numbers, or a list of rows. */
export type TensorInput = Float32Array | readonly number[] | readonly (readonly number[])[];

/** Values and shape of an input. Numbers are rounded to float32. Throws `OptionError` for rows of unequal length and for a shape
 *  that does not hold that many values. */
export function weightsOf(
  method: string,
  input: TensorInput,
  shape?: Shape,
): {
  /** Row-major; the input itself where it is a Float32Array. */
  weights: Float32Array;
  /** `shape`, or that of the input: (n) of a list, (rows, length) of rows. */
  shape: Shape;
} {
  const { weights, natural } = flatten(method, input);
  const wanted = shape ?? natural;
  if (wanted.some((size) => !Number.isInteger(size) || size < 0) || parametersOf(wanted) !== weights.length)
    throw new OptionError(`${method}(): shape (${wanted.join(", ")}) does not hold ${weights.length} values`);
  return { weights, shape: wanted };
}

function flatten(method: string, input: TensorInput): { weights: Float32Array; natural: Shape } {
  if (isFloat32Array(input)) return { weights: input, natural: [input.length] };
  if (!Array.isArray(input))
    throw new OptionError(`${method}(): the weights must be a Float32Array or a list of numbers`);
  if (!input.some((row) => Array.isArray(row)))
    return { weights: Float32Array.from(input as readonly number[]), natural: [input.length] };
  const rows = input as readonly (readonly number[])[];
  const length = rows[0]?.length;
  const odd = rows.findIndex((row) => !Array.isArray(row) || row.length !== length);
  if (odd >= 0) throw new OptionError(`${method}(): row ${odd} does not have the ${length} numbers of row 0`);
  return { weights: Float32Array.from(rows.flat()), natural: [rows.length, length] };
}

/** True for a Float32Array of any realm. */
function isFloat32Array(input: TensorInput): input is Float32Array {
  return Object.prototype.toString.call(input) === "[object Float32Array]";
}
