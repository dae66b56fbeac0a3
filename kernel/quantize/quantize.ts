/** Quantization of one tensor, for teaching, for tests and for `compress()`. */
import { OptionError } from "../errors";
import { measureError } from "../measure/error";
import { entropyOfCodes } from "../measure/entropy";
import { weightsOf, type TensorInput } from "../measure/input";
import { bitsPerWeight } from "../measure/bit-arithmetic";
import { sparsity } from "../measure/sparsity";
import { nearestOrAll } from "../options";
import type { ErrorMeasures } from "../report/types";
import type { Step } from "../tensor/step";
import { checkFinite } from "../measure/finite";
import { checkAxes, layoutOf, toMethodOrder, toOwnOrder } from "../tensor/layout";
import type { Axes } from "../tensor/role";
import type { Shape } from "../tensor/tensor";
import { dequantizeMatrices, quantizeMatrices } from "./stack/matrices";
import { storedBits, type CodeArray, type Quantized, type Quantizer, type TableArray } from "./quantizer";
import { quantizers, type QuantizeStep } from "./quantizers";

/** True for a step of a quantization method. */
export function isQuantizeStep(step: Step): step is QuantizeStep {
  return quantizers.has(step.kind);
}

/** The method of a step; throws `OptionError` when its kind is no quantization method. */
export function quantizerOf(step: Step): Quantizer {
  const quantizer = quantizers.get(step.kind);
  if (quantizer) return quantizer;
  const kinds = [...quantizers.keys()];
  throw new OptionError(
    `quantize(): "${String(step.kind)}" is no quantization method; ${nearestOrAll(String(step.kind), kinds)}`,
  );
}

/** One tensor after quantization: the values that a consumer sees, what is stored, and what it cost. */
export interface QuantizedTensor {
  /** w′, row-major, in `shape`. */
  readonly values: Float32Array;
  /** Dimensions, outermost first: (out, in) of a matrix. */
  readonly shape: Shape;
  /** The step that quantized it. */
  readonly step: Step;
  /** "linear 4-bit g128". */
  readonly label: string;
  /** One integer per weight, in the order in which methods see them: stacked axes, outputs, inputs, positions of a kernel. That of `values`,
   *  unless `axes` say otherwise. */
  readonly codes: CodeArray;
  /** One scale for each group, in the order of the codes; absent where the method has none. */
  readonly scales?: Float32Array;
  /** The code of zero for each group; absent where the grid is symmetric. */
  readonly zeroPoints?: TableArray;
  /** What is added for each group (`meanConstrained`); absent elsewhere. */
  readonly offsets?: Float32Array;
  /** The values that codes stand for, one list after the other where rows have their own. */
  readonly codebook?: Float32Array;
  /** Bits of everything stored: codes and tables. */
  readonly bits: number;
  /** `bits` / number of weights; 0 for none. */
  readonly bitsPerWeight: number;
  /** How far w′ is from w. */
  readonly error: ErrorMeasures;
  /** Share of w′ that is exactly zero, 0–1. */
  readonly sparsity: number;
  /** Order-0 entropy of the codes, in bits per weight. */
  readonly entropyBits: number;
  /** The plain form that `dequantize` takes and `compress()` stores. */
  readonly quantized: Quantized;
}

/** Quantizes one tensor by one step. `input` is row-major with the given `shape`; without a shape it is a vector, or, as a list
 *  of rows, a matrix. `axes` say which way it lies, by default (out, in, …): rows, groups and channels follow them, and each matrix of a stack
 *  is quantized on its own. `name` is used in errors. A tensor of a model has all three: `quantize(await tensor.read(), step, tensor)`.
 *  Throws `OptionError` for a shape or axes that do not fit and for a step of another kind, `NonFiniteError` for NaN or infinite weights. The
 *  input is not changed. */
export function quantize(
  input: TensorInput,
  step: Step,
  options: { readonly shape?: Shape; readonly axes?: Axes; readonly name?: string } = {},
): QuantizedTensor {
  const quantizer = quantizerOf(step);
  const { weights, shape } = weightsOf("quantize", input, options.shape);
  const axes = options.axes && checkAxes("quantize()", shape, options.axes);
  const layout = layoutOf(shape, axes);
  if (layout.order) checkFinite(weights, step.kind, options.name);
  const made = quantizeMatrices(quantizer, toMethodOrder(weights, shape, axes), layout, step, options.name);
  const values = toOwnOrder(dequantizeMatrices(quantizer, made), shape, axes);
  const quantized = layout.order && axes ? { ...made, own: { shape, axes } } : made;
  const table = (name: string) => quantized.tables.find((entry) => entry.name === name)?.data;
  const optional = {
    scales: table("scale"),
    zeroPoints: table("zeroPoint"),
    offsets: table("offset"),
    codebook: table("codebook"),
  };
  const bits = storedBits(quantized);
  return {
    values,
    shape,
    step,
    label: quantizer.label(quantized.step),
    codes: quantized.codes,
    ...(Object.fromEntries(Object.entries(optional).filter(([, data]) => data !== undefined)) as object),
    bits,
    bitsPerWeight: bitsPerWeight(bits, weights.length),
    error: measureError(weights, values),
    sparsity: sparsity(values),
    entropyBits: entropyOfCodes(quantized.codes),
    quantized,
  };
}

/** w′ from what was stored, in the tensor's own order. Takes the result of `quantize` or its `quantized` part. */
export function dequantize(result: Quantized | QuantizedTensor): Float32Array {
  const quantized = "quantized" in result ? result.quantized : result;
  const { own } = quantized;
  const values = dequantizeMatrices(quantizerOf(quantized.step), quantized);
  return own ? toOwnOrder(values, own.shape, own.axes) : values;
}

/** A short text for a quantization step: "linear 4-bit g128". */
export function quantizerLabel(step: Step): string {
  return quantizerOf(step).label(step);
}
