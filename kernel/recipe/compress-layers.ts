/** The layers of a plan through their steps, on worker threads: thresholds and targets first, then each layer, kept in memory or in a
 *  checkpoint, from which those are taken that it has. */
import { free } from "../bytes/free";
import { FormatError } from "../errors";
import type { Progress } from "../host";
import type { Step } from "../tensor/step";
import type { Checkpoint } from "../layer/checkpoint";
import type { LayerInput, LayerJob } from "../layer/job";
import type { KeptOutcome, KeptTensor, LayerFile, LayerSummary } from "../layer/kept";
import { isStoredAs, kindOfStep } from "../layer/operators";
import type { PlannedLayer } from "./plan";
import { ProgressMeter } from "../threads/progress";
import { findThresholds, thresholdPasses } from "./pruning-plan";
import type { Runner } from "../threads/runner";
import type { StoredTensor } from "../stored/stored";
import { meetTargets, targetPasses } from "./target-bits";

/** The outcomes in the order of the layers. */
export async function compressLayers(
  layers: readonly PlannedLayer[],
  runner: Runner,
  checkpoint: Checkpoint | undefined,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<KeptOutcome[]> {
  const work = layers.reduce(
    (sum, { origin, steps }) => sum + (thresholdPasses(steps) + targetPasses(steps)) * origin.parameters,
    0,
  );
  const meter = new ProgressMeter("compressing", work, onProgress);
  const onEachLayer = <Result>(
    task: string,
    chosen: readonly PlannedLayer[],
    jobOf: (layer: PlannedLayer, input: LayerInput, at: number) => object,
  ): Promise<Result[]> =>
    runner.each(chosen, async (layer, at) => {
      const { origin } = layer;
      meter.begin(origin.name);
      const input = await readInput(layer, runner);
      const moved = "values" in input ? input.values.buffer : input.bytes.buffer;
      const result = await runner.run<Result>(task, jobOf(layer, input, at), [moved], origin.name);
      meter.advance(origin.parameters, origin.name);
      return result;
    });
  const counted = layers.filter(({ steps }) => steps.length > 0);
  const thresholds = await findThresholds(counted, onEachLayer);
  const thresholdOf = new Map(counted.map(({ tensor }, at) => [tensor, thresholds[at]]));
  const placeOfLayer = new Map(layers.map(({ tensor }, at) => [tensor, at]));
  const run = (chosen: readonly PlannedLayer[]) =>
    runner.each(chosen, async (layer) => {
      const { tensor, origin, steps, surgery } = layer;
      meter.begin(origin.name);
      const outcome = await keptOutcome(layer, placeOfLayer.get(tensor) ?? 0, { runner, checkpoint }, (input) => ({
        name: origin.name,
        savedName: tensor.name,
        shape: origin.shape,
        dtype: origin.dtype,
        steps,
        input,
        threshold: thresholdOf.get(tensor),
        ...(surgery && { surgery }),
      }));
      meter.advance(origin.parameters, origin.name);
      return outcome;
    });
  const outcomes = await meetTargets(layers, onEachLayer, run);
  for (const { kept } of outcomes) if (kept && "file" in kept.place) checkpoint?.use(kept.place);
  return outcomes;
}

/** Compresses a layer, or takes it from the checkpoint. */
async function keptOutcome(
  layer: PlannedLayer,
  at: number,
  { runner, checkpoint }: { readonly runner: Runner; readonly checkpoint: Checkpoint | undefined },
  jobOf: (input: LayerInput) => LayerJob,
): Promise<KeptOutcome> {
  const { name } = layer.origin;
  const place = checkpoint?.layer(at, layer.steps);
  const found = checkpoint && place && (await takenUp(place, checkpoint, runner, name));
  if (found) return inPlace(found, place);
  const input = await readOriginal(layer, runner);
  const moved = "values" in input ? input.values.buffer : input.bytes.buffer;
  const job = jobOf(input);
  if (checkpoint && place) {
    type Written = { readonly file: Uint8Array; readonly summary: LayerSummary };
    const { file, summary } = await runner.run<Written>("compressToFile", { job, key: place.key }, [moved], name);
    await checkpoint.write(place, file, runner.signal);
    free(file);
    return inPlace(summary, place);
  }
  type Whole = LayerSummary & { readonly stored: StoredTensor | undefined };
  const { stored, ...summary } = await runner.run<Whole>("compress", job, [moved], name);
  return inPlace(summary, stored);
}

/** What the checkpoint has of a layer; a file that was damaged counts as none, and is replaced. */
async function takenUp(
  place: LayerFile,
  checkpoint: Checkpoint,
  runner: Runner,
  name: string,
): Promise<LayerSummary | undefined> {
  if (!(await checkpoint.has(place))) return undefined;
  try {
    return await runner.run<LayerSummary>("takeUp", place, [], name);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function inPlace({ form, ...rest }: LayerSummary, place: KeptTensor["place"] | undefined): KeptOutcome {
  return { ...rest, kept: form && place && { form, place } };
}

type OwnInput = { readonly values: Float32Array<ArrayBuffer> } | { readonly bytes: Uint8Array<ArrayBuffer> };

/** What the steps work on, in a buffer of its own that may move to the thread. */
async function readInput({ tensor, steps }: PlannedLayer, runner: Runner): Promise<OwnInput> {
  return isCodedOnly(steps) ? { bytes: await runner.ownBytes(tensor) } : { values: await runner.ownValues(tensor) };
}

/** The tensor of the model, from which the thread takes what went, and which it compares the result with. */
async function readOriginal({ origin, steps }: PlannedLayer, runner: Runner): Promise<OwnInput> {
  const asItIs = isCodedOnly(steps) || isStoredAs(steps[0], origin.dtype);
  return asItIs ? { bytes: await runner.ownBytes(origin) } : { values: await runner.ownValues(origin) };
}

function isCodedOnly([first]: readonly Step[]): boolean {
  return first !== undefined && kindOfStep(first) === "encode";
}
