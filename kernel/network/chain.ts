/** The channels of a network whose layers follow one another: dense and convolution layers, batch norms, pooling, flattening.
 *
 *    fc1 (out, in) → [batch norm] → activation → fc2 (out₂, out)      node i: row i of fc1, its bias, its norm's entries, column i of fc2
 *    conv (c, in, h, w) → flatten → fc (out, c·H·W)                   channel i: H·W columns in a row of fc
 *    conv (c, in, h, w) → depthwise conv (c, 1, h, w) → …             channel i: row i of the depthwise kernel too
 *
 *  The order comes from the caller (`chain`), from a topology, or from the model: layers as they stand there when each takes what the one
 *  before gives, else in order of their names with numbers as numbers. The last layer's outputs are the network's and stay. A skip
 *  connection cannot be seen in shapes: networks with numbered blocks of several layers are not taken for chains. */
import { OptionError } from "../errors";
import { nearestWord } from "../options";
import { blockName } from "../tensor/layer-names";
import { section, type ChannelGroup, type ChannelPlace } from "./channels";
import { axisOf, type NamedShape } from "./numbered-blocks";
import { roleOf } from "./roles";
import type { Wired } from "./transformer";

/** A layer with a weight, and the vectors of its module. */
export interface ChainLayer {
  /** "fc1". */
  readonly name: string;
  readonly weight: NamedShape;
  readonly bias?: NamedShape;
  /** True for weights (…, in, out) as Keras keeps them; false for (out, in, …), as torch does. */
  readonly isKeras: boolean;
  /** Batch norms behind it: gain, shift, mean and variance. */
  readonly norms: readonly NamedShape[];
  /** True for a depthwise convolution, whose output of a channel depends on that channel alone. */
  readonly isDepthwise: boolean;
  /** True where a ReLU is known to follow, false where another activation is; absent where nothing tells. */
  readonly isHomogeneous?: boolean;
}

const outAxisOf = ({ weight, isKeras, isDepthwise }: ChainLayer): number =>
  axisOf(weight, "output") ?? (isKeras ? weight.shape.length - (isDepthwise ? 2 : 1) : 0);
const inAxisOf = ({ weight, isKeras }: ChainLayer): number =>
  axisOf(weight, "input") ?? (isKeras ? weight.shape.length - 2 : 1);

/** Number of a layer's outputs; `taken` counts its inputs. */
const given = (layer: ChainLayer): number => layer.weight.shape[outAxisOf(layer)];
const taken = (layer: ChainLayer): number => layer.weight.shape[inAxisOf(layer)];

/** A kernel (c, 1, …) behind a layer of c outputs looks at each channel alone. */
function isDepthwiseAfter(before: ChainLayer, { weight, isKeras, isDepthwise }: ChainLayer): boolean {
  const { shape } = weight;
  return isKeras ? isDepthwise : shape.length > 2 && shape[1] === 1 && shape[0] > 1 && shape[0] === given(before);
}

function follows(before: ChainLayer, after: ChainLayer): boolean {
  if (isDepthwiseAfter(before, after)) return given(after) === given(before);
  const flattens = before.weight.shape.length > 2 && after.weight.shape.length === 2;
  return flattens ? taken(after) % given(before) === 0 : taken(after) === given(before);
}

