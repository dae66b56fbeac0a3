/** Targets of bits over layers, such as `linear({ targetBits })` and `trellis({ targetBits })` have: one step size Δ for all layers of an
 *  entry, such that everything stored for them, tables and headers included, takes the bits that were asked for. The search is that of
 *  quantize/target/entropy-step.ts; each try runs the whole recipe for its size, so that what is asked for is what is kept; the layers are
 *  measured at the size that was chosen, and at one that is likely to be it. */
import { pause } from "../bytes/pause";
import { StepSearch } from "../quantize/target/entropy-step";
import type { Step } from "../tensor/step";
import type { LayerInput } from "../layer/layer-job";
import type { LocatedOutcome } from "../layer/stored-location";
import { atSize, targetBitsOf } from "../layer/operators";
import type { PlannedLayer } from "./planned-layers";
import type { ClassesJob } from "./tasks";

type OnEachLayer = (
  task: "classes",
  layers: readonly PlannedLayer[],
  jobOf: (layer: PlannedLayer, input: LayerInput) => ClassesJob,
) => Promise<Float64Array[]>;

interface Runs {
  /** The outcomes of the layers. */
  readonly run: (layers: readonly PlannedLayer[]) => Promise<LocatedOutcome[]>;
  /** The bytes of each that they would have. */
  readonly sizes: (layers: readonly PlannedLayer[]) => Promise<number[]>;
  /** Whether outcomes that are not used after all leave something behind, as files of a checkpoint do. */
  readonly leavesTraces: boolean;
}

/** How often a layer with these steps is read, the reading for a threshold apart: with a target it is counted, tried about twice, and run. */
export function targetPasses(steps: readonly Step[]): number {
  return targetOf(steps) === undefined ? 1 : 4;
}

function targetOf(steps: readonly Step[]): number | undefined {
  return steps.map(targetBitsOf).find((target) => target !== undefined);
}

/** The outcomes of all layers, in their order; entries with a target are run until it is met. `OptionError` when it cannot be. */
export async function meetTargets(
  layers: readonly PlannedLayer[],
  onEachLayer: OnEachLayer,
  runs: Runs,
): Promise<LocatedOutcome[]> {
  const outcomes = new Map<PlannedLayer, LocatedOutcome>();
  const keep = (members: readonly PlannedLayer[], results: readonly LocatedOutcome[]) =>
    members.forEach((member, at) => outcomes.set(member, results[at]));
  const free = layers.filter(({ steps }) => targetOf(steps) === undefined);
  keep(free, await runs.run(free));
  const bound = layers.filter(({ steps }) => targetOf(steps) !== undefined);
  for (const entry of new Set(bound.map((layer) => layer.entry))) {
    const members = bound.filter((layer) => layer.entry === entry);
    keep(members, await meetTarget(members, targetOf(members[0].steps) ?? 0, onEachLayer, runs));
  }
  return layers.map((layer) => outcomes.get(layer) as LocatedOutcome);
}

async function meetTarget(
  members: readonly PlannedLayer[],
  target: number,
  onEachLayer: OnEachLayer,
  { run, sizes, leavesTraces }: Runs,
): Promise<LocatedOutcome[]> {
  const counts = await onEachLayer("classes", members, ({ tensor }, input) => ({
    name: tensor.name,
    input,
    dtype: tensor.dtype,
    shape: tensor.shape,
  }));
  const search = new StepSearch(counts, target);
  await inTurns(search.start());
  const at = (size: number) =>
    members.map((member) => ({ ...member, steps: member.steps.map((one) => atSize(one, size)) }));
  for (;;) {
    const { step } = search;
    const outcomes = search.isBracketed && !leavesTraces ? await run(at(step)) : undefined;
    const bytes = outcomes?.map(({ variant }) => variant.bytes) ?? (await sizes(at(step)));
    const bits = bytes.reduce((sum, own) => sum + 8 * own, 0);
    if (!(await inTurns(search.observe(bits)))) continue;
    const best = search.best?.step ?? search.step;
    return outcomes && best === step ? outcomes : run(at(best));
  }
}

/** Runs work in pieces, and lets others have their turn every few milliseconds. */
async function inTurns<Result>(work: Generator<void, Result>): Promise<Result> {
  for (let last = performance.now(); ;) {
    const { done, value } = work.next();
    if (done) return value;
    if (performance.now() - last < 10) continue;
    await pause();
    last = performance.now();
  }
}
