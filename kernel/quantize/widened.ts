/** Layers whose scales float16 does not hold: they are stored as float32, and their bits count. */
import { HalfRangeError } from "../grid/scale";
import type { Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import type { Quantized, Quantizer } from "./quantizer";

/** The step with scales (and codebook values) of 32 bits in the place of those of 16; `undefined` where it has none of 16. */
export function widenedStep<S extends Step>(step: S): S | undefined {
  const { scaleDtype, valueDtype } = step as S & { scaleDtype?: unknown; valueDtype?: unknown };
  const isHalf = (type: unknown) => type === "F16" || type === "BF16";
  if (isHalf(scaleDtype)) return Object.freeze({ ...step, scaleDtype: "F32" });
  return isHalf(valueDtype) ? Object.freeze({ ...step, valueDtype: "F32" }) : undefined;
}

/** The wider step after `HalfRangeError`; throws what is another error, and, with the layer's name, what no wider step helps. */
export function stepAfter<S extends Step>(error: unknown, step: S, name = "weights"): S {
  if (!(error instanceof HalfRangeError)) throw error;
  const wider = widenedStep(step);
  if (wider === undefined) throw new HalfRangeError(`${name}: ${error.message}`);
  return wider;
}

/** What the quantizer makes of the weights by the step, or, where float16 does not hold its scales, by the step with float32 ones: then the
 *  result's own step says so. */
export function quantizeWidened(
  quantizer: Quantizer,
  weights: Float32Array,
  shape: Shape,
  step: Step,
  name?: string,
): Quantized {
  try {
    return quantizer.quantize(weights, shape, step, name);
  } catch (error) {
    return quantizer.quantize(weights, shape, stepAfter(error, step, name), name);
  }
}

/** Whether `made` is `step` with wider scales. */
export function isWidened(step: Step, made: Step): boolean {
  const typesOf = ({ scaleDtype, valueDtype }: Step & { scaleDtype?: unknown; valueDtype?: unknown }) =>
    `${String(scaleDtype)} ${String(valueDtype)}`;
  return typesOf(step) !== typesOf(made);
}
