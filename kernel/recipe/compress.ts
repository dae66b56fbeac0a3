import { createHash } from "node:crypto";
import { currentHost, type Progress } from "../host";
import { errorMeasures, mergeErrorSums, noErrorSums } from "../measure";
import { checkNumber, checkOptionNames } from "../options";
import type { LayerReport, LayerVariant, LeftAlone, Report } from "../report/types";
import { defaultWorkers } from "../threads/pool";
import { placeOf } from "../tensor/layer-names";
import type { LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import { isIntegerType } from "../tensor/dtype";
import { isWeightRole } from "../tensor/role";
import type { Tensor } from "../tensor/tensor";
import { Checkpoint } from "../layer/checkpoint";
import { compressLayers } from "./compress-layers";
import { CompressedModel } from "./compressed-model";
import type { LocatedOutcome } from "../layer/stored-location";
import { memoryNeedOf, neediestStep } from "../layer/memory-need";
import { CompressedTensor } from "../layer/layer-tensor";
import { CutTensor } from "../surgery/cut-tensor";
import { chooseLayers, isUnchanged, planLayers, unchangedPiece, type PlannedLayer } from "./planned-layers";
import { checkRecipe, recipeName, recipeRecord, type Recipe } from "./recipe";
import { checkMemory, defaultMemoryLimit } from "../threads/memory-limit";
import { Runner } from "../threads/runner";
import { summaryOf } from "./summary";
import { operate, type Surgery } from "../surgery/surgery";

/** Options of `compress()`. */
export interface CompressOptions {
  /** What the variant is called in reports; by default after its steps. */
  readonly name?: string;
  /** Of the weights, touch these only: a glob, a RegExp, a function of the layer, or a list of them. */
  readonly only?: LayerPattern | readonly LayerPattern[];
  /** Leave these alone, in the same forms. */
  readonly skip?: LayerPattern | readonly LayerPattern[];
  /** For steps that draw random numbers, a whole number from 0; 0 unless told. */
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
  /** Bytes of memory that the work on one layer may need, at least 1; three quarters of the machine's unless told. A layer that its steps see
   *  whole (`lowRank`, `merge`, `kMeans` and `sorted` per tensor, pruning, coders of floats) takes 10 to 30 bytes for each weight, `lowRank`
   *  24·k² more, where k is its shorter side; steps of groups, rows and blocks take a layer in pieces. Above it nothing begins. */
  readonly memoryLimit?: number;
}

const optionNames = ["name", "only", "skip", "seed", "signal", "onProgress", "checkpoint", "workers", "memoryLimit"];

/** Runs a recipe over a model: prunes, quantizes and encodes its layers, and measures what each of them paid.
 *
 *      const small = await compress(model, linear({ bits: 4, group: 128 }));
 *      small.report;                                                       // the figures and the table
 *      await small.tensor("encoder.layer.0.attention.self.query.weight").read();    // w′
 *
 *  A recipe is a step, steps in order (prune → quantize → encode), or a list of `{ match, steps }`, of which a layer takes the first that
 *  fits. It touches the weights of linear, convolution and embedding layers, of experts and heads, as `tensor.role` says; norms, biases,
 *  buffers, routers, and what is not known stay, unless `only` or `match` spells out their very names. `report.leftAlone` lists what was left
 *  alone, and the pattern that would take it; whole numbers are taken by lossless coders alone, and stay exact. Encoding alone codes the values without loss. A second quantizer acts on the w′ of the first.
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
  const memoryLimit = checkNumber("compress", "memoryLimit", options.memoryLimit ?? defaultMemoryLimit(), {
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
  });
  const entries = checkRecipe(recipe);
  const chooser = chooseLayers(model, entries, options);
  const name = options.name ?? recipeName(entries);
  const { onProgress } = options;
  const runner = new Runner(workers, options.signal ?? currentHost().signal);
  try {
    const surgery = await operate({ model, entries, chooser, runner, onProgress, memoryLimit });
    const layers = planLayers(model, entries, chooser, surgery);
    checkNeeds(layers, memoryLimit);
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
              layers: layers.map(({ tensor, origin, steps, surgery }) => ({
                name: origin.name,
                savedName: tensor.name,
                steps,
                ...(surgery && { cut: createHash("sha256").update(JSON.stringify(surgery.maps)).digest("hex") }),
              })),
            },
            runner.signal,
          );
    const outcomes = await compressLayers(layers, runner, checkpoint, onProgress);
    await checkpoint?.tidy();
    const { leftAlone } = chooser;
    return assemble(model, layers, outcomes, surgery, { name, recipe: recorded, seed, sha256: await hash, leftAlone });
  } catch (reason) {
    throw runner.firstFailure(reason);
  }
}

/** `OptionError` for the first layer whose steps need more memory than the limit. */
function checkNeeds(layers: readonly PlannedLayer[], limit: number): void {
  for (const { origin, steps, surgery } of layers) {
    const step = neediestStep(steps, origin.shape);
    if (step === undefined) continue;
    const need = memoryNeedOf({
      ...{ shape: origin.shape, steps },
      ...(origin.axes && { axes: origin.axes }),
      ...(surgery && { surgery }),
    });
    checkMemory(limit, need, `${step.kind}()`, `${origin.name} (${origin.shape.join(", ")})`);
  }
}

interface Facts {
  readonly name: string;
  readonly recipe: unknown;
  readonly seed: number;
  readonly sha256: string;
  readonly leftAlone: LeftAlone | undefined;
}

function assemble(
  model: Model,
  layers: readonly PlannedLayer[],
  outcomes: readonly LocatedOutcome[],
  surgery: Surgery | undefined,
  { name, recipe, seed, sha256, leftAlone }: Facts,
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
    touched.set(origin, result ? new CompressedTensor(result, typeOf(origin, variant), origin) : tensor);
    const { shape, dtype, scheme, parameters, sizeBytes } = origin;
    const kept = result ? variant : { ...variant, ...ownSize(tensor, layers[at]) };
    reports.push({
      name: origin.name,
      ...placeOf(origin.name),
      shape: [...shape],
      dtype: scheme ?? dtype,
      parameters,
      bytes: sizeBytes,
      ...(scheme === undefined ? {} : { requantized: scheme }),
      histogram,
      ...roleOfOther(origin),
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
    ...(leftAlone && { leftAlone }),
  };
  return new CompressedModel(model, tensors, report, surgery);
}

/** What the tensor is called by its type: what was done to it, but for whole numbers, which stay what they were. */
function typeOf({ dtype, scheme }: Tensor, variant: LayerVariant): string {
  return scheme === undefined && isIntegerType(dtype) ? dtype : variant.scheme;
}

/** The role of a tensor that is no weight and was named; weights do not tell theirs. */
function roleOfOther({ role, roleReason = "" }: Tensor): Pick<LayerReport, "role" | "roleReason"> {
  return role === undefined || isWeightRole(role) ? {} : { role, roleReason };
}

/** The size of a tensor that is stored as it is, with parts taken out or gone as a whole. */
function ownSize(
  { sizeBytes }: Tensor,
  { origin, surgery }: PlannedLayer,
): Pick<LayerVariant, "bytes" | "bitsPerWeight"> {
  const bytes = surgery?.isDropped ? 0 : sizeBytes;
  return { bytes, bitsPerWeight: (8 * bytes) / origin.parameters };
}
