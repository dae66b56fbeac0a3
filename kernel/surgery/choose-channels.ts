/** Which neurons and heads go: scores on worker threads, then a choice in the fixed order of the network. */
import { OptionError } from "../errors";
import { axesOf, entriesOf, keptEntries, type ChannelGroup, type ChannelPlace, type ChannelSection } from "../network";
import type { HeadsStep, MergeStep, NodesStep } from "../prune";
import { mergeMemory } from "../prune/merge";
import { keptOf } from "../prune/channels/amount";
import { keepMap, type AxisMap, type Clusters } from "../prune/channels/axis-map";
import { leastOf } from "../prune/channels/select";
import type { Tensor } from "../tensor/tensor";
import { ProgressMeter } from "../threads/progress";
import { checkMemory } from "../threads/memory-limit";
import type { Runner } from "../threads/runner";
import { tasks, type HeadsJob, type MergeJob, type NamedChannelValues, type SumsJob } from "./tasks";

/** The maps of each tensor that a group's change takes, by its name. */
export type TensorMaps = ReadonlyMap<string, readonly AxisMap[]>;

/** What became of one group. */
export interface Chosen {
  readonly group: ChannelGroup;
  /** Channels that it has now. */
  readonly size: number;
  readonly maps: TensorMaps;
}

/** What choosing works with: threads, the tensors by name, and who hears of its progress. */
export interface Watch {
  readonly runner: Runner;
  readonly tensorOf: (name: string) => Tensor;
  readonly onProgress: ConstructorParameters<typeof ProgressMeter>[2];
  /** Bytes of memory that the work on one group may need; absent: as many as it likes. */
  readonly memoryLimit?: number;
}

const makers = (group: ChannelGroup): ChannelPlace[] =>
  group.places.filter(({ role, shape }) => (role === "weight" || role === "gate") && shape.length >= 2);

/** The values of a channel's tensor, with where the channels lie in it. */
async function valuesAt({ runner, tensorOf }: Watch, place: ChannelPlace): Promise<NamedChannelValues> {
  const { tensor: name, shape, axis, section } = place;
  return { name, values: await runner.ownValues(tensorOf(name)), shape, axis, section };
}

const bufferOf = ({ values }: NamedChannelValues): ArrayBuffer => values.buffer as ArrayBuffer;

/** A meter of the weights of these tensors. */
function meterOf(watch: Watch, what: string, places: readonly ChannelPlace[]): ProgressMeter {
  const weights = places.reduce((sum, { tensor }) => sum + watch.tensorOf(tensor).parameters, 0);
  return new ProgressMeter(what, weights, watch.onProgress);
}

/** Takes out the neurons of least norm. */
export async function chooseNodes(groups: readonly ChannelGroup[], step: NodesStep, watch: Watch): Promise<Chosen[]> {
  const work = groups.flatMap((group) => makers(group).map((place) => ({ group, place })));
  const meter = meterOf(
    watch,
    "scoring nodes",
    work.map(({ place }) => place),
  );
  const sums = await watch.runner.each(work, async ({ group, place }) => {
    meter.begin(place.tensor);
    const part = await valuesAt(watch, place);
    const job: SumsJob = { part, size: group.size, norm: step.norm };
    const result = await watch.runner.run(tasks, "channelSums", job, [bufferOf(part)], place.tensor);
    meter.advance(watch.tensorOf(place.tensor).parameters, place.tensor);
    return result;
  });
  const scores = groups.map((group) => {
    const own = sums.filter((_, at) => work[at].group === group);
    const total = Float64Array.from({ length: group.size }, (_, i) => own.reduce((sum, one) => sum + one[i], 0));
    if (!step.scope) return total;
    // The mean of |w| or of w², by which layers of different width are compared.
    const weights = makers(group).reduce((sum, { tensor }) => sum + watch.tensorOf(tensor).parameters, 0);
    return total.map((sum) => sum / (weights / group.size));
  });
  return cutAll(groups, step.scope ? globally(scores, step.sparsity ?? 0) : undefined, scores, step);
}

/** Takes out the heads of least ‖O·V‖_F. */
export async function chooseHeads(groups: readonly ChannelGroup[], step: HeadsStep, watch: Watch): Promise<Chosen[]> {
  const { keep } = step;
  const odd = groups.find(({ queries, size }) => keep !== undefined && keep < queries * size && keep % queries !== 0);
  if (odd)
    throw new OptionError(
      `heads(): keep is ${keep}; in ${odd.name} ${odd.queries} query heads share a key and go together: take a multiple of ${odd.queries}`,
    );
  const pairs = groups.map((group) => {
    const [value] = group.places.filter(({ role, shape }) => role === "value" && shape.length === 2);
    const [output] = group.places.filter(({ role }) => role === "consumer");
    return { group, value, output };
  });
  const meter = meterOf(
    watch,
    "scoring heads",
    pairs.flatMap(({ value, output }) => [value, output]),
  );
  const scores = await watch.runner.each(pairs, async ({ group, value, output }) => {
    meter.begin(value.tensor);
    const parts = { value: await valuesAt(watch, value), output: await valuesAt(watch, output) };
    const job: HeadsJob = { ...parts, size: group.size, queries: group.queries };
    const buffers = [bufferOf(parts.value), bufferOf(parts.output)];
    const result = await watch.runner.run(tasks, "headScores", job, buffers, value.tensor);
    for (const { tensor } of [value, output]) meter.advance(watch.tensorOf(tensor).parameters, tensor);
    return result;
  });
  const amounts = groups.map(({ queries }) => (keep === undefined ? step : { keep: Math.max(1, keep / queries) }));
  return cutAll(groups, step.scope ? globally(scores, step.sparsity ?? 0) : undefined, scores, ...amounts);
}

