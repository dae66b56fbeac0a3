/** Quantization of one tensor, for teaching, for tests and for `compress()`. */
import { NonFiniteError, OptionError } from "../errors";
import { loops } from "../loops/loops";
import { measureError } from "../measure/error";
import { entropyOfCodes } from "../measure/entropy";
import { weightsOf, type TensorInput } from "../measure/input";
import { bitsPerWeight } from "../measure/bit-arithmetic";
import { sparsity } from "../measure/sparsity";
import { nearestOrAll } from "../options";
import type { ErrorMeasures } from "../report/types";
import type { Step } from "../tensor/step";
import type { Shape } from "../tensor/tensor";
import { storedBits, type CodeArray, type Quantized, type Quantizer, type TableArray } from "./quantizer";
import { quantizers, type QuantizeStep } from "./quantizers";
import { isWidened, quantizeWidened } from "./widened";

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
  /** One integer per weight. */
  readonly codes: CodeArray;
  /** One scale for each group, in storage order; absent where the method has none. */
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
 *  of rows, a matrix. `name` is used in errors. Throws `OptionError` for a shape that does not fit and for a step of another
 *  kind, `NonFiniteError` for NaN or infinite weights. Scales that float16 does not hold are float32: the result's step says so. The input is
 *  not changed. */
export function quantize(
  input: TensorInput,
  step: Step,
  options: { shape?: Shape; name?: string } = {},
): QuantizedTensor {
  const quantizer = quantizerOf(step);
  const { weights, shape } = weightsOf("quantize", input, options.shape);
  const quantized = quantizeWidened(quantizer, weights, shape, step, options.name);
  const values = quantizer.dequantize(quantized);
  const odd = loops.values.firstNonFinite(values);
  if (odd >= 0)
    throw new NonFiniteError(options.name ?? "weights", odd, values[odd], quantizer.label(step), "computed");
  const table = (name: string) => quantized.tables.find((entry) => entry.name === name)?.data;
  const optional = {
    scales: table("scale"),
    zeroPoints: table("zeroPoint"),
    offsets: table("offset"),
    codebook: table("codebook"),
  };
  const bits = storedBits(quantized);
  const isWider = isWidened(step, quantized.step);
  return {
    values,
    shape,
    step: isWider ? quantized.step : step,
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

/** w′ from what was stored. Takes the result of `quantize` or its `quantized` part. */
export function dequantize(result: Quantized | QuantizedTensor): Float32Array {
  const quantized = "quantized" in result ? result.quantized : result;
  return quantizerOf(quantized.step).dequantize(quantized);
}

/** A short text for a quantization step: "linear 4-bit g128". */
export function quantizerLabel(step: Step): string {
  return quantizerOf(step).label(step);
}
