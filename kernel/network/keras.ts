/** The channels of a TensorFlow.js or Keras model by its topology: a `Sequential` of dense and convolution layers, batch norms, and layers
 *  that treat each channel alone. Kernels are (in, out) and (height, width, in, out), flattened maps (height, width, channel).
 *  Source: tfjs-layers 4.22, the JSON of `model.toJSON()`. */
import { groupsOfChain, type ChainLayer } from "./chain";
import type { NamedShape } from "./numbered-blocks";
import type { Wired } from "./transformer";

interface KerasLayer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

const weighted = /^(Dense|Conv1D|Conv2D|Conv3D|DepthwiseConv2D)$/;
/** Classes of layers whose output of a channel depends on that channel alone. */
const passing =
  /^(InputLayer|Dropout|SpatialDropout\dD|GaussianNoise|GaussianDropout|AlphaDropout|ActivityRegularization|Flatten|(Global)?(Max|Average)Pooling\dD|ZeroPadding\dD|Cropping\dD|UpSampling\dD|ReLU|LeakyReLU|ELU|ThresholdedReLU)$/;

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};

/** The layers of a sequential topology in order, or why it is none. */
export function kerasLayers(config: Readonly<Record<string, unknown>>): KerasLayer[] | string {
  const topology = record(config.modelTopology);
  const model = "model_config" in topology ? record(topology.model_config) : topology;
  if (model.class_name !== "Sequential")
    return `its topology is ${JSON.stringify(model.class_name) ?? "missing"}, not "Sequential"`;
  const list = Array.isArray(model.config) ? model.config : record(model.config).layers;
  if (!Array.isArray(list)) return "its topology lists no layers";
  return list.map((layer) => ({ className: String(record(layer).class_name), config: record(record(layer).config) }));
}

/** True for a topology of TensorFlow.js. */
export function isKeras(config: Readonly<Record<string, unknown>> = {}): boolean {
  return typeof config.modelTopology === "object" && config.modelTopology !== null;
}

/** The channels of a sequential topology, or why they could not be described. */
export function wireKeras(tensors: readonly NamedShape[], config: Readonly<Record<string, unknown>> = {}): Wired {
  const layers = chainOf(tensors, config);
  if (typeof layers === "string") return { groups: [], unknown: [["the network", layers]] };
  return { groups: groupsOfChain(layers), unknown: [] };
}

function chainOf(tensors: readonly NamedShape[], config: Readonly<Record<string, unknown>>): ChainLayer[] | string {
  const listed = kerasLayers(config);
  if (typeof listed === "string") return listed;
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const layers: ChainLayer[] = [];
  for (const [at, { className, config: options }] of listed.entries()) {
    const name = String(options.name);
    const isLast = listed.slice(at + 1).every((later) => !weighted.test(later.className));
    if (options.data_format === "channels_first") return `${name} has its channels first`;
    if (options.activation === "softmax" && !isLast) return `the softmax of ${name} looks at all channels together`;
    const before = layers.at(-1);
    if (weighted.test(className)) {
      const weight = byName.get(`${name}/kernel`) ?? byName.get(`${name}/depthwise_kernel`);
      const bias = byName.get(`${name}/bias`);
      if (!weight) return `there is no weight "${name}/kernel"`;
      const isDepthwise = className === "DepthwiseConv2D";
      if (isDepthwise && weight.shape[3] !== 1) return `${weight.name} gives several channels for each`;
      const isHomogeneous = options.activation === "relu";
      layers.push({ name, weight, ...(bias && { bias }), isKeras: true, norms: [], isDepthwise, isHomogeneous });
    } else if (className === "BatchNormalization") {
      const norms = ["gamma", "beta", "moving_mean", "moving_variance"].flatMap(
        (word) => byName.get(`${name}/${word}`) ?? [],
      );
      if (before) layers[layers.length - 1] = { ...before, norms: [...before.norms, ...norms] };
      else if (norms.length > 0) continue; // of the inputs
    } else if (className === "Activation") {
      if (options.activation === "softmax" && !isLast) return `the softmax of ${name} looks at all channels together`;
      if (before && options.activation === "relu" && listed[at - 1]?.config.name === before.name)
        layers[layers.length - 1] = { ...before, isHomogeneous: true };
    } else if (!passing.test(className)) return `${name} is a layer of the kind ${className}`;
  }
  return layers;
}

/** The topology with other numbers of outputs; `outputs` gives them by the names of the layers. */
export function resizedTopology(
  config: Readonly<Record<string, unknown>> | undefined,
  outputs: ReadonlyMap<string, number>,
): Record<string, unknown> {
  const copy = structuredClone(config ?? {});
  const layers = kerasLayers(copy);
  if (typeof layers === "string") return copy;
  for (const { className, config: options } of layers) {
    const size = outputs.get(String(options.name));
    // Depthwise layers and norms state no number of outputs.
    if (size !== undefined) (options as Record<string, unknown>)[className === "Dense" ? "units" : "filters"] = size;
  }
  return copy;
}
