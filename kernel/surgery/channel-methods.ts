/** How each method that takes channels out of a network chooses them: a row for each kind of step. */
import type { StructuralStep } from "../prune";
import type { ChannelGroup } from "../network";
import { chooseHeads, chooseMerges, chooseNodes, type Chosen, type Watch } from "./choose-channels";

/** A step that works on groups of channels; `layers` takes whole blocks instead. */
export type ChannelStep = Exclude<StructuralStep, { readonly kind: "layers" }>;

/** True for such a step. */
export function isChannelStep(step: StructuralStep): step is ChannelStep {
  return Object.hasOwn(channelMethods, step.kind);
}

/** What is known of such a method beside its step. */
export interface ChannelMethod<S extends ChannelStep> {
  /** The kind of the groups that it works on. */
  readonly channels: ChannelGroup["kind"];
  /** What it takes out, in words. */
  readonly what: string;
  /** What an error advises where the network has no such groups. */
  readonly remedy: string;
  /** Which channels of the groups go, and how. */
  choose(groups: readonly ChannelGroup[], step: S, watch: Watch): Promise<Chosen[]>;
}

const chain = 'chain: ["first", "second", …] names layers that follow one another';

/** The methods by the kind of their step. */
export const channelMethods: {
  readonly [Kind in ChannelStep["kind"]]: ChannelMethod<Extract<ChannelStep, { readonly kind: Kind }>>;
} = {
  heads: {
    channels: "heads",
    what: "heads",
    remedy: "it needs the names of a transformer's query, key, value and output",
    choose: chooseHeads,
  },
  merge: { channels: "nodes", what: "hidden neurons", remedy: chain, choose: chooseMerges },
  nodes: {
    channels: "nodes",
    what: "hidden neurons",
    remedy: `${chain}; remove: false sets rows to zero and keeps shapes`,
    choose: chooseNodes,
  },
};
