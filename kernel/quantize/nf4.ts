/** NormalFloat4: 16 values at quantiles of the normal distribution, scaled by each block's largest magnitude; 0 is a value.
 *
 *  w′ = a·value[code],  a = max|w| of a block of 64 weights (or `group`), value = −1 … 1, given below. Codes ascend with the values.
 *  Formats, rounding, bits and error bound: blocks/absmax.ts. The widest gap is 0.3039, so |w − w′| ≤ 0.152·a.
 *  bitsandbytes packs two codes to a byte, the even index in the high half: `packNibbles(codes, "high-first", 7)`.
 *
 *  Source: Dettmers et al. 2023, QLoRA (arXiv 2305.14314), appendix E. */
import { absmaxQuantizer, absmaxStep, type AbsmaxBlockOptions, type AbsmaxBlockStep } from "./blocks/absmax";
import type { Quantizer } from "./quantizer";

/** Options of `nf4()`. */
export type Nf4Options = AbsmaxBlockOptions;

/** The step that `nf4()` gives, checked and frozen. */
export interface Nf4Step extends AbsmaxBlockStep {
  /** Names the method. */
  readonly kind: "nf4";
}

/** The value of each code. */
export const nf4Values: Float32Array = Float32Array.of(
  -1,
  -0.6961928009986877,
  -0.5250730514526367,
  -0.39491748809814453,
  -0.28444138169288635,
  -0.18477343022823334,
  -0.09105003625154495,
  0,
  0.07958029955625534,
  0.16093020141124725,
  0.24611230194568634,
  0.33791524171829224,
  0.44070982933044434,
  0.5626170039176941,
  0.7229568362236023,
  1,
);

/** The step "NormalFloat4": `nf4()`, `nf4({ group: 64, doubleQuant: true })`. Throws `OptionError` for an unknown option or a group
 *  that bitsandbytes does not take. */
export function nf4(options: Nf4Options = {}): Nf4Step {
  return absmaxStep("nf4", options);
}

/** The quantizer of `nf4()` steps. */
export const nf4Quantizer: Quantizer<Nf4Step> = absmaxQuantizer<Nf4Step>("nf4", "nf4", {
  values: nf4Values,
  codes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
});
