/** What a whole model lost: language models are run on a text, in the notebook, by an engine of our own. */
export { perplexity, bitsPerByte, bitsPerCharacter, type EvaluateOptions, type TextScore } from "./perplexity";
export { divergence, type Divergence, type DivergenceSpread, type Mean } from "./divergence";
export { drift, type BlockDrift, type Drift, type DriftOptions } from "./drift";
export {
  sensitivity,
  type SchemeSensitivity,
  type Sensitivity,
  type SensitivityOptions,
  type SensitivityUnit,
  type UnitLoss,
} from "./sensitivity";
export type { RankCorrelation } from "./ranks";
export type { Protocol } from "./windows";
export type { Engine } from "./engine";
