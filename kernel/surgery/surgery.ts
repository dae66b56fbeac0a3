/** Takes parts out of a network: the steps `nodes`, `heads`, `merge` and `layers` of a recipe, one after the other, each on the network
 *  that the one before left. The result is a smaller model whose tensors are made when they are read (cut-tensor.ts), its settings with
 *  the new sizes, and for each tensor what was done to it. */
import { OptionError, UnsupportedError } from "../errors";
import { wiring, type ChannelGroup, type NamedShape, type Wiring } from "../network";
import { changedSettings, type Settings } from "../network/changed-settings";
import { withGgufChanges } from "../formats/gguf/metadata";
import { isStructural, type StructuralStep } from "../prune";
import type { AxisMap } from "../prune/channels/axis-map";
import { blockName } from "../tensor/layer-names";
import type { Model } from "../tensor/model";
import type { Step } from "../tensor/step";
import type { Tensor } from "../tensor/tensor";
import type { Chosen, Watch } from "./choose-channels";
import { channelMethods, isChannelStep, type ChannelMethod, type ChannelStep } from "./channel-methods";
import { chooseBlocks } from "./choose-blocks";
import { CutTensor } from "./cut-tensor";
import type { Runner } from "../threads/runner";

/** What became of a tensor of the original model. */
export interface Piece {
  readonly origin: Tensor;
  /** Its name now: blocks behind one that went have lower numbers. */
  readonly name: string;
  readonly maps: readonly AxisMap[];
  /** Those that changed it. */
  readonly steps: readonly StructuralStep[];
  readonly isDropped: boolean;
}