/** Groups of the layers in that order; `OptionError` where one does not take what the one before gives. */
export function groupsOfChain(ordered: readonly ChainLayer[]): ChannelGroup[] {
  const layers = ordered.map((layer, at) => {
    if (at === 0) return { ...layer, isDepthwise: false };
    const before = ordered[at - 1];
    if (!follows(before, layer)) throw new OptionError(`chain: ${mismatch(before, layer)}`);
    return { ...layer, isDepthwise: isDepthwiseAfter(before, layer) };
  });
  return layers.flatMap((layer, at): ChannelGroup[] => {
    if (layer.isDepthwise) return [];
    let end = at + 1;
    while (end < layers.length && layers[end].isDepthwise) end++;
    const consumer = layers[end];
    if (!consumer) return [];
    const size = given(layer);
    const between = layers.slice(at + 1, end);
    const places = [layer, ...between].flatMap((one) => makersOf(one, one === layer));
    const repeats = taken(consumer) / size;
    // In a flattened map the positions of a channel lie side by side in torch, the channels of a position in Keras.
    const columns = consumer.isKeras ? section(1, 0, { repeat: repeats, period: size }) : section(repeats);
    return [
      {
        name: layer.name,
        kind: "nodes",
        size,
        queries: 1,
        headSize: 1,
        places: [...places, channelPlace(consumer.weight, inAxisOf(consumer), "consumer", columns)],
        homogeneous: between.length === 0 && layer.norms.length === 0 && layer.isHomogeneous === true,
      },
    ];
  });
}

function mismatch(before: ChainLayer, { name, weight }: ChainLayer): string {
  return `${name} (${weight.shape.join(", ")}) does not take the ${given(before)} outputs of ${before.name}`;
}

function channelPlace(
  { name, shape }: NamedShape,
  axis: number,
  role: ChannelPlace["role"],
  where = section(1),
): ChannelPlace {
  return { tensor: name, shape, axis, role, section: where };
}

function makersOf(layer: ChainLayer, isFirst: boolean): ChannelPlace[] {
  return [
    channelPlace(layer.weight, outAxisOf(layer), isFirst ? "weight" : "norm"),
    ...(layer.bias ? [channelPlace(layer.bias, 0, isFirst ? "bias" : "norm")] : []),
    ...layer.norms.map((norm) => channelPlace(norm, 0, "norm")),
  ];
}

/** A tensor's name without its last word: "fc1" of "fc1.weight", "dense" of "dense/kernel". */
function moduleOf(name: string): string {
  return name.replace(/[./][^./]*$/, "");
}

const lastWord = (name: string): string => (/[^./]*$/.exec(name)?.[0] ?? "").replace(/:0$/, "");

const meanWords = /^(running_mean|moving_mean)$/;

/** The layers of a network, each with its vectors; or the reason why it is no chain. `order`: names of modules, first to last. */
export function layersOf(tensors: readonly NamedShape[], order?: readonly string[]): ChainLayer[] | string {
  const modules = new Map<string, NamedShape[]>();
  for (const tensor of tensors) {
    const name = moduleOf(tensor.name);
    modules.set(name, [...(modules.get(name) ?? []), tensor]);
  }
  const layers: ChainLayer[] = [];
  const norms: { name: string; vectors: NamedShape[] }[] = [];
  for (const [name, own] of modules) {
    const weights = own.filter(({ shape }) => shape.length >= 2);
    if (weights.length === 0) {
      const vectors = own.filter(({ shape }) => shape.length === 1 && shape[0] > 1);
      if (vectors.length > 0) norms.push({ name, vectors });
      continue;
    }
    const [weight] = weights;
    const word = lastWord(weight.name);
    if (weights.length > 1 || !/^(weight|kernel|depthwise_kernel)$/.test(word))
      return `${weights[weights.length - 1].name} is no weight of a dense or convolution layer`;
    if (roleOf(weight).role === "embedding") return `${weight.name} is an embedding`;
    const vectors = own.filter((one) => one !== weight);
    const bias = vectors.find((one) => lastWord(one.name) === "bias" && one.shape.length === 1);
    if (vectors.length > (bias ? 1 : 0)) return `${vectors.find((one) => one !== bias)?.name} is not known`;
    const { shape } = weight;
    if (/transpose|deconv|upconv/i.test(name) && axisOf(weight, "output") === undefined)
      return `${name} looks like a transposed convolution, whose inputs come first`;
    const isDepthwise = word === "depthwise_kernel";
    if (isDepthwise && shape[shape.length - 1] !== 1) return `${weight.name} gives several channels for each`;
    layers.push({ name, weight, ...(bias && { bias }), isKeras: word !== "weight", norms: [], isDepthwise });
  }
  const blocks = new Map<string, number>();
  for (const { weight } of layers) {
    const numbered = blockName(weight.name);
    const key = numbered && `${numbered.prefix}${numbered.index}`;
    if (key !== undefined) blocks.set(key, (blocks.get(key) ?? 0) + 1);
  }
  if (!order && [...blocks.values()].some((count) => count > 1))
    return "its blocks hold several layers, and may be connected past one another";
  const sorted = order ? named(layers, order) : ordered(layers);
  return typeof sorted === "string" ? sorted : withNorms(sorted, norms);
}

