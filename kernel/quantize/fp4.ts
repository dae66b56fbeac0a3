/** FP4 of bitsandbytes: a sign, two exponent bits, one fraction bit, scaled by each block's largest magnitude. (Not E2M1, which
 *  `mxfp4` and `nvfp4` use: the small value here is 1/192, not 1/12.)
 *
 *  w′ = a·value[code],  a = max|w| of a block of 64 weights (or `group`).
 *  code      0   1      2    3    4    5    6    7     +8: negative
 *  value·12  0   1/16   8    12   4    6    2    3
 *  A weight up to 0 that rounds to zero gets code 0, one above 0 code 8, as in bitsandbytes; both mean 0.
 *  Formats, rounding, bits and error bound: blocks/absmax.ts. The widest gap is 1/3, so |w − w′| ≤ a/6.
 *  bitsandbytes packs two codes to a byte, the even index in the high half: `packNibbles(codes, "high-first")`. */
import { absmaxQuantizer, absmaxStep, type AbsmaxBlockOptions, type AbsmaxBlockStep } from "./blocks/absmax";
import type { Quantizer } from "./quantizer";

/** Options of `fp4()`. */
export type Fp4Options = AbsmaxBlockOptions;

/** The step that `fp4()` gives, checked and frozen. */
export interface Fp4Step extends AbsmaxBlockStep {
  /** Names the method. */
  readonly kind: "fp4";
}

const twelfths = [-12, -8, -6, -4, -3, -2, -1 / 16, 0, 0, 1 / 16, 2, 3, 4, 6, 8, 12];

/** The step "FP4 of bitsandbytes": `fp4()`, `fp4({ group: 64, doubleQuant: true })`. Throws `OptionError` for an unknown option or
 *  a group that bitsandbytes does not take. */
export function fp4(options: Fp4Options = {}): Fp4Step {
  return absmaxStep("fp4", options);
}

/** Ascending, and the code that each has. */
export const fp4Values: Float32Array = Float32Array.from(twelfths, (value) => value / 12);
/** The code of each of `fp4Values`: sign in bit 3. */
export const fp4Codes: readonly number[] = [11, 10, 13, 12, 15, 14, 9, 0, 8, 1, 6, 7, 4, 5, 2, 3];

/** The quantizer of `fp4()` steps. */
export const fp4Quantizer: Quantizer<Fp4Step> = absmaxQuantizer<Fp4Step>("fp4", "fp4", {
  values: fp4Values,
  codes: fp4Codes,
});
