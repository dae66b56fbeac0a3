/** The workshop of the methods: what `import … from "codebook/methods"` gives. Registries, the parts that methods share, and their measures,
 *  for those who write or test a method; studies need "codebook" only. The API reference takes its groups from the headings here.
 *  @module codebook/methods */

// # Quantize
export { quantizerLabel, quantizerOf, quantizers, storedBits } from "./quantize";
export {
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
} from "./quantize";
export { blockScales, ggmlBytes, ggmlMixes, ggmlSteps, nf4Values, packNibbles, unpackNibbles } from "./quantize";
export type { CodeArray, NibbleOrder, Quantized, Quantizer, Table, TableArray } from "./quantize";

// # Prune
export { isStructural, prunerLabel, prunerOf, pruners, structuralPruners } from "./prune";
export { edgesPruner, lowRankPruner, magnitudePruner, nodesPruner } from "./prune";
export {
  addHistogram,
  applyMask,
  decodeSparse,
  encodeSparse,
  findThreshold,
  magnitudeHistogram,
  maskOf,
  pruneAtThreshold,
  pruneCount,
  removeNodes,
  selectDigit,
  selectThreshold,
  singularValues,
  sparseBits,
  thresholdOf,
} from "./prune";
export type {
  Factors,
  IndexStorage,
  LayerParameters,
  MagnitudeThreshold,
  Pruned,
  Pruner,
  SparseForm,
  SparseTensor,
  StructuralPruner,
} from "./prune";

// # Encode
export { coderLabel, coderOf, coders } from "./encode";
export { hornerCoder, hornerWord, huffmanCoder, ransCoder } from "./encode";
export type { ByteForm, Coder, Form, SymbolForm } from "./encode";
export type { ByteOptions, SymbolRange } from "./encode/coder";
export type { ArrayType, ByteReader, ByteWriter } from "./encode/container/container";

// # Measure
export { bytesOfBits, checkFinite, countZeros, weightsOf } from "./measure";
export { errorMeasures, mergeErrorSums, noErrorSums, sumBlock, sumErrorBlock, sumErrors } from "./measure";
export { countSymbols, entropyOfCounts } from "./measure";
export { countHistogram, histogramBins, histogramTail, robustRange } from "./measure";
export { sortValues, valueOfRank } from "./measure";
export type { ErrorSums } from "./measure";
export type { CountedSymbols } from "./measure/entropy";

// # Show
export { displayModel, displayReport, modelView } from "./static/display";
export { rateDistortionToText } from "./analysis/rate-distortion";
export { placeOf } from "./tensor/layer-names";
export { roleOf, rolesOf, type JudgedModel, type JudgedTensor } from "./network";