/** A network with parts taken out. */
export interface Surgery {
  /** In the order of the original model. */
  readonly pieces: readonly Piece[];
  readonly config: Readonly<Record<string, unknown>> | undefined;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** Which tensors of the original model a recipe chooses. */
export interface Chooser {
  /** The entry that a weight matrix belongs to; `undefined` for none. */
  readonly entryOf: (tensor: Tensor) => number | undefined;
  /** Whether the option `only` leaves the tensor out. */
  readonly isOutside: (tensor: Tensor) => boolean;
  /** Whether the option `skip` leaves the tensor out. */
  readonly isSkipped: (tensor: Tensor) => boolean;
}

/** Parts that are to be taken out of a model. */
export interface Operation {
  readonly model: Model;
  /** The steps of each entry of the recipe. */
  readonly entries: readonly { readonly steps: readonly Step[] }[];
  readonly chooser: Chooser;
  readonly runner: Runner;
  readonly onProgress: Watch["onProgress"];
  /** Bytes of memory that a step may need; absent: as many as it likes. */
  readonly memoryLimit?: number;
}

/** Carries out the structural steps of a recipe; `undefined` when it has none. `OptionError` when a step finds nothing of what the recipe
 *  chooses, `UnsupportedError` when it is not known how the network hangs together. */
export async function operate(operation: Operation): Promise<Surgery | undefined> {
  const { model, entries } = operation;
  if (!entries.some(({ steps }) => steps.some(isStructural))) return undefined;
  let state: Surgery = {
    pieces: model.tensors.map((origin) => ({ origin, name: origin.name, maps: [], steps: [], isDropped: false })),
    config: model.config,
    metadata: model.metadata,
  };
  for (const [entry, { steps }] of entries.entries())
    for (const step of steps.filter(isStructural)) state = await perform(state, step, entry, operation);
  return state;
}

/** The tensors that are left. */
export function tensorsOf({ pieces }: Surgery): CutTensor[] {
  return pieces
    .filter(({ isDropped }) => !isDropped)
    .map(({ origin, name, maps }) => new CutTensor(origin, name, maps));
}

async function perform(state: Surgery, step: StructuralStep, entry: number, operation: Operation): Promise<Surgery> {
  const { model, chooser, runner, onProgress, memoryLimit = Infinity } = operation;
  const tensors = tensorsOf(state);
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const tensorOf = (name: string): CutTensor => byName.get(name) as CutTensor;
  const watch: Watch = { runner, tensorOf, onProgress, memoryLimit };
  const described = { tensors, metadata: state.metadata, config: state.config };
  const heads = "heads" in step ? step.heads : undefined;
  const chain = "chain" in step ? step.chain : undefined;
  const before = wiring(described, { ...(heads !== undefined && { heads }), ...(chain !== undefined && { chain }) });
  const choice: Choice = {
    isChosen: (name) => chooser.entryOf(tensorOf(name).origin) === entry,
    isOutside: (name) => chooser.isOutside(tensorOf(name).origin),
    isSkipped: (name) => chooser.isSkipped(tensorOf(name).origin),
  };
  if (!isChannelStep(step)) {
    const blocks = before.blocks.map((block) => ({ block, stays: whyBlockStays(block.tensors, choice) }));
    return withoutBlocks(state, before, await chooseBlocks(before, blocks, step, watch, model.name), step);
  }
  const method: ChannelMethod<ChannelStep> = channelMethods[step.kind];
  const groups = groupsFor(before, step, method, model, choice);
  return withMaps(state, before, await method.choose(groups, step, watch), step);
}

/** What the recipe and its options say of tensors of the network as it is. */
interface Choice {
  readonly isChosen: (name: string) => boolean;
  readonly isOutside: (name: string) => boolean;
  readonly isSkipped: (name: string) => boolean;
}

/** Why a block stays, as the end of a sentence; undefined for one that may go: the recipe chooses a weight of it, `only` leaves no weight of it
 *  out, and `skip` no tensor. */
function whyBlockStays(tensors: readonly NamedShape[], { isChosen, isOutside, isSkipped }: Choice): string | undefined {
  const skipped = tensors.find(({ name }) => isSkipped(name));
  if (skipped) return `skip leaves out ${skipped.name}`;
  if (!tensors.some(({ name }) => isChosen(name))) return "the recipe chooses no weight of it";
  const outside = tensors.find(({ name, shape }) => shape.length > 1 && isOutside(name));
  return outside && `only leaves out ${outside.name}`;
}

/** The groups that a step may change: those of its kind that the recipe chooses a weight of. A group of which `skip` leaves out a tensor, or
 *  `only` a weight that makes its channels, stays; the columns of weights that read channels go with them. */
function groupsFor(
  { groups, unknown }: Wiring,
  step: ChannelStep,
  { channels, what, remedy }: ChannelMethod<ChannelStep>,
  model: Model,
  { isChosen, isOutside, isSkipped }: Choice,
): ChannelGroup[] {
  const own = groups.filter((group) => group.kind === channels);
  if (own.length === 0) {
    const reason = unknown.find(([name]) => name.endsWith("attention") === (channels === "heads")) ?? unknown[0];
    const why = reason ? ` (${reason[0]}: ${reason[1]})` : "";
    throw new UnsupportedError(`${step.kind}(): no ${what} of ${model.name} are known that could go${why}; ${remedy}`);
  }
  const makes = ({ places }: ChannelGroup) =>
    places.filter(({ role, shape }) => role !== "consumer" && shape.length > 1);
  const wanted = own.filter((group) => makes(group).some(({ tensor }) => isChosen(tensor)));
  const whyStays = (group: ChannelGroup): string | undefined => {
    const skipped = group.places.find(({ tensor }) => isSkipped(tensor));
    if (skipped) return `skip leaves out ${skipped.tensor}`;
    const outside = makes(group).find(({ tensor }) => isOutside(tensor));
    return outside && `only leaves out ${outside.tensor}`;
  };
  const chosen = wanted.filter((group) => whyStays(group) === undefined);
  if (chosen.length > 0) return chosen;
  if (wanted.length > 0)
    throw new OptionError(
      `${step.kind}(): the ${what} of ${wanted[0].name} hang together with what stays: ${whyStays(wanted[0]) ?? ""}${wanted.length > 1 ? `; so it is in all ${wanted.length} parts that the recipe chooses` : ""}`,
    );
  throw new OptionError(
    `${step.kind}(): the layers that the recipe chooses hold no ${what} that can go; those of ${model.name} are made by layers such as "${makes(own[0])[0].tensor}"`,
  );
}

function withMaps(state: Surgery, before: Wiring, chosen: readonly Chosen[], step: StructuralStep): Surgery {
  // A tensor between two groups has its inputs from one and its outputs from the other.
  const maps = new Map<string, AxisMap[]>();
  for (const one of chosen) for (const [name, own] of one.maps) maps.set(name, [...(maps.get(name) ?? []), ...own]);
  const sizes = new Map(chosen.map(({ group, size }) => [group, size]));
  const after = {
    ...before,
    groups: before.groups.map((group) => ({ ...group, size: sizes.get(group) ?? group.size })),
  };
  const pieces = state.pieces.map((piece) => {
    const own = piece.isDropped ? undefined : maps.get(piece.name);
    return own ? { ...piece, maps: [...piece.maps, ...own], steps: [...piece.steps, step] } : piece;
  });
  return { pieces, ...settingsOf(state, changedSettings(state, { before, after, dropped: [] })) };
}

function withoutBlocks(state: Surgery, before: Wiring, dropped: readonly number[], step: StructuralStep): Surgery {
  const gone = new Set(dropped);
  const prefix = before.blocks[0].prefix;
  const number = new Map<number, number>();
  for (const { index } of before.blocks) if (!gone.has(index)) number.set(index, number.size);
  const stays = ({ block }: ChannelGroup) => block === undefined || !gone.has(block.index);
  const after = {
    ...before,
    groups: before.groups.filter(stays),
    blocks: before.blocks.filter(({ index }) => !gone.has(index)),
  };
  const pieces = state.pieces.map((piece): Piece => {
    const numbered = piece.isDropped ? undefined : blockName(piece.name);
    if (numbered?.prefix !== prefix) return piece;
    if (gone.has(numbered.index)) return { ...piece, isDropped: true, steps: [...piece.steps, step] };
    return { ...piece, name: `${prefix}${number.get(numbered.index)}${numbered.suffix}` };
  });
  const indices = before.blocks.flatMap(({ index }, at) => (gone.has(index) ? [at] : []));
  return { pieces, ...settingsOf(state, changedSettings(state, { before, after, dropped: indices })) };
}

function settingsOf({ metadata }: Surgery, changes: Settings): Pick<Surgery, "config" | "metadata"> {
  const isChanged = Object.keys(changes.metadata).length > 0;
  return { config: changes.config, metadata: isChanged ? withGgufChanges(metadata, changes.metadata) : metadata };
}
