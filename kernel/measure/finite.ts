import { NonFiniteError } from "../errors";

/** Throws `NonFiniteError`, naming `layer` and the first index, when `values` hold a NaN or an infinity. */
export function checkFinite(values: Float32Array, method: string, layer = "weights"): void {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value - value !== 0) throw new NonFiniteError(layer, i, value, method);
  }
}
