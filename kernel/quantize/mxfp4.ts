/** MXFP4: E2M1 floats (0, ½, 1, 1½, 2, 3, 4, 6 and their negatives) in groups of 32 that share a power of two.
 *
 *  w′ = s·f(code),  s = 2^(round(log2 max|w|) − 2).  Formats, rounding and source: microscaling.ts. 4 + 8/32 = 4.25 bits per weight.
 *  w/s may reach 7: |w − w′| ≤ s. compressed-tensors packs two codes to a byte, the even index in the low half:
 *  `packNibbles(codes, "low-first")`. */
import { e2m1Values, encodeE2m1 } from "../bytes/small-float";
import { checkOptionNames } from "../options";
import type { Step } from "../tensor/step";
import { microscalingQuantizer } from "./microscaling";
import type { Quantizer } from "./quantized";

export interface Mxfp4Step extends Step {
  readonly kind: "mxfp4";
}

/** The step "MXFP4": `mxfp4()`. It has no options; throws `OptionError` for any. */
export function mxfp4(options: Record<string, never> = {}): Mxfp4Step {
  checkOptionNames("mxfp4", options, []);
  return Object.freeze({ kind: "mxfp4" } as const);
}

/** The E2M1 pattern nearest to x, past 6 the largest. Zero of either sign is pattern 0; a negative x that rounds to zero is 8. */
export function e2m1Code(x: number): number {
  return x === 0 ? 0 : encodeE2m1(x);
}

export const mxfp4Quantizer: Quantizer<Mxfp4Step> = microscalingQuantizer<Mxfp4Step>("mxfp4", {
  bits: 4,
  exponent: 2,
  values: e2m1Values,
  encode: e2m1Code,
});
