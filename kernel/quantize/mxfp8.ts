/** MXFP8: E4M3 floats in groups of 32 that share a power of two.
 *
 *  w′ = s·f(code),  s = 2^(round(log2 max|w|) − 8).  Formats, rounding and source: microscaling.ts. 8 + 8/32 = 8.25 bits per weight.
 *  w/s stays below 448, so nothing is clamped: |w − w′| ≤ max(|w|·2^-4, s·2^-10). */
import { checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import { microscalingQuantizer } from "./blocks/microscaling";
import type { Quantizer } from "./quantizer";

/** The step that `mxfp8()` gives, frozen. */
export interface Mxfp8Step extends Step {
  /** Names the method. */
  readonly kind: "mxfp8";
}

/** The step "MXFP8": `mxfp8()`. It has no options; throws `OptionError` for any. */
export function mxfp8(options: Record<string, never> = {}): Mxfp8Step {
  checkOptionNames("mxfp8", options, []);
  return Object.freeze({ kind: "mxfp8" } as const);
}

/** The quantizer of `mxfp8()` steps. */
export const mxfp8Quantizer: Quantizer<Mxfp8Step> = microscalingQuantizer<Mxfp8Step>("mxfp8", {
  bits: 8,
  exponent: 8,
  format: "E4M3",
});
