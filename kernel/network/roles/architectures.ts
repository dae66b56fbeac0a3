/** What is known of single architectures, where their tensors' names and shapes say less, or something else. Sources: modeling_*.py of
 *  transformers 5.24. */
import type { Axes, TensorRole } from "../../tensor/role";
import type { RoleRule } from "./rule";

/** A rule of one architecture. */
export interface ArchitectureRule extends RoleRule {
  readonly role: TensorRole;
  /** Of a weight; absent for the usual ones. */
  readonly axes?: Axes;
}

const matrices = (output: readonly number[], input: readonly number[], stacked: readonly number[] = []): Axes => ({
  output,
  input,
  stacked,
});

/** A product of matrices with the input on the left of w: (in, out). */
const turned = matrices([1], [0]);

const stateSpaceMatrices: ArchitectureRule = {
  role: "linear",
  because: "matrices of a state-space layer, head beside head",
  parameter: /^(x_proj_weight|dt_proj_weight)$/,
  axes: matrices([1], [2], [0]),
};

const reassemble: ArchitectureRule = {
  role: "convolution",
  because: "the transposed convolution that reassembles a map",
  path: /reassemble_stage\.layers\.[01]\.resize\.weight$/,
  axes: turned,
};

/** Rules by `model_type`, of the whole network or of one of its parts. */
const rules: Readonly<Record<string, readonly ArchitectureRule[]>> = {
  xlnet: [
    { role: "linear", because: "a projection to heads", path: /rel_attn\.[qkvr]$/, axes: matrices([1, 2], [0]) },
    { role: "linear", because: "a projection from heads", path: /rel_attn\.o$/, axes: matrices([0], [1, 2]) },
  ],
  funnel: [{ role: "linear", because: "a projection to heads", parameter: /^r_kernel$/, axes: matrices([1, 2], [0]) }],
  ctrl: [{ role: "embedding", because: "the table of tokens", path: /(^|\.)w\.weight$/, least: 2, most: 2 }],
  canine: [{ role: "embedding", because: "a table of hashed characters", layer: /^hashbucket/, least: 2, most: 2 }],
  speecht5: [{ role: "embedding", because: "a table of relative positions", layer: /^pe_k$/, least: 2, most: 2 }],
  zamba: [stateSpaceMatrices],
  recurrent_gemma: [
    {
      role: "linear",
      because: "gates, head beside head",
      parameter: /^(input|recurrent)_gate_weight$/,
      axes: matrices([2], [1], [0]),
    },
  ],
  csm: [
    {
      role: "head",
      because: "a head for each codebook",
      path: /codebooks_head\.weight$/,
      axes: matrices([2], [1], [0]),
    },
  ],
  dbrx: [
    {
      role: "expert",
      because: "experts one below the other",
      path: /experts\.mlp\.(w1|v1)$/,
      least: 2,
      most: 2,
      axes: matrices([0], [1]),
    },
    {
      role: "expert",
      because: "experts one below the other",
      path: /experts\.mlp\.w2$/,
      least: 2,
      most: 2,
      axes: turned,
    },
  ],

  depth_pro: [
    {
      role: "convolution",
      because: "a transposed convolution",
      path: /(^|\.)head\.layers\.1\.weight$|scaled_images\.\d+\.layers\.[1-9]\d*\.weight$|intermediate\.\d+\.layers\.[1-9]\d*\.weight$/,
      axes: turned,
    },
  ],
  dpt: [reassemble],
  depth_anything: [reassemble],
  prompt_depth_anything: [reassemble],
  zoedepth: [reassemble],
  chmv2: [reassemble],
  tipsv2_dpt: [reassemble],
};
/** Types whose experts lie (experts, in, out), where shapes do not tell. */
export const turnedExperts: ReadonlySet<string> = new Set([
  "gpt_oss",
  "llama4",
  "llama4_text",
  "aria",
  "aria_text",
  "openai_privacy_filter",
]);

/** The rules of an architecture by its `model_type`; none for one that keeps to the habits. */
export function rulesOfArchitecture(type: string): readonly ArchitectureRule[] {
  return Object.hasOwn(rules, type) ? rules[type] : [];
}

/** The types of network that a config.json names: its own, and those of its parts. */
export function typesOf(config: Readonly<Record<string, unknown>> | undefined, depth = 0): string[] {
  if (config === undefined) return [];
  const own = typeof config.model_type === "string" ? [config.model_type] : [];
  if (depth > 3) return own;
  const parts = Object.values(config).filter(
    (value): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value),
  );
  return [...new Set([...own, ...parts.flatMap((part) => typesOf(part, depth + 1))])];
}
