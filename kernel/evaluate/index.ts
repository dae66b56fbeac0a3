/** What a whole model lost: networks are run on texts, in the notebook, by an engine of our own. */
export { bitsPerByte, bitsPerCharacter, perplexity, type EvaluateOptions } from "./perplexity";
export { divergence } from "./divergence";
export { calibrate, type CalibrateOptions, type Calibration } from "./calibrate";
export { drift, type DriftOptions } from "./drift";
export { sensitivity, type SensitivityOptions } from "./sensitivity";
export type {
  BlockDrift,
  Divergence,
  DivergenceSpread,
  Drift,
  Mean,
  SchemeSensitivity,
  Sensitivity,
  SensitivityUnit,
  TextScore,
  UnitLoss,
} from "./results";
export type { RankCorrelation } from "./ranks";
export type { Protocol } from "./windows";
export type { Engine } from "./engine";
