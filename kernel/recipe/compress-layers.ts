/** The layers of a plan through their steps, on worker threads: thresholds and targets first, then each layer, kept in memory or in a
 *  checkpoint, from which those are taken that it has. */
import { free } from "../bytes/array-memory";
import type { FileRange } from "../bytes/file-range";
import { isSpilled } from "../bytes/spill-file";
import { FormatError, UnsupportedError } from "../errors";
import type { Progress } from "../host";
import { isReadable } from "../formats/values";
import { layoutOf } from "../tensor/layout";
import type { Step } from "../tensor/step";
import type { Tensor } from "../tensor/tensor";
import type { Checkpoint } from "../layer/checkpoint";
import type { LayerInput, LayerJob } from "../layer/layer-job";
import type { LayerFile, LayerSummary, LocatedOutcome, StoredLocation } from "../layer/stored-location";
import { isStoredAs, kindOfStep } from "../layer/operators";
import { tasks as layerTasks } from "../layer/tasks";
import type { PlannedLayer } from "./planned-layers";
import { tasks } from "./tasks";
import type { TaskArgument, TaskName, TaskResult } from "../threads/tasks";
import { ProgressMeter } from "../threads/progress";
import { findThresholds, thresholdPasses } from "./shared-thresholds";
import type { Runner } from "../threads/runner";
import { meetTargets, targetPasses } from "./target-bits";

