/** The sizes of a network as its settings tell them, and the settings of a network that was made smaller: config.json
 *  (`intermediate_size`, `num_attention_heads`, `num_hidden_layers`, …), GGUF metadata (`llama.feed_forward_length`, …), the topology of
 *  TensorFlow.js. Where blocks differ, a list has the size of each (few engines read one). */
import { kindsWithout } from "./block-kinds";
import { architectureOf, configKey, configKeys, ggufKeys, type Described, type Meaning } from "./dimensions";
import type { Wiring } from "./index";
import { isKeras, resizedTopology } from "./keras";

/** Sizes of the first stack of blocks, one for each block; empty where they are not known. */
export interface Sizes {
  readonly blocks: number;
  readonly mlp: readonly number[];
  /** Query heads. */
  readonly heads: readonly number[];
  readonly keyValueHeads: readonly number[];
  readonly headSize: number | undefined;
}

/** The sizes of a network by its wiring. */
export function sizesOf({ groups, blocks }: Wiring): Sizes {
  const [first] = blocks;
  const own = groups.filter(({ block }) => block?.prefix === first?.prefix);
  const one = (ending: RegExp) => own.filter(({ name }) => ending.test(name));
  const attention = one(/\d attention$/);
  return {
    blocks: blocks.filter(({ prefix }) => prefix === first?.prefix).length,
    mlp: one(/\d mlp$/).map(({ size }) => size),
    heads: attention.map(({ size, queries }) => size * queries),
    keyValueHeads: attention.map(({ size }) => size),
    headSize: attention[0]?.headSize,
  };
}

/** What a smaller network changes in the settings of the one that it came from. */
export interface Settings {
  /** The whole config; `undefined` where there was none. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
  /** The keys of GGUF metadata that change, with their new values. */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A network before and after parts were taken out. */
export interface Change {
  readonly before: Wiring;
  readonly after: Wiring;
  /** Numbers of the blocks that went. */
  readonly dropped: readonly number[];
}

/** The settings of the smaller network. */
export function changedSettings(described: Described, change: Change): Settings {
  const { config } = described;
  if (isKeras(config)) {
    const old = new Map(change.before.groups.map(({ name, size }) => [name, size]));
    const outputs = change.after.groups.filter(({ name, size }) => old.get(name) !== size);
    return { config: resizedTopology(config, new Map(outputs.map(({ name, size }) => [name, size]))), metadata: {} };
  }
  const sizes = { before: sizesOf(change.before), after: sizesOf(change.after), dropped: new Set(change.dropped) };
  return {
    config: config === undefined ? undefined : { ...config, ...configChanges(config, sizes) },
    metadata: metadataChanges(described.metadata, sizes),
  };
}

interface Before {
  readonly before: Sizes;
  readonly after: Sizes;
  readonly dropped: ReadonlySet<number>;
}

/** One number where all blocks have the same, else the list. */
const one = (list: readonly number[]): number | readonly number[] =>
  list.every((size) => size === list[0]) ? list[0] : list;

const same = (a: readonly number[], b: readonly number[]): boolean =>
  JSON.stringify(one(a)) === JSON.stringify(one(b)) || b.length === 0;

function configChanges(config: Readonly<Record<string, unknown>>, { before, after, dropped }: Before) {
  const changes: Record<string, unknown> = {};
  const put = (meaning: Meaning, value: unknown) => {
    // GPT-2's config leaves out the width of the feed-forward part where it is four times the network's width.
    const key =
      configKey(config, meaning) ?? (meaning === "mlp" && "n_embd" in config ? "n_inner" : configKeys[meaning][0]);
    changes[key] = value;
  };
  if (after.blocks !== before.blocks) {
    put("blocks", after.blocks);
    Object.assign(changes, kindsWithout(config, before.blocks, dropped));
  }
  if (!same(before.mlp, after.mlp)) put("mlp", one(after.mlp));
  if (!same(before.heads, after.heads)) {
    put("heads", one(after.heads));
    if (configKey(config, "keyValueHeads")) put("keyValueHeads", one(after.keyValueHeads));
    put("headSize", after.headSize);
  }
  return changes;
}

function metadataChanges(metadata: Readonly<Record<string, unknown>>, { before, after, dropped }: Before) {
  const architecture = architectureOf(metadata);
  if (architecture === undefined) return {};
  const keyOf = (meaning: keyof typeof ggufKeys) => `${architecture}.${ggufKeys[meaning]}`;
  const changes: Record<string, unknown> = {};
  if (after.blocks !== before.blocks) {
    changes[keyOf("blocks")] = after.blocks;
    for (const [key, value] of Object.entries(metadata))
      if (key.startsWith(`${architecture}.`) && Array.isArray(value) && value.length === before.blocks)
        changes[key] = value.filter((_, block) => !dropped.has(block));
  }
  if (!same(before.mlp, after.mlp)) changes[keyOf("mlp")] = one(after.mlp);
  if (!same(before.heads, after.heads)) {
    changes[keyOf("heads")] = one(after.heads);
    if (keyOf("keyValueHeads") in metadata) changes[keyOf("keyValueHeads")] = one(after.keyValueHeads);
    for (const meaning of ["headSize", "valueSize"] as const) changes[keyOf(meaning)] = after.headSize;
  }
  return changes;
}
