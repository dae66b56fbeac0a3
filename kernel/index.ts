/** The public module: what `import … from "codebook"` gives, by task. What only methods and their tests need is in "codebook/methods".
 *  Importing it changes nothing and loads no tfjs; the API reference takes its groups from the headings here.
 *  @module codebook */

// # Open
export { open, type OpenOptions } from "./open/open";
export { fromArrays } from "./formats/arrays";
export { readImportance, writeImportance } from "./formats/imatrix";
export type { ImportanceByName, WriteImportanceOptions } from "./formats/imatrix";
export type { ArraySpec } from "./tensor/memory";
export type { DType } from "./tensor/dtype";
export type { Model } from "./tensor/model";
export type { ReadOptions, Shape, StoredPart, Tensor } from "./tensor/tensor";
export type { Axes, RoleDescription, TensorRole } from "./tensor/role";

// # Compress
export { compress, type CompressOptions } from "./recipe/compress";
export { compare, type Compared, type CompareOptions } from "./recipe/compare";
export { CompressedModel } from "./recipe/compressed-model";
export { CompressedTensor } from "./layer/layer-tensor";
export type { Recipe, RecipeEntry } from "./recipe/recipe";
export type { LayerInfo, LayerPattern, RecordedPattern } from "./tensor/match";
export type { RecipeStep as Step } from "./layer/step";
export type { Progress } from "./host";

// # Quantize
export { dequantize, entropyStep, quantize } from "./quantize";
export { fp4, fp8, ggml, hqq, int, kMeans, linear, meanConstrained } from "./quantize";
export { mxfp4, mxfp8, nf4, nvfp4, sorted, ternary, trellis } from "./quantize";
export type {
  AbsmaxBlockOptions,
  AbsmaxBlockStep,
  Fp4Options,
  Fp4Step,
  Fp8Format,
  Fp8Granularity,
  Fp8Options,
  Fp8Step,
  GgmlMix,
  GgmlOptions,
  GgmlStep,
  GgmlTarget,
  HqqOptions,
  HqqStep,
  Importance,
  IntOptions,
  IntStep,
  KMeansOptions,
  KMeansStep,
  LinearOptions,
  LinearStep,
  MeanConstrainedOptions,
  MeanConstrainedStep,
  Mxfp4Step,
  Mxfp8Step,
  Nf4Options,
  Nf4Step,
  Nvfp4Step,
  QuantizedTensor,
  SortedOptions,
  SortedStep,
  TernaryMethod,
  TernaryOptions,
  TernaryStep,
  TrellisOptions,
  TrellisStep,
} from "./quantize";
export type { Granularity } from "./grid/groups";
export type { RangeMethod } from "./grid/range";
export type { ScaleType } from "./grid/scale";

// # Prune
export { breakEvenDensity, prune } from "./prune";
export { edges, heads, layers, lowRank, magnitude, merge, nodes } from "./prune";
export { wiring } from "./network";
export type {
  EdgesOptions,
  EdgesStep,
  HeadsOptions,
  HeadsStep,
  IndexScheme,
  LayersOptions,
  LayersStep,
  LowRankOptions,
  LowRankStep,
  MagnitudeOptions,
  MagnitudeStep,
  MergeOptions,
  MergeStep,
  NodesOptions,
  NodesStep,
  PrunedTensor,
} from "./prune";
export type {
  Block,
  ChannelGroup,
  ChannelPlace,
  ChannelRole,
  ChannelSection,
  NamedShape,
  Wiring,
  WiringOptions,
} from "./network";

// # Encode
export { decode, encode } from "./encode";
export { delta, horner, huffman, planes, rans, zstd } from "./encode";
export type {
  DecodeOptions,
  DeltaOptions,
  DeltaStep,
  Encoded,
  EncodeOptions,
  FloatArray,
  HornerOptions,
  HornerStep,
  HuffmanOptions,
  HuffmanStep,
  IntegerArray,
  PlanesOptions,
  PlanesStep,
  RansOptions,
  RansStep,
  ZstdOptions,
  ZstdStep,
} from "./encode";
export { pack, unpack } from "./archive/archive";
export { verify } from "./save/verify";
export type { ArchiveOptions, ArchiveSummary, PackOptions } from "./archive/archive";

