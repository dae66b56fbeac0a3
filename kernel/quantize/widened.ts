/** Layers whose scales float16 does not hold: they are stored as float32, and their bits count. */
import { HalfRangeError } from "../grid/scale";
import type { Step } from "../tensor/step";

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

/** What `work` gives for the step, or, where float16 does not hold the scales, for the step with float32 ones, all of it anew: then the step of what
 *  it gives says so. `name` is the layer's, for errors. */
export function atWidth<Result>(step: Step, name: string | undefined, work: (step: Step) => Result): Result {
  try {
    return work(step);
  } catch (error) {
    return work(stepAfter(error, step, name));
  }
}

/** Whether `made` is `step` with wider scales. */
export function isWidened(step: Step, made: Step): boolean {
  const typesOf = ({ scaleDtype, valueDtype }: Step & { scaleDtype?: unknown; valueDtype?: unknown }) =>
    `${String(scaleDtype)} ${String(valueDtype)}`;
  return typesOf(step) !== typesOf(made);
}
