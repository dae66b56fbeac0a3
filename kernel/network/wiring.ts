/** The wiring of a network: which tensors share which dimension, read from names, shapes and settings; no weight is read. */
import type { Model } from "../tensor/model";
import { wireChain } from "./chain";
import type { ChannelGroup } from "./channels";
import { isKeras, wireKeras } from "./keras";
import { numberedBlocks, type Block } from "./numbered-blocks";
import { wireTransformer } from "./transformer";

/** Options of `wiring()`. */
export interface WiringOptions {
  /** Query heads of each attention, where neither config.json nor the file's metadata tell. */
  readonly heads?: number;
  /** The layers of a simple network in the order in which they follow one another: `["conv1", "fc1", "fc2"]`. */
  readonly chain?: readonly string[];
}

/** What is known of how a network's tensors hang together. */
export interface Wiring {
  /** Neurons and heads that can be taken out, in the order of the network. */
  readonly groups: readonly ChannelGroup[];
  /** Numbered blocks, stack by stack. */
  readonly blocks: readonly Block[];
  /** What could not be described, and why: it is left alone. */
  readonly unknown: readonly (readonly [part: string, reason: string])[];
}

/** How the tensors of a model depend on each other: transformers of the families of BERT, GPT-2, GPT-NeoX and Llama by Hugging Face's
 *  or GGUF's names, sequential TensorFlow.js models by their topology, and other chains of dense and convolution layers by shapes.
 *
 *      wiring(model).groups.map(({ name, kind, size }) => `${name}: ${size} ${kind}`)     // "block 0 mlp: 1536 nodes", …
 *
 *  `OptionError` for a `chain` that names no layers, or layers that do not follow one another. */
export function wiring(model: Pick<Model, "tensors" | "metadata" | "config">, options: WiringOptions = {}): Wiring {
  const { tensors, config } = model;
  const blocks = numberedBlocks(tensors);
  if (options.chain) return { ...wireChain(tensors, options.chain), blocks };
  if (isKeras(config)) return { ...wireKeras(tensors, config), blocks };
  const transformer = wireTransformer(tensors, model, options.heads);
  if (transformer.groups.length + transformer.unknown.length > 0) return { ...transformer, blocks };
  return { ...wireChain(tensors), blocks };
}
