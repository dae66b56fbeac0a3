/** The public module: what `import … from "codebook"` gives. */
// errors
export * from "./errors";

// tensor
export type { DType } from "./tensor/dtype";
export type { LayerInfo, LayerPattern } from "./tensor/match";
export type { ArraySpec } from "./tensor/memory";
export { placeOf, roleOf } from "./tensor/layer-names";
export type { LayerRole } from "./tensor/layer-names";
export type { Model } from "./tensor/model";
export type { Step } from "./tensor/step";
export type { ReadOptions, Shape, Tensor } from "./tensor/tensor";

// report
export { curves } from "./static/curves";
export type { CurveAxisOptions, CurvePointInput, CurvesOptions } from "./static/curves";
export { reportToCsv } from "./report/csv";
export { displayModel, displayReport, modelView } from "./static/display";
export type { Displayed, MimeBundle } from "./static/display";
export { reportToMarkdown } from "./static/markdown";
export { reportToSvg } from "./static/svg";
export { reportToText } from "./static/text";
export type { Curve, CurveAxis, CurvePoint, CurvesView } from "./report/curves";
export type { ModelView } from "./report/model";
export type {
  ErrorMeasures,
  Histogram,
  LayerPlace,
  LayerReport,
  LayerVariant,
  ModelSummary,
  Report,
  StepMeasures,
  VariantSummary,
} from "./report/types";

// formats
export { fromArrays } from "./formats/arrays";
export { ggufValue } from "./formats/gguf/values";
export type { GgufMetadataInput, GgufTypeName, GgufValue } from "./formats/gguf/values";
export { saveGguf } from "./save/gguf";
export type { SaveGgufOptions } from "./formats/gguf/writer";
export { open } from "./open/open";
export type { OpenOptions } from "./open/open";
export { saveTfjs } from "./formats/tfjs-writer";
export type { SaveTfjsOptions } from "./formats/tfjs-writer";
export { saveSafetensors } from "./formats/safetensors-writer";
export type { SavedFloatType, SavedTensor, SaveSafetensorsOptions } from "./formats/safetensors-writer";

// network
export { wiring } from "./network";
export type { ChannelGroup, ChannelPlace, ChannelRole, ChannelSection, Wiring, WiringOptions } from "./network";
export type { Block, NamedShape } from "./network";

// measure
export * from "./measure";
export { histograms } from "./analysis/histograms";
export type { HistogramsOptions } from "./analysis/histograms";

// quantize
export * from "./quantize";

// prune
export * from "./prune";

// encode
export * from "./encode";

// archive
export { pack, unpack, verify } from "./archive/archive";
export type { ArchiveOptions, ArchiveSummary, PackOptions } from "./archive/archive";

// recipe
export { compare } from "./recipe/compare";
export type { Compared } from "./recipe/compare";
export { compress } from "./recipe/compress";
export type { CompressOptions } from "./recipe/compress";
export { CompressedModel } from "./recipe/compressed-model";
export type { SaveOptions } from "./recipe/compressed-model";
export { CompressedTensor } from "./layer/compressed-tensor";
export { planeEntropy } from "./analysis/plane-entropy";
export type { PlaneEntropyOptions } from "./analysis/plane-entropy";
export type { Plane, PlaneEntropy, PlaneOfType, TensorPlanes } from "./analysis/plane-entropy-result";
export { rateDistortion, rateDistortionToText } from "./analysis/rate-distortion";
export type { RateDistortion, RateDistortionOptions, RatePoint, SchemePoint } from "./analysis/rate-distortion";
export type { Recipe, RecipeEntry } from "./recipe/recipe";
export { saveBitsandbytes } from "./save/bitsandbytes";
export type { SaveBitsandbytesOptions } from "./save/bitsandbytes";
export { saveCompressedTensors } from "./save/compressed-tensors";
export type { SaveCompressedTensorsOptions } from "./save/compressed-tensors";

// train
export * from "./train/lazy";

// session
export { onComm, openComm } from "./comm";
export type { Comm, CommMessage } from "./host";
