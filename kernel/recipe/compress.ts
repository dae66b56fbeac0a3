import { free } from "../bytes/free";
import { FormatError } from "../errors";
import { currentHost, type Progress } from "../host";
import { errorMeasures, mergeErrorSums, noErrorSums } from "../measure";
import { checkNumber, checkOptionNames } from "../options";
import type { LayerReport, LayerVariant, Report } from "../report/types";
import { defaultWorkers } from "../simd/pool";
import { keepsBlocks } from "../quantize/ggml/from-blocks";
import { placeOf } from "../tensor/layer-names";
import type { LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import type { Step } from "../tensor/step";
import type { Tensor } from "../tensor/tensor";
import { Checkpoint } from "./checkpoint";
import { CompressedModel } from "./compressed-model";
import { CompressedTensor } from "./compressed-tensor";
import { CutTensor } from "./cut-tensor";
import type { LayerInput, LayerJob } from "./job";
import type { KeptOutcome, KeptTensor, LayerFile, LayerSummary } from "./kept";
import { kindOfStep } from "./operators";
import { chooseLayers, isUnchanged, planLayers, unchangedPiece, type PlannedLayer } from "./plan";
import { ProgressMeter } from "./progress";
import { findThresholds, thresholdPasses } from "./pruning-plan";
import { checkRecipe, recipeName, recipeRecord, type Recipe } from "./recipe";
import { Runner } from "./runner";
import type { StoredTensor } from "./stored";
import { summaryOf } from "./summary";
import { operate, type Surgery } from "./surgery";
import { meetTargets, targetPasses } from "./target-bits";

export interface CompressOptions {
  /** What the variant is called in reports; by default after its steps. */
  readonly name?: string;
  /** Of the weight matrices, touch these only: a glob, a RegExp, a function of the layer, or a list of them. */
  readonly only?: LayerPattern | readonly LayerPattern[];
  /** Leave these alone. */
  readonly skip?: LayerPattern | readonly LayerPattern[];
  /** For steps that draw random numbers; 0 unless told. */
  readonly seed?: number;
  /** Stops the work within a quarter of a second; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** Told at most ten times a second; by default the running cell shows a bar. */
  readonly onProgress?: (progress: Progress) => void;
  /** A folder of its own that keeps each layer from the moment it is done. The same call after a kill, an interrupt or a full disk goes on
   *  with the layers that are missing, to the same bytes; memory holds the layers in work only, the rest is read from the folder, which
   *  must stay as long as the result is used. */
  readonly checkpoint?: string;
  /** Threads that work at a time, 1–64; one for each core unless told, 8 at most. The result does not depend on it. */
  readonly workers?: number;
}

const optionNames = ["name", "only", "skip", "seed", "signal", "onProgress", "checkpoint", "workers"];

/** Runs a recipe over a model: prunes, quantizes and encodes its layers, and measures what each of them paid.
 *
 *      const small = await compress(model, linear({ bits: 4, group: 128 }));
 *      small.report;                                                       // the figures and the table
 *      await small.tensor("encoder.layer.0.attention.self.query.weight").read();    // w′
 *
 *  A recipe is a step, steps in order (prune → quantize → encode), or a list of `{ match, steps }`, of which a layer takes the first that
 *  fits. It touches the weight matrices of linear, convolution and embedding layers, two or more dimensions; norms and biases stay, unless
 *  `only` or `match` is their very name. Encoding alone codes the values without loss. A second quantizer acts on the w′ of the first.
 *
 *  Layers run on worker threads, one at a time on each; the result holds the stored form of every layer, not its float values; with
 *  `checkpoint` it lies in that folder, not in memory.
 *  `OptionError` for a recipe or an option that makes no sense, and a checkpoint of another study, `NonFiniteError` for a NaN or an infinity (layer and index),
 *  `CancelledError` when the signal fired, `WorkerError` when a thread died (layer and cause). The model is never changed. */
export async function compress(model: Model, recipe: Recipe, options: CompressOptions = {}): Promise<CompressedModel> {
  checkOptionNames("compress", options, optionNames);
  const seed = checkNumber("compress", "seed", options.seed ?? 0, { minimum: 0, maximum: 2 ** 53 - 1, integer: true });
  const limits = { minimum: 1, maximum: 64, integer: true };
  const workers = checkNumber("compress", "workers", options.workers ?? defaultWorkers(), limits);
  const entries = checkRecipe(recipe);
  const chooser = chooseLayers(model, entries, options);
  const name = options.name ?? recipeName(entries);
  const { onProgress } = options;
  const runner = new Runner(workers, options.signal ?? currentHost().signal);
  try {
    const surgery = await operate({ model, entries, chooser, runner, onProgress });
    const layers = planLayers(model, entries, chooser, surgery);
    // The file is hashed while the threads are at work.
    const hash = model.sha256({ signal: runner.signal });
    hash.catch(() => undefined);
    const recorded = recipeRecord(entries);
    const checkpoint =
      options.checkpoint === undefined
        ? undefined
        : await Checkpoint.open(
            options.checkpoint,
            {
              model: { name: model.name, sha256: await hash },
              recipe: recorded,
              seed,
              layers: layers.map(({ tensor, origin, steps }) => ({
                name: origin.name,
                savedName: tensor.name,
                steps,
              })),
            },
            runner.signal,
          );
    const outcomes = await compressLayers(layers, runner, checkpoint, onProgress);
    await checkpoint?.tidy();
    return assemble(model, layers, outcomes, surgery, { name, recipe: recorded, seed, sha256: await hash });
  } catch (reason) {
    throw runner.firstFailure(reason);
  }
}

async function compressLayers(
  layers: readonly PlannedLayer[],
  runner: Runner,
  checkpoint: Checkpoint | undefined,
  onProgress: CompressOptions["onProgress"],
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
  const asItIs = isCodedOnly(steps) || keepsBlocks(steps[0], origin.dtype);
  return asItIs ? { bytes: await runner.ownBytes(origin) } : { values: await runner.ownValues(origin) };
}

function isCodedOnly([first]: readonly Step[]): boolean {
  return first !== undefined && kindOfStep(first) === "encode";
}

interface Facts {
  readonly name: string;
  readonly recipe: unknown;
  readonly seed: number;
  readonly sha256: string;
}

function assemble(
  model: Model,
  layers: readonly PlannedLayer[],
  outcomes: readonly KeptOutcome[],
  surgery: Surgery | undefined,
  { name, recipe, seed, sha256 }: Facts,
): CompressedModel {
  const touched = new Map<Tensor, Tensor>();
  const reports: LayerReport[] = [];
  let sums = noErrorSums;
  let zeros = 0;
  let touchedBytes = 0;
  let touchedParameters = 0;
  layers.forEach(({ tensor, origin }, at) => {
    const { kept: result, variant, histogram, sums: own, zeros: ownZeros } = outcomes[at];
    // What parts were taken out of and nothing else was done to is made when it is read, not kept.
    touched.set(origin, result ? new CompressedTensor(result, variant.scheme) : tensor);
    const { shape, dtype, parameters, sizeBytes } = origin;
    const kept = result ? variant : { ...variant, ...ownSize(tensor, layers[at]) };
    reports.push({
      name: origin.name,
      ...placeOf(origin.name),
      shape: [...shape],
      dtype,
      parameters,
      bytes: sizeBytes,
      histogram,
      variants: [kept],
    });
    sums = mergeErrorSums(sums, own);
    zeros += ownZeros;
    touchedBytes += kept.bytes;
    touchedParameters += parameters;
  });
  const pieces = surgery?.pieces ?? model.tensors.map((origin) => unchangedPiece(origin));
  const tensors = pieces.flatMap((piece): Tensor[] => {
    const { origin, name: ownName, maps, isDropped } = piece;
    if (isDropped) return [];
    return [touched.get(origin) ?? (isUnchanged(piece) ? origin : new CutTensor(origin, ownName, maps))];
  });
  const total = (all: readonly Tensor[], of: "sizeBytes" | "parameters") => all.reduce((sum, one) => sum + one[of], 0);
  const bytes = total(tensors, "sizeBytes");
  const parameters = total(tensors, "parameters");
  const report: Report = {
    version: 1,
    kind: "report",
    model: summaryOf(model, sha256),
    variants: [
      {
        name,
        recipe,
        bytes,
        bitsPerWeight: (8 * bytes) / model.parameters,
        ...(parameters === model.parameters ? {} : { parameters }),
        touched: {
          layers: layers.length,
          parameters: touchedParameters,
          bytes: touchedBytes,
          bitsPerWeight: touchedParameters === 0 ? 0 : (8 * touchedBytes) / touchedParameters,
          sqnrDb: errorMeasures(sums).sqnrDb,
          sparsity: touchedParameters === 0 ? 0 : zeros / touchedParameters,
        },
        seed,
      },
    ],
    layers: reports,
  };
  return new CompressedModel(model, tensors, report, surgery);
}

/** The size of a tensor that is stored as it is, with parts taken out or gone as a whole. */
function ownSize(
  { sizeBytes }: Tensor,
  { origin, surgery }: PlannedLayer,
): Pick<LayerVariant, "bytes" | "bitsPerWeight"> {
  const bytes = surgery?.isDropped ? 0 : sizeBytes;
  return { bytes, bitsPerWeight: (8 * bytes) / origin.parameters };
}