/** The outcomes in the order of the layers. */
export async function compressLayers(
  layers: readonly PlannedLayer[],
  runner: Runner,
  checkpoint: Checkpoint | undefined,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<LocatedOutcome[]> {
  const work = layers.reduce(
    (sum, { origin, steps }) => sum + (thresholdPasses(steps) + targetPasses(steps)) * origin.parameters,
    0,
  );
  const meter = new ProgressMeter("compressing", work, onProgress);
  const onEachLayer = <Name extends TaskName<typeof tasks.functions>>(
    task: Name,
    chosen: readonly PlannedLayer[],
    jobOf: (layer: PlannedLayer, input: LayerInput) => TaskArgument<typeof tasks.functions, Name>,
  ): Promise<TaskResult<typeof tasks.functions, Name>[]> =>
    runner.each(chosen, async (layer) => {
      const { origin } = layer;
      meter.begin(origin.name);
      const input = await readInput(layer, runner);
      const result = await runner.run(tasks, task, jobOf(layer, input), buffersOf(input), origin.name);
      meter.advance(origin.parameters, origin.name);
      return result;
    });
  const counted = layers.filter(({ steps }) => steps.length > 0);
  const thresholds = await findThresholds(counted, onEachLayer);
  const thresholdOf = new Map(counted.map(({ tensor }, at) => [tensor, thresholds[at]]));
  const indexOfLayer = new Map(layers.map(({ tensor }, at) => [tensor, at]));
  const jobOf = ({ tensor, origin, steps, surgery }: PlannedLayer, input: LayerInput): LayerJob => ({
    name: origin.name,
    savedName: tensor.name,
    shape: origin.shape,
    dtype: origin.dtype,
    steps,
    input,
    threshold: thresholdOf.get(tensor),
    ...(surgery && { surgery }),
    // Coders take the values as they come.
    ...(origin.axes && steps.some((step) => kindOfStep(step) !== "encode") && { axes: origin.axes }),
  });
  const watched = <Result>(chosen: readonly PlannedLayer[], work: (layer: PlannedLayer) => Promise<Result>) =>
    runner.each(chosen, async (layer) => {
      meter.begin(layer.origin.name);
      const result = await work(layer);
      meter.advance(layer.origin.parameters, layer.origin.name);
      return result;
    });
  const run = (chosen: readonly PlannedLayer[]) =>
    watched(chosen, (layer) =>
      keptOutcome(layer, indexOfLayer.get(layer.tensor) ?? 0, { runner, checkpoint }, (input) => jobOf(layer, input)),
    );
  const sizes = (chosen: readonly PlannedLayer[]) =>
    watched(chosen, async (layer) => {
      const input = await readOriginal(layer, runner);
      return runner.run(layerTasks, "size", jobOf(layer, input), buffersOf(input), layer.origin.name);
    });
  const outcomes = await meetTargets(layers, onEachLayer, { run, sizes, leavesTraces: checkpoint !== undefined });
  for (const { kept } of outcomes) if (kept && "file" in kept.location) checkpoint?.use(kept.location);
  return outcomes;
}

/** Compresses a layer, or takes it from the checkpoint. */
async function keptOutcome(
  layer: PlannedLayer,
  at: number,
  { runner, checkpoint }: { readonly runner: Runner; readonly checkpoint: Checkpoint | undefined },
  jobOf: (input: LayerInput) => LayerJob,
): Promise<LocatedOutcome> {
  const { name } = layer.origin;
  const file = checkpoint?.layer(at, layer.steps);
  const found = checkpoint && file && (await takenUp(file, checkpoint, runner, name));
  if (found) return locatedAt(file, found);
  const input = await readOriginal(layer, runner);
  const moved = buffersOf(input);
  const job = jobOf(input);
  if (checkpoint && file) {
    return checkpoint.beside(file, async (spill) => {
      const made = await runner.run(layerTasks, "compressToFile", { job, key: file.key, spill }, moved, name);
      await checkpoint.write(file, made.parts, runner.signal);
      for (const part of made.parts) if (!isSpilled(part)) free(part);
      return locatedAt(file, made.summary);
    });
  }
  const { stored, ...summary } = await runner.run(layerTasks, "compress", job, moved, name);
  return locatedAt(stored, summary);
}

/** What the checkpoint has of a layer; a file that was damaged counts as none, and is replaced. */
async function takenUp(
  file: LayerFile,
  checkpoint: Checkpoint,
  runner: Runner,
  name: string,
): Promise<LayerSummary | undefined> {
  if (!(await checkpoint.has(file))) return undefined;
  try {
    return await runner.run(layerTasks, "takeUp", file, [], name);
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

function locatedAt(location: StoredLocation | undefined, { outline, ...rest }: LayerSummary): LocatedOutcome {
  return { ...rest, kept: outline && location && { outline, location } };
}

type OwnInput =
  | { readonly values: Float32Array<ArrayBuffer> }
  | { readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly range: FileRange; readonly isRaw: boolean };

/** What moves to the thread with an input. */
function buffersOf(input: OwnInput): ArrayBuffer[] {
  if ("range" in input) return [];
  return ["values" in input ? input.values.buffer : input.bytes.buffer];
}

/** What the steps work on: in a buffer of its own that may move to the thread, or where the thread finds it. */
async function readInput({ tensor, steps }: PlannedLayer, runner: Runner): Promise<OwnInput> {
  return inputOf(tensor, isCodedOnly(steps), runner);
}

/** The tensor of the model, from which the thread takes what went, and which it compares the result with. */
async function readOriginal({ origin, steps }: PlannedLayer, runner: Runner): Promise<OwnInput> {
  // Blocks that lie another way than the method's are read as values.
  const isKept = isStoredAs(steps[0], origin.dtype) && layoutOf(origin.shape, origin.axes).order === undefined;
  return inputOf(origin, isCodedOnly(steps) || isKept, runner);
}

async function inputOf(tensor: Tensor, isRaw: boolean, runner: Runner): Promise<OwnInput> {
  const range = isReadable(tensor.dtype) ? tensor.fileRange?.() : undefined;
  if (range) return { range, isRaw };
  return isRaw ? { bytes: await codedBytes(tensor, runner) } : { values: await runner.ownValues(tensor) };
}

/** The bytes that a lossless coder takes: of a type that cannot be read, float32 values, as a tensor gives them whose `dtype` is a label. */
async function codedBytes(tensor: Tensor, runner: Runner): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await runner.ownBytes(tensor);
  if (isReadable(tensor.dtype) || bytes.length === tensor.parameters * Float32Array.BYTES_PER_ELEMENT) return bytes;
  throw new UnsupportedError(
    `${tensor.name}: values of type ${tensor.dtype} are not decoded here, and so not coded; leave it out with skip`,
  );
}

function isCodedOnly([first]: readonly Step[]): boolean {
  return first !== undefined && kindOfStep(first) === "encode";
}
