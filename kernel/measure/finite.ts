import { NonFiniteError } from "../errors";
import { loops } from "../loops/loops";

/** Throws `NonFiniteError`, naming `layer` and the first index, when `values` hold a NaN or an infinity. */
export function checkFinite(values: Float32Array, method: string, layer = "weights"): void {
  const first = loops.values.firstNonFinite(values);
  if (first >= 0) throw new NonFiniteError(layer, first, values[first], method);
}
