/** Channels: the entries of a dimension that several tensors of a network share. A hidden neuron is a row of the weight that makes it,
 *  an entry of its bias, and a column of the weight that reads it; an attention head is some rows of query, key and value and some
 *  columns of the output. Taking a channel out takes all of its slices, and the network computes the same as with the reading columns
 *  at zero, whatever the activation: nothing else carries what the channel says.
 *
 *    up (hidden, in)   ·──── rows ────┐
 *    up.bias (hidden)  ·─── entries ──┼── channel i
 *    down (out, hidden)·── columns ───┘                                                                              */
import type { Shape } from "../tensor/tensor";

/** What a tensor is to a channel. The first five make it, "consumer" reads it. */
export type ChannelRole = "weight" | "gate" | "bias" | "norm" | "query" | "key" | "value" | "consumer";

/** Where channels lie along an axis: channel i has, for each r < repeat, the `length` entries from start + r·period + i·stride.
 *  A row of a matrix is { start: 0, length: 1, stride: 1 }; head i of 64 rows is { length: 64, stride: 64 }; channel i of a flattened map
 *  (height, width, channels) is { length: 1, stride: 1, repeat: height·width, period: channels }. */
export interface ChannelSection {
  /** The first entry of channel 0. */
  readonly start: number;
  /** Entries that lie together. */
  readonly length: number;
  /** Entries from one channel's first to the next one's. */
  readonly stride: number;
  /** How often the channel occurs along the axis. */
  readonly repeat: number;
  /** Entries from one occurrence to the next. */
  readonly period: number;
}

/** Where the channels of a group lie in one tensor. */
export interface ChannelPlace {
  /** The tensor's name. */
  readonly tensor: string;
  /** Its dimensions, outermost first. */
  readonly shape: Shape;
  /** The dimension along which channels lie, from 0. */
  readonly axis: number;
  /** What the tensor is to the channels. */
  readonly role: ChannelRole;
  /** Which entries of the axis belong to which channel. */
  readonly section: ChannelSection;
}

/** Channels that can be taken out of a network one by one. */
export interface ChannelGroup {
  /** "block 3 mlp", "block 3 attention", "fc1". */
  readonly name: string;
  /** Neurons, or attention heads. */
  readonly kind: "nodes" | "heads";
  /** Number of channels: neurons; or heads, those that share a key and a value counting as one. */
  readonly size: number;
  /** Query heads in a channel of kind "heads"; 1 for nodes. */
  readonly queries: number;
  /** Query and key values in a head; 1 for nodes. */
  readonly headSize: number;
  /** The block that it belongs to: what its names begin with up to its number, and the number. */
  readonly block?: {
    /** "encoder.layer.". */
    readonly prefix: string;
    /** The block's number, from 0. */
    readonly index: number;
  };
  /** Every slice that goes with a channel, tensor by tensor. */
  readonly places: readonly ChannelPlace[];
  /** True where a·f(x) = f(a·x) for a > 0 is known of the activation between (ReLU). */
  readonly homogeneous: boolean;
}

/** A section of `length` entries for each channel, one channel behind the other from `start`. */
export function section(length: number, start = 0, more: Partial<ChannelSection> = {}): ChannelSection {
  return { start, length, stride: length, repeat: 1, period: 0, ...more };
}

/** The entries of one channel, in order. */
export function entriesOf({ start, length, stride, repeat, period }: ChannelSection, channel: number): number[] {
  const entries: number[] = [];
  for (let r = 0; r < repeat; r++)
    for (let i = 0; i < length; i++) entries.push(start + r * period + channel * stride + i);
  return entries;
}

/** Number of entries that `size` channels have in a section. */
export function entriesIn({ length, repeat }: ChannelSection, size: number): number {
  return size * length * repeat;
}

/** Tensors and their axes that a group touches, each once, with all the sections that lie there. */
export function axesOf(
  group: ChannelGroup,
): { readonly tensor: string; readonly shape: Shape; readonly axis: number; readonly sections: ChannelSection[] }[] {
  const axes = new Map<string, { tensor: string; shape: Shape; axis: number; sections: ChannelSection[] }>();
  for (const { tensor, shape, axis, section: where } of group.places) {
    const key = `${axis} ${tensor}`;
    const found = axes.get(key) ?? { tensor, shape, axis, sections: [] };
    found.sections.push(where);
    axes.set(key, found);
  }
  return [...axes.values()];
}

/** The entries of an axis that stay when only the channels `kept` (ascending) do, ascending; those of no channel stay. */
export function keptEntries(
  size: number,
  sections: readonly ChannelSection[],
  channels: number,
  kept: readonly number[],
): Int32Array {
  const gone = new Uint8Array(size);
  const stays = new Uint8Array(channels);
  for (const channel of kept) stays[channel] = 1;
  for (const where of sections)
    for (let channel = 0; channel < channels; channel++)
      if (stays[channel] === 0) for (const entry of entriesOf(where, channel)) gone[entry] = 1;
  return Int32Array.from(gone.keys()).filter((entry) => gone[entry] === 0);
}
