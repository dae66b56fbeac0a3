/** What the other tensors of a model tell of one: the length of its bias, the layer before it, the width of the network. */
import { atOnce, mapWithTurns } from "../../bytes/pause";
import type { Shape } from "../../tensor/tensor";
import { turnedExperts } from "./architectures";
import type { Subject } from "./subject";

/** Lookups among the tensors of a model. */
export interface Neighbours {
  /** Length of the layer's own bias: the number of its outputs. */
  biasOf(subject: Subject): number | undefined;
  /** Shape of the tensor of that name; the very array. */
  shapeOf(name: string): Shape | undefined;
  /** Whether a matrix of Conv1D's names lies (in, out), as GPT-2's do. */
  turned(subject: Subject): boolean;
  /** Outputs of the convolution before this one in the order of the file. */
  before(subject: Subject): number | undefined;
  /** Whether experts stand under that prefix: "model.layers.0.mlp.". */
  holdsExperts(prefix: string): boolean;
  /** Whether experts lie (experts, in, out) in this type of network, where shapes do not tell. */
  readonly expertsTurned: boolean;
  /** Values that travel from block to block, where the settings or the embeddings tell. */
  readonly width: number | undefined;
}

/** Names of layers that OpenAI's GPT keeps as Conv1D, (in, out), and its imitators as (out, in). */
const conv1d = /(^|\.)(c_attn|c_fc|c_proj|q_attn)\.weight$/;

/** Types of networks of transformers that are made of Conv1D. */
export const conv1dNetworks: ReadonlySet<string> = new Set([
  "gpt2",
  "openai-gpt",
  "imagegpt",
  "decision_transformer",
  "gpt-sw3",
]);

/** The shapes of a model's tensors by their names, with turns for others. */
export function* shapesOf(subjects: readonly Subject[]): Generator<void, ReadonlyMap<string, Shape>> {
  const shapes = new Map<string, Shape>();
  yield* mapWithTurns(subjects, ({ name, shape }) => void shapes.set(name, shape));
  return shapes;
}

const lengthOf = (shape: Shape | undefined): number | undefined => (shape?.length === 1 ? shape[0] : undefined);

/** The neighbours in a model; `types`: its network's types by config.json, `width`: the width that it states. */
export function neighboursOf(
  subjects: readonly Subject[],
  types: readonly string[],
  width: number | undefined,
  shapes: ReadonlyMap<string, Shape> = atOnce(shapesOf(subjects)),
): Neighbours {
  const biasOf = ({ prefix, parameter }: Subject): number | undefined => {
    const own = parameter.replace(/^weight(_v|_orig|_bar|_raw)?$|^weight\.original1?$|^kernel$/, "bias");
    const word = own === "bias" ? own : parameter.replace(/_w$/, "_b").replace(/_weight$/, "_bias");
    if (word !== parameter) return lengthOf(shapes.get(`${prefix}${word}`) ?? shapes.get(`${prefix}${word}_orig`));
    // w and b, W1 and b1, weights and biases: the words of Haiku, Sonnet, TF-Slim, and of networks in plain NumPy.
    const [, number] = /^[wW](_?\d*)$/.exec(parameter) ?? [];
    if (number !== undefined) return lengthOf(shapes.get(`${prefix}b${number}`));
    return parameter === "weights" ? lengthOf(shapes.get(`${prefix}biases`)) : undefined;
  };
  let telling: boolean | undefined;
  const lies = (): boolean => {
    if (types.some((type) => conv1dNetworks.has(type))) return true;
    if (types.length > 0 && !types.includes("clvp")) return false;
    // Without settings, a fused query, key and value or a bias shows which way all of them lie.
    return subjects.some((subject) => {
      const { path, shape } = subject;
      if (!conv1d.test(path) || shape.length !== 2 || shape[0] === shape[1]) return false;
      return biasOf(subject) === shape[1] || (path.endsWith("c_attn.weight") && shape[1] === 3 * shape[0]);
    });
  };
  let beforeOf: Map<string, number> | undefined;
  let parents: Set<string> | undefined;
  return {
    biasOf,
    shapeOf: (name) => shapes.get(name),
    turned: ({ path }) => conv1d.test(path) && (telling ??= lies()),
    before: ({ name }) => (beforeOf ??= outputsBefore(subjects)).get(name),
    holdsExperts: (prefix) => (parents ??= parentsOfExperts(subjects)).has(prefix),
    expertsTurned: types.some((type) => turnedExperts.has(type)),
    width,
  };
}

/** For each tensor, the outputs of the last convolution before it that has more than one input for each output. */
function outputsBefore(subjects: readonly Subject[]): Map<string, number> {
  const before = new Map<string, number>();
  let last: number | undefined;
  for (const { name, shape, parameter } of subjects) {
    if (last !== undefined) before.set(name, last);
    if (shape.length > 2 && /^weight/.test(parameter)) last = shape[0];
  }
  return before;
}

/** What stands before the word "experts" in the names of a model. */
function parentsOfExperts(subjects: readonly Subject[]): Set<string> {
  const found = new Set<string>();
  for (const { name } of subjects) {
    const at = name.search(/experts[./]/);
    if (at >= 0) found.add(name.slice(0, at));
  }
  return found;
}
