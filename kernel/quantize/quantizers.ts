/** The table of quantizers: with its line and its row here, a method is known to `quantize`, `dequantize`, `compress`, recipes and reports. */
import { methodsByKind, type StepOf } from "../tensor/step";
import { fp4Quantizer } from "./fp4";
import { fp8Quantizer } from "./fp8";
import { ggmlQuantizer } from "./ggml";
import { hqqQuantizer } from "./hqq";
import { intQuantizer } from "./int";
import { kMeansQuantizer } from "./k-means";
import { linearQuantizer } from "./linear";
import { meanConstrainedQuantizer } from "./mean-constrained";
import { mxfp4Quantizer } from "./mxfp4";
import { mxfp8Quantizer } from "./mxfp8";
import { nf4Quantizer } from "./nf4";
import { nvfp4Quantizer } from "./nvfp4";
import type { Quantizer } from "./quantizer";
import { sortedQuantizer } from "./sorted";
import { ternaryQuantizer } from "./ternary";
import { trellisQuantizer } from "./trellis";

export { fp4, fp4Quantizer, type Fp4Options, type Fp4Step } from "./fp4";
export { fp8, fp8Quantizer, type Fp8Format, type Fp8Granularity, type Fp8Options, type Fp8Step } from "./fp8";
export {
  ggml,
  ggmlBytes,
  ggmlMixes,
  ggmlQuantizer,
  ggmlSteps,
  type GgmlMix,
  type GgmlOptions,
  type GgmlStep,
  type GgmlTarget,
  type Importance,
} from "./ggml";
export { hqq, hqqQuantizer, type HqqOptions, type HqqStep } from "./hqq";
export { int, intQuantizer, type IntOptions, type IntStep } from "./int";
export { kMeans, kMeansQuantizer, type KMeansOptions, type KMeansStep } from "./k-means";
export { linear, linearQuantizer, type LinearOptions, type LinearStep } from "./linear";
export {
  meanConstrained,
  meanConstrainedQuantizer,
  type MeanConstrainedOptions,
  type MeanConstrainedStep,
} from "./mean-constrained";
export { mxfp4, mxfp4Quantizer, type Mxfp4Step } from "./mxfp4";
export { mxfp8, mxfp8Quantizer, type Mxfp8Step } from "./mxfp8";
export { nf4, nf4Quantizer, nf4Values, type Nf4Options, type Nf4Step } from "./nf4";
export { nvfp4, nvfp4Quantizer, type Nvfp4Step } from "./nvfp4";
export { sorted, sortedQuantizer, type SortedOptions, type SortedStep } from "./sorted";
export { ternary, ternaryQuantizer, type TernaryMethod, type TernaryOptions, type TernaryStep } from "./ternary";
export { trellis, trellisQuantizer, type TrellisOptions, type TrellisStep } from "./trellis";

const table = [
  fp4Quantizer,
  fp8Quantizer,
  ggmlQuantizer,
  hqqQuantizer,
  intQuantizer,
  kMeansQuantizer,
  linearQuantizer,
  meanConstrainedQuantizer,
  mxfp4Quantizer,
  mxfp8Quantizer,
  nf4Quantizer,
  nvfp4Quantizer,
  sortedQuantizer,
  ternaryQuantizer,
  trellisQuantizer,
] as const;

/** A step of any quantization method; its `kind` tells of which. */
export type QuantizeStep = StepOf<(typeof table)[number]>;

/** Every quantization method by its `kind`. A method here takes any step whose kind is its own. */
export const quantizers: ReadonlyMap<string, Quantizer<QuantizeStep>> = methodsByKind<Quantizer<QuantizeStep>>(table);
