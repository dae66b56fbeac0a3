/** Quantizers: one file a method. */
export { dequantize, isQuantizeStep, quantize, quantizerLabel, quantizerOf, quantizers } from "./quantize";
export type { QuantizedTensor, QuantizeStep } from "./quantize";
export { blockScales, type AbsmaxBlockOptions, type AbsmaxBlockStep } from "./blocks/absmax";
export { entropyStep } from "./target/entropy-step";
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
export { packNibbles, unpackNibbles, type NibbleOrder } from "../grid/nibbles";
export { nvfp4, nvfp4Quantizer, type Nvfp4Step } from "./nvfp4";
export { storedBits, type CodeArray, type Quantized, type Quantizer, type Table, type TableArray } from "./quantizer";
export { sorted, sortedQuantizer, type SortedOptions, type SortedStep } from "./sorted";
export { trellis, trellisQuantizer, type TrellisOptions, type TrellisStep } from "./trellis";
export { ternary, ternaryQuantizer, type TernaryMethod, type TernaryOptions, type TernaryStep } from "./ternary";
