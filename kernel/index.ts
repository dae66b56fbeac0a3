/** The public module: what `import … from "codebook"` gives. */
import { archiveWrapping } from "./encode/archive-source";
import { registerWrapping } from "./formats/open";

registerWrapping(archiveWrapping);

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
export { curves } from "./report/curves";
export type { CurveAxisOptions, CurvePointInput, CurvesOptions } from "./report/curves";
export { reportToCsv } from "./report/csv";
export { displayModel, displayReport, modelView } from "./report/display";
export type { Displayed, MimeBundle } from "./report/display";
export { reportToMarkdown } from "./report/markdown";
export { reportToSvg } from "./report/svg";
export { reportToText } from "./report/text";
export type {
  Curve,
  CurveAxis,
  CurvePoint,
  CurvesView,
  ErrorMeasures,
  Histogram,
  LayerPlace,
  LayerReport,
  LayerVariant,
  ModelSummary,
  ModelView,
  Report,
  StepMeasures,
  VariantSummary,
} from "./report/types";

// formats
export { fromArrays } from "./formats/arrays";
export { ggufValue } from "./formats/gguf-values";
export type { GgufMetadataInput, GgufTypeName, GgufValue } from "./formats/gguf-values";
export { saveGguf } from "./formats/gguf-writer";
export type { SaveGgufOptions } from "./formats/gguf-writer";
export { open } from "./formats/open";
export type { OpenOptions } from "./formats/open";
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
export { histograms } from "./measure/model-histograms";
export type { HistogramsOptions } from "./measure/model-histograms";

// quantize
export * from "./quantize";

// prune
export * from "./prune";

// encode
export * from "./encode";

// recipe
export { compare } from "./recipe/compare";
export type { Compared } from "./recipe/compare";
export { compress } from "./recipe/compress";
export type { CompressOptions } from "./recipe/compress";
export { CompressedModel } from "./recipe/compressed-model";
export type { SaveOptions } from "./recipe/compressed-model";
export { CompressedTensor } from "./recipe/compressed-tensor";
export { planeEntropy } from "./recipe/plane-entropy";
export type { PlaneEntropyOptions } from "./recipe/plane-entropy";
export type { Plane, PlaneEntropy, PlaneOfType, TensorPlanes } from "./recipe/plane-entropy-result";
export { rateDistortion, rateDistortionToText } from "./recipe/rate-distortion";
export type { RateDistortion, RateDistortionOptions, RatePoint, SchemePoint } from "./recipe/rate-distortion";
export type { Recipe, RecipeEntry } from "./recipe/recipe";
export { saveBitsandbytes } from "./recipe/save-bitsandbytes";
export type { SaveBitsandbytesOptions } from "./recipe/save-bitsandbytes";
export { saveCompressedTensors } from "./recipe/save-compressed-tensors";
export type { SaveCompressedTensorsOptions } from "./recipe/save-compressed-tensors";

// train
export * from "./train/lazy";

// session
export { onComm, openComm } from "./comm";
export type { Comm, CommMessage } from "./host";
