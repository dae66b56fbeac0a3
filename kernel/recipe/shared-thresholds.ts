/** Pruning that spans layers: one threshold over all layers of an entry, found in two passes of counting (prune/magnitude.ts), so that no
 *  more than a layer for each thread is in memory. */
import { pruneCount, selectDigit, thresholdOf } from "../prune/magnitude";
import type { Step } from "../tensor/step";
import type { LayerInput, LayerThreshold } from "../layer/layer-job";
import type { CountsInUse } from "../layer/weight-reader";
import { sharedSparsityOf } from "../layer/operators";
import type { PlannedLayer } from "./planned-layers";
import { halves, type HistogramJob } from "./tasks";

type OnEachLayer = (
  task: "histogram",
  layers: readonly PlannedLayer[],
  jobOf: (layer: PlannedLayer, input: LayerInput) => HistogramJob,
) => Promise<CountsInUse[]>;

/** How often a layer is read to find the threshold of its first step. */
export function thresholdPasses(steps: readonly Step[]): number {
  return steps.length > 0 && sharedSparsityOf(steps[0]) !== undefined ? 2 : 0;
}

/** For each layer, its threshold where its entry prunes globally. Exactly round(sparsity·n) of the n weights of an entry's layers go; among
 *  equal magnitudes those of the earlier layer, in model order. */
export async function findThresholds(
  layers: readonly PlannedLayer[],
  onEachLayer: OnEachLayer,
): Promise<(LayerThreshold | undefined)[]> {
  const thresholds = new Map<PlannedLayer, LayerThreshold>();
  for (const entry of new Set(layers.map((layer) => layer.entry))) {
    const members = layers.filter((layer) => layer.entry === entry);
    const [step] = members[0].steps;
    const sparsity = sharedSparsityOf(step);
    if (sparsity === undefined) continue;
    const weights = members.reduce((sum, { tensor }) => sum + tensor.parameters, 0);
    const count = pruneCount(sparsity, weights);
    const histograms = (prefix?: number) =>
      onEachLayer("histogram", members, ({ tensor }, input): HistogramJob => ({
        name: tensor.name,
        input,
        dtype: tensor.dtype,
        shape: tensor.shape,
        prefix,
      }));
    const upper = selectDigit(total(await histograms()), Math.max(1, count));
    const lowerCounts = await histograms(upper.digit);
    const lower = selectDigit(total(lowerCounts), upper.remaining);
    const threshold = thresholdOf(upper.digit, lower.digit, lower.remaining);
    let ties = count === 0 ? 0 : threshold.ties;
    members.forEach((member, at) => {
      const own = Math.min(ties, countOf(lowerCounts[at], lower.digit));
      thresholds.set(member, { value: count === 0 ? 0 : threshold.value, ties: own });
      ties -= own;
    });
  }
  return layers.map((layer) => thresholds.get(layer));
}

function total(histograms: readonly CountsInUse[]): Float64Array {
  const sum = new Float64Array(halves);
  for (const { entries, counts } of histograms) for (let i = 0; i < entries.length; i++) sum[entries[i]] += counts[i];
  return sum;
}

function countOf({ entries, counts }: CountsInUse, digit: number): number {
  const at = entries.indexOf(digit);
  return at < 0 ? 0 : counts[at];
}
