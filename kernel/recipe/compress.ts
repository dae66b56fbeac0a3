import { pause, throwIfStopped } from "../bytes/pause";
import { CancelledError } from "../errors";
import { currentHost, type Progress } from "../host";
import { errorMeasures, mergeErrorSums, noErrorSums } from "../measure";
import { checkNumber, checkOptionNames } from "../options";
import type { LayerReport, Report } from "../report/types";
import { defaultWorkers, mapInOrder, sharedPool } from "../simd/pool";
import { placeOf } from "../tensor/layer-names";
import type { LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { CompressedModel } from "./compressed-model";
import { CompressedTensor } from "./compressed-tensor";
import type { LayerInput, LayerJob } from "./job";
import type { LayerOutcome } from "./layer";
import { kindOfStep } from "./operators";
import { planLayers, type PlannedLayer } from "./plan";
import { ProgressMeter } from "./progress";
import { findThresholds, thresholdPasses } from "./pruning-plan";
import { checkRecipe, recipeName, recipeRecord, type Recipe } from "./recipe";
import { meetTargets, targetPasses } from "./target-bits";
import { workerModule } from "./tasks";

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
  /** Threads that work at a time, 1–64; one for each core unless told, 8 at most. The result does not depend on it. */
  readonly workers?: number;
}

const optionNames = ["name", "only", "skip", "seed", "signal", "onProgress", "workers"];

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
 *  Layers run on worker threads, one at a time on each; the result holds the stored form of every layer, not its float values.
 *  `OptionError` for a recipe or an option that makes no sense, `NonFiniteError` for a NaN or an infinity (layer and index),
 *  `CancelledError` when the signal fired, `WorkerError` when a thread died (layer and cause). The model is never changed. */
export async function compress(model: Model, recipe: Recipe, options: CompressOptions = {}): Promise<CompressedModel> {
  checkOptionNames("compress", options, optionNames);
  const seed = checkNumber("compress", "seed", options.seed ?? 0, { minimum: 0, maximum: 2 ** 53 - 1, integer: true });
  const limits = { minimum: 1, maximum: 64, integer: true };
  const workers = checkNumber("compress", "workers", options.workers ?? defaultWorkers(), limits);
  const entries = checkRecipe(recipe);
  const layers = planLayers(model, entries, options);
  const name = options.name ?? recipeName(entries);

  // One failure stops all: the work in hand is ended, and nothing half-done remains.
  const stop = new AbortController();
  const outer = options.signal ?? currentHost().signal;
  const signal = outer ? AbortSignal.any([stop.signal, outer]) : stop.signal;
  if (signal.aborted) throw new CancelledError("compress()");
  const work = layers.reduce(
    (sum, { tensor, steps }) => sum + (thresholdPasses(steps) + targetPasses(steps)) * tensor.parameters,
    0,
  );
  const meter = new ProgressMeter("compressing", work, options.onProgress);
  const pool = sharedPool(workerModule, workers);
  const onEachLayer = async <Result>(
    task: string,
    chosen: readonly PlannedLayer[],
    jobOf: (layer: PlannedLayer, input: LayerInput, at: number) => object,
  ): Promise<Result[]> =>
    mapInOrder(chosen, workers, async (layer, at) => {
      const { tensor } = layer;
      try {
        meter.begin(tensor.name);
        const input = await readInput(layer, signal);
        const result = await pool.run<Result>(task, jobOf(layer, input, at), {
          signal,
          transfer: ["values" in input ? input.values.buffer : input.bytes.buffer],
          label: tensor.name,
        });
        meter.advance(tensor.parameters, tensor.name);
        return result;
      } catch (reason) {
        stop.abort(reason);
        throw reason;
      }
    });
  try {
    const thresholds = await findThresholds(layers, onEachLayer);
    const thresholdOf = new Map(layers.map(({ tensor }, at) => [tensor, thresholds[at]]));
    const run = (chosen: readonly PlannedLayer[]) =>
      onEachLayer<LayerOutcome>("compress", chosen, (layer, input): LayerJob => {
        const { name: layerName, shape, dtype } = layer.tensor;
        return { name: layerName, shape, dtype, steps: layer.steps, input, threshold: thresholdOf.get(layer.tensor) };
      });
    const outcomes = await meetTargets(layers, onEachLayer, run);
    const sha256 = await model.sha256({ signal });
    return assemble(model, layers, outcomes, { name, recipe: recipeRecord(entries), seed, sha256 });
  } catch (reason) {
    // The failure that stopped the others, not the stopping of another layer that follows from it.
    const first: unknown = stop.signal.aborted ? stop.signal.reason : reason;
    throw first instanceof CancelledError ? new CancelledError("compress()") : first;
  }
}

/** What a layer's job works on, in a buffer of its own that may move to the thread. */
async function readInput(
  { tensor, steps }: PlannedLayer,
  signal: AbortSignal,
): Promise<{ values: Float32Array<ArrayBuffer> } | { bytes: Uint8Array<ArrayBuffer> }> {
  if (kindOfStep(steps[0]) === "encode") return { bytes: await copyBytes(await tensor.readBytes({ signal }), signal) };
  const values = await tensor.read({ signal });
  const bytes = await copyBytes(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), signal);
  return { values: new Float32Array(bytes.buffer) };
}

/** Bytes copied between two turns of the event loop. */
const sliceBytes = 1 << 22;

async function copyBytes(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const copy = new Uint8Array(bytes.length);
  for (let from = 0; from < bytes.length; from += sliceBytes) {
    copy.set(bytes.subarray(from, from + sliceBytes), from);
    await pause();
    throwIfStopped(signal, "compress()");
  }
  return copy;
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
  outcomes: readonly LayerOutcome[],
  { name, recipe, seed, sha256 }: Facts,
): CompressedModel {
  const touched = new Map<Tensor, CompressedTensor>();
  const reports: LayerReport[] = [];
  let sums = noErrorSums;
  let zeros = 0;
  layers.forEach(({ tensor }, at) => {
    const { stored, variant, histogram, sums: own, zeros: ownZeros } = outcomes[at];
    touched.set(tensor, new CompressedTensor(stored, variant.scheme));
    const { shape, dtype, parameters, sizeBytes } = tensor;
    reports.push({
      name: tensor.name,
      ...placeOf(tensor.name),
      shape: [...shape],
      dtype,
      parameters,
      bytes: sizeBytes,
      histogram,
      variants: [variant],
    });
    sums = mergeErrorSums(sums, own);
    zeros += ownZeros;
  });
  const tensors = model.tensors.map((tensor) => touched.get(tensor) ?? tensor);
  const total = (all: readonly Tensor[], of: "sizeBytes" | "parameters") => all.reduce((sum, one) => sum + one[of], 0);
  const bytes = total(tensors, "sizeBytes");
  const small = [...touched.values()];
  const touchedBytes = total(small, "sizeBytes");
  const touchedParameters = total(small, "parameters");
  const report: Report = {
    version: 1,
    kind: "report",
    model: { name: model.name, format: model.format, parameters: model.parameters, bytes: model.sizeBytes, sha256 },
    variants: [
      {
        name,
        recipe,
        bytes,
        bitsPerWeight: (8 * bytes) / model.parameters,
        touched: {
          layers: layers.length,
          parameters: touchedParameters,
          bytes: touchedBytes,
          bitsPerWeight: (8 * touchedBytes) / touchedParameters,
          sqnrDb: errorMeasures(sums).sqnrDb,
          sparsity: zeros / touchedParameters,
        },
        seed,
      },
    ],
    layers: reports,
  };
  return new CompressedModel(model, tensors, report);
}