// # Measure
export { bitsFor, bitsPerWeight, entropyOfCodes, entropyOfValues, histogram, measureError, sparsity } from "./measure";
export type { TensorInput } from "./measure";
export { histograms, type HistogramsOptions } from "./analysis/histograms";
export { planeEntropy, type PlaneEntropyOptions } from "./analysis/plane-entropy";
export type { Plane, PlaneEntropy, PlaneOfType, TensorPlanes } from "./analysis/plane-entropy-result";
export { rateDistortion } from "./analysis/rate-distortion";
export type { RateDistortion, RateDistortionOptions, RatePoint, SchemePoint } from "./analysis/rate-distortion";
export type {
  ErrorMeasures,
  Histogram,
  LayerPlace,
  LayerReport,
  LayerVariant,
  LeftAlone,
  LeftAloneGroup,
  ModelSummary,
  Report,
  StepMeasures,
  VariantSummary,
} from "./report/types";

// # Evaluate
export { bitsPerByte, bitsPerCharacter, calibrate, divergence, drift, perplexity, sensitivity } from "./evaluate";
export type {
  BlockDrift,
  CalibrateOptions,
  Calibration,
  Divergence,
  DivergenceSpread,
  Drift,
  DriftOptions,
  Engine,
  EvaluateOptions,
  Mean,
  Protocol,
  RankCorrelation,
  SchemeSensitivity,
  Sensitivity,
  SensitivityOptions,
  SensitivityUnit,
  TextScore,
  UnitLoss,
} from "./evaluate";

// # Save
export type { SaveOptions } from "./save/saved-model";
export type { SizesOptions } from "./catalog/sizes";
export type { SizeRow, SizeTable } from "./save/size-table";
export type { SaveSummary } from "./save/save-summary";
export type { PlannedLayer, PlannedTensor, SavePlan } from "./save/save-plan";
export { saveBitsandbytes, type SaveBitsandbytesOptions } from "./save/bitsandbytes";
export { saveCompressedTensors, type SaveCompressedTensorsOptions } from "./save/compressed-tensors";
export { saveGguf } from "./save/gguf";
export type { SaveGgufOptions } from "./formats/gguf/writer";
export { ggufValue } from "./formats/gguf/values";
export type { GgufMetadataInput, GgufTypeName, GgufValue } from "./formats/gguf/values";
export { saveSafetensors } from "./formats/safetensors-writer";
export type { SavedFloatType, SavedTensor, SaveSafetensorsOptions } from "./formats/safetensors-writer";
export { saveTfjs, type SaveTfjsOptions } from "./formats/tfjs-writer";

// # Show
export { curves } from "./static/curves";
export type { CurveAxisOptions, CurvePointInput, CurvesOptions } from "./static/curves";
export { reportToCsv } from "./static/csv";
export { reportToMarkdown } from "./static/markdown";
export { reportToSvg, type PictureOptions } from "./static/svg";
export { reportToText, type ReportTextOptions } from "./static/text";
export type { Displayed, MimeBundle } from "./static/display";
export type { Curve, CurveAxis, CurvePoint, CurvesView } from "./report/curves";
export type { ModelView } from "./report/model";
export { widgets } from "./widgets/namespace";
export { onComm, openComm } from "./comm";
export type { Comm, CommMessage } from "./host";

// # Train
export { PrunedLinear, QuantizedLinear } from "./train/lazy";
export { fromTensor, interruptible, modelFolder, tfBackend, toTensor } from "./train/lazy";
export type {
  Backend,
  BackendName,
  BackendOptions,
  FitCallback,
  InterruptibleOptions,
  LinearLayerOptions,
  PrunedLinearOptions,
  QuantizedLinearOptions,
} from "./train/lazy";
export type { ConversionOptions, FromTensorOptions, ModelStore, PlainValues, TensorLike } from "./train/types";

// # Errors
export {
  CancelledError,
  CodebookError,
  FormatError,
  NonFiniteError,
  OptionError,
  SourceError,
  UnsupportedError,
  WorkerError,
  WriteError,
} from "./errors";