/** How many channels of each list go when the share `sparsity` of all goes, those of least score first, and of equal ones those of the earlier
 *  list. */
function globally(scores: readonly Float64Array[], sparsity: number): number[] {
  const all = Float64Array.from(scores.flatMap((list) => [...list]));
  const counts = scores.map(() => 0);
  const listOf = scores.flatMap((list, which) => Array.from(list, () => which));
  for (const index of leastOf(all, Math.round(sparsity * all.length))) counts[listOf[index]]++;
  return counts;
}

/** Takes the channels of least score from each group: as many as `counts` says, or as the step's own amount asks for; one always stays. */
function cutAll(
  groups: readonly ChannelGroup[],
  counts: readonly number[] | undefined,
  scores: readonly Float64Array[],
  ...amounts: readonly { readonly sparsity?: number; readonly keep?: number; readonly align?: number }[]
): Chosen[] {
  return groups.map((group, at) => {
    const amount = amounts[Math.min(at, amounts.length - 1)];
    const wanted = counts ? { keep: group.size - counts[at] } : amount;
    const stay = Math.max(1, keptOf(group.size, wanted, amount.align ?? 1));
    const gone = new Set(leastOf(scores[at], group.size - stay));
    const kept = Array.from({ length: group.size }, (_, i) => i).filter((i) => !gone.has(i));
    return { group, size: kept.length, maps: kept.length === group.size ? new Map() : cutsOf(group, kept) };
  });
}

function cutsOf(group: ChannelGroup, kept: readonly number[]): TensorMaps {
  return new Map(
    axesOf(group).map(({ tensor, shape, axis, sections }) => [
      tensor,
      [keepMap(axis, shape[axis], keptEntries(shape[axis], sections, group.size, kept))],
    ]),
  );
}

/** Merges the neurons that are nearest to each other. */
export async function chooseMerges(groups: readonly ChannelGroup[], step: MergeStep, watch: Watch): Promise<Chosen[]> {
  const incoming = (group: ChannelGroup) =>
    group.places.filter(({ role }) => role === "weight" || role === "gate" || role === "bias");
  const norm = groups.flatMap(({ places }) => places).find(({ role }) => role === "norm");
  if (norm)
    throw new OptionError(
      `merge(): ${norm.tensor} lies between the neurons and what reads them; only neurons that are read directly are merged`,
    );
  for (const group of groups) {
    const weights = incoming(group).reduce((sum, { tensor }) => sum + watch.tensorOf(tensor).parameters, 0);
    checkMemory(watch.memoryLimit ?? Infinity, mergeMemory(group.size, weights), "merge()", group.name);
  }
  const meter = meterOf(watch, "merging nodes", groups.flatMap(incoming));
  const clusters = await watch.runner.each(groups, async (group) => {
    meter.begin(group.name);
    const parts = await Promise.all(incoming(group).map((place) => valuesAt(watch, place)));
    const kept = Math.max(1, keptOf(group.size, step, step.align));
    const job: MergeJob = { parts, size: group.size, kept, homogeneous: group.homogeneous };
    const result = await watch.runner.run(tasks, "mergeChannels", job, parts.map(bufferOf), group.name);
    for (const { tensor } of incoming(group)) meter.advance(watch.tensorOf(tensor).parameters, tensor);
    return result;
  });
  return groups.map((group, at) => {
    const size = clusters[at].starts.length - 1;
    return { group, size, maps: size === group.size ? new Map() : mergesOf(group, clusters[at]) };
  });
}

function mergesOf(group: ChannelGroup, clusters: Clusters): TensorMaps {
  return new Map(
    axesOf(group).map(({ tensor, shape, axis, sections }) => {
      const isConsumer = group.places.some((place) => place.tensor === tensor && place.role === "consumer");
      const own = onEntries(clusters, sections, group.size);
      const kind = isConsumer ? "sum" : "average";
      return [tensor, [{ kind, axis, size: shape[axis], members: own.members, clusters: own } as const]];
    }),
  );
}

/** Clusters of channels as clusters of the entries of an axis, in the order of their first members. */
function onEntries(clusters: Clusters, sections: readonly ChannelSection[], size: number): Clusters {
  const lists: { members: number[]; scale: number[] }[] = [];
  for (const section of sections) {
    const entries = Array.from({ length: size }, (_, channel) => entriesOf(section, channel));
    for (let k = 0; k + 1 < clusters.starts.length; k++) {
      const range = Array.from(
        { length: clusters.starts[k + 1] - clusters.starts[k] },
        (_, i) => clusters.starts[k] + i,
      );
      entries[0].forEach((_, nth) =>
        lists.push({
          members: range.map((at) => entries[clusters.members[at]][nth]),
          scale: range.map((at) => clusters.scale[at]),
        }),
      );
    }
  }
  lists.sort((a, b) => a.members[0] - b.members[0]);
  const starts = new Int32Array(lists.length + 1);
  lists.forEach(({ members }, k) => (starts[k + 1] = starts[k] + members.length));
  return {
    starts,
    members: Int32Array.from(lists.flatMap(({ members }) => members)),
    scale: Float64Array.from(lists.flatMap(({ scale }) => scale)),
  };
}