function named(layers: readonly ChainLayer[], order: readonly string[]): ChainLayer[] {
  const byName = new Map(
    layers.flatMap((layer) => [[layer.name, layer] as const, [layer.weight.name, layer] as const]),
  );
  return order.map((name) => {
    const found = byName.get(name);
    if (found) return found;
    const guess = nearestWord(name, [...byName.keys()]);
    throw new OptionError(`chain: there is no layer "${name}"${guess ? `; did you mean "${guess}"?` : ""}`);
  });
}

/** The layers in the order of the model where each takes what the one before gives, else in order of their names, numbers as numbers; or the
 *  reason why neither fits. */
function ordered(layers: readonly ChainLayer[]): ChainLayer[] | string {
  const natural = new Intl.Collator("en", { numeric: true });
  const byName = [...layers].sort((a, b) => natural.compare(a.name, b.name));
  const fits = (list: readonly ChainLayer[]) => list.every((layer, at) => at === 0 || follows(list[at - 1], layer));
  for (const list of [layers, byName]) if (list.length > 1 && fits(list)) return [...list];
  if (layers.length < 2) return "it has no two layers that follow one another";
  const at = layers.findIndex((layer, i) => i > 0 && !follows(layers[i - 1], layer));
  return mismatch(layers[at - 1], layers[at]);
}

/** Gives each batch norm to the layer that it follows: the layer of its width; of several such layers the one with the norm's number, else the
 *  last whose name comes before the norm's. */
function withNorms(
  layers: readonly ChainLayer[],
  norms: readonly { readonly name: string; readonly vectors: readonly NamedShape[] }[],
): ChainLayer[] | string {
  const natural = new Intl.Collator("en", { numeric: true });
  const numberIn = (name: string) => /\d+/.exec(lastWord(name))?.[0] ?? "";
  const own = layers.map((): NamedShape[] => []);
  for (const { name, vectors } of norms) {
    const [width] = vectors[0].shape;
    if (vectors.some(({ shape }) => shape[0] !== width) || !vectors.some((one) => meanWords.test(lastWord(one.name))))
      return `${name} is no batch norm: it looks at all channels together`;
    const wide = layers.filter((layer) => given(layer) === width);
    const same = wide.filter((layer) => numberIn(layer.name) === numberIn(name));
    const before = wide.filter((layer) => natural.compare(layer.name, name) < 0);
    const chosen =
      wide.length === 1
        ? wide[0]
        : same.length === 1
          ? same[0]
          : before.sort((a, b) => natural.compare(a.name, b.name)).at(-1);
    if (!chosen) return `${name} follows no layer that gives ${width}`;
    own[layers.indexOf(chosen)].push(...vectors);
  }
  return layers.map((layer, at) => ({ ...layer, norms: own[at] }));
}

/** The channels of a chain, or why there are none. */
export function wireChain(tensors: readonly NamedShape[], order?: readonly string[]): Wired {
  const layers = layersOf(tensors, order);
  return typeof layers === "string"
    ? { groups: [], unknown: [["the network", layers]] }
    : { groups: groupsOfChain(layers), unknown: [] };
}
