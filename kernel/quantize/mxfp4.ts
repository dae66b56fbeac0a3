/** MXFP4: E2M1 floats (0, ½, 1, 1½, 2, 3, 4, 6 and their negatives) in groups of 32 that share a power of two.
 *
 *  w′ = s·f(code),  s = 2^(round(log2 max|w|) − 2).  Formats, rounding and source: microscaling.ts. 4 + 8/32 = 4.25 bits per weight.
 *  w/s may reach 7: |w − w′| ≤ s. compressed-tensors packs two codes to a byte, the even index in the low half:
 *  `packNibbles(codes, "low-first")`. */
import { checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import { microscalingQuantizer } from "./blocks/microscaling";
import type { Quantizer } from "./quantizer";

/** The step that `mxfp4()` gives, frozen. */
export interface Mxfp4Step extends Step {
  /** Names the method. */
  readonly kind: "mxfp4";
}

/** The step "MXFP4": `mxfp4()`. It has no options; throws `OptionError` for any. */
export function mxfp4(options: Record<string, never> = {}): Mxfp4Step {
  checkOptionNames("mxfp4", options, []);
  return Object.freeze({ kind: "mxfp4" } as const);
}

/** The quantizer of `mxfp4()` steps. */
export const mxfp4Quantizer: Quantizer<Mxfp4Step> = microscalingQuantizer<Mxfp4Step>("mxfp4", {
  bits: 4,
  exponent: 2,
  format: "E2M1",
});
