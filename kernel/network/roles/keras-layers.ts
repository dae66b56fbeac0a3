/** What the tensors of a Keras model are by the classes of its layers, as the topology of a `model.json` lists them. Source: the `build`
 *  methods of Keras 3 and tfjs-layers 4.22. */
import type { Axes, RoleDescription, TensorRole } from "../../tensor/role";
import { kerasAxes, kerasDepthwiseAxes } from "./axes";
import { einsumAxes } from "./einsum";
import type { Subject } from "./subject";

interface Layer {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

type Judgement = { readonly role: TensorRole; readonly axes?: Axes; readonly because: string };

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** Layers nest as models in models, cells in recurrent layers, layers in wrappers. */
const deepest = 32;

/** The layers of a topology by name, those inside others too. */
function layersByName(value: unknown, found: Map<string, Layer>, depth = 0): void {
  if (typeof value !== "object" || value === null || depth > deepest) return;
  const { class_name: className, config } = value as Record<string, unknown>;
  if (typeof className === "string") {
    const { name } = record(config);
    const own = typeof name === "string" ? name : (value as Record<string, unknown>).name;
    if (typeof own === "string")
      found.set(own.toLowerCase(), { className: className.replace(/^.*>/, ""), config: record(config) });
  }
  for (const inner of Object.values(value)) layersByName(inner, found, depth + 1);
}

/** What a tensor of such a layer is, by its own word. */
function judge({ className, config }: Layer, { parameter, words, shape }: Subject): Judgement | undefined {
  const word = parameter.toLowerCase();
  const what = `${/^[AEIOU]/.test(className) ? "an" : "a"} ${className}`;
  const weight = (role: TensorRole, axes: Axes, as = what): Judgement => ({
    role,
    axes,
    because: `the ${word} of ${as}`,
  });
  const other = (role: TensorRole): Judgement => ({ role, because: `the ${word} of ${what}` });
  if (/Normalization(V\d)?$/.test(className)) return other(className === "Normalization" ? "buffer" : "norm");
  if (/^PReLU$/.test(className)) return other("buffer");
  if (
    /^(Rescaling|Discretization|TextVectorization|StringLookup|IntegerLookup|Hashing|CategoryEncoding|RandomFourierFeatures)$/.test(
      className,
    )
  )
    return other("buffer");
  if (/bias$/.test(word)) return other("bias");
  if (/^seed_generator|seed$/.test(word)) return other("buffer");
  if (/^Embedding$/.test(className) && shape.length === 2)
    return weight("embedding", { output: [0], input: [1], stacked: [] });
  if (className === "EinsumDense" && word === "kernel") {
    const axes = einsumAxes(config.equation, shape.length);
    return axes ? weight("linear", axes) : undefined;
  }
  if (/^MultiHeadAttention$|^GroupedQueryAttention$/.test(className) && word === "kernel") {
    const part = words[words.length - 2] ?? "";
    if (shape.length !== 3) return undefined;
    return /output/.test(part)
      ? weight("linear", { output: [2], input: [0, 1], stacked: [] }, `the output of ${what}`)
      : weight("linear", { output: [1, 2], input: [0], stacked: [] }, `the ${part} of ${what}`);
  }
  if (/^Conv\dDTranspose$|^Convolution\dDTranspose$/.test(className) && word === "kernel")
    return weight("convolution", { output: [shape.length - 2], input: [shape.length - 1], stacked: [] });
  if (word === "depthwise_kernel" || (/^DepthwiseConv\dD$/.test(className) && word === "kernel"))
    return weight("convolution", kerasDepthwiseAxes(shape));
  if (word === "pointwise_kernel") return weight("convolution", kerasAxes(shape));
  if (/^Conv(olution)?\dD$|^ConvLSTM\dD(Cell)?$/.test(className) && /kernel$/.test(word))
    return weight("convolution", kerasAxes(shape));
  if (
    /^(Dense|LSTM|GRU|SimpleRNN|CuDNNLSTM|CuDNNGRU|LSTMCell|GRUCell|SimpleRNNCell|QDense|RNN|StackedRNNCells|Attention)$/.test(
      className,
    ) &&
    /kernel$/.test(word) &&
    shape.length === 2
  )
    return weight("linear", kerasAxes(shape));
  return undefined;
}

/** The layers of a topology as a judge of tensors; `undefined` for settings that are no topology of layers. The judge knows nothing of tensors
 *  of layers of other classes. */
export function kerasJudge(
  config: Readonly<Record<string, unknown>> | undefined,
): ((subject: Subject) => RoleDescription | undefined) | undefined {
  const topology = record(config?.modelTopology);
  const layers = new Map<string, Layer>();
  layersByName("model_config" in topology ? topology.model_config : topology, layers);
  if (layers.size === 0) return undefined;
  const wrappers = /^(Functional|Model|Sequential|TimeDistributed|Bidirectional|Wrapper|SpectralNormalization)$/;
  return (subject) => {
    for (const word of [...subject.words].slice(0, -1).reverse()) {
      const layer = layers.get(word) ?? layers.get(word.replace(/^(forward|backward)_/, ""));
      if (!layer || wrappers.test(layer.className)) continue;
      const found = judge(layer, subject);
      if (!found) return undefined;
      const { role, axes, because } = found;
      return { role, roleReason: `Keras: ${because}`, ...(axes && { axes }) };
    }
    return undefined;
  };
}
