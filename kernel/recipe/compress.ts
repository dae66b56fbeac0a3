import { createHash } from "node:crypto";
import { join } from "node:path";
import { currentHost, type Progress } from "../host";
import { OptionError } from "../errors";
import { rolesOf } from "../network";
import { checkFlag, checkNumber, checkOptionNames, checkWords, describe } from "../options";
import type { LayerReport, LayerVariant, LeftAlone, RecordedSelection, Report } from "../report/types";
import { warningsOf } from "../report/warnings";
import { defaultWorkers } from "../threads/pool";
import { placeOf } from "../tensor/layer-names";
import type { LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import { isIntegerType } from "../tensor/dtype";
import { isWeightRole } from "../tensor/role";
import type { Tensor } from "../tensor/tensor";
import { Checkpoint, finishedName, readingOf } from "../layer/checkpoint";
import { compressLayers } from "./compress-layers";
import { CompressedModel } from "./compressed-model";
import type { LocatedOutcome } from "../layer/stored-location";
import { alsoReads } from "../formats/source-files";
import { isReadable } from "../formats/values";
import { memoryNeedOf, neediestStep } from "../layer/memory-need";
import { CompressedTensor } from "../layer/layer-tensor";
import { CutTensor } from "../surgery/cut-tensor";
import { chooseLayers, isUnchanged, planLayers, unchangedPiece, type PlannedLayer } from "./planned-layers";
import { checkRecipe, patternsRecord, recipeName, recipeRecord, type Recipe } from "./recipe";
import { withFolderNames } from "./importance-names";
import { checkMemory, defaultMemoryLimit } from "../threads/memory-limit";
import { Runner } from "../threads/runner";
import { summaryOf } from "./summary";
import { totalsOf, withoutEmbeddings, type TouchedLayer } from "./totals";
import { operate, type Surgery } from "../surgery/surgery";
import { writeFinished } from "../save/codebook";

/** Options of `compress()`. */
export interface CompressOptions {
  /** What the variant is called in reports; by default after the steps that ran. */
  readonly name?: string;
  /** Of the weights, touch these only: a glob, a RegExp, a function of the layer, or a list of them. A glob covers the whole name: `*` stands
   *  for letters without a dot ("encoder.layer.*.output.dense.weight"), `**` for any letters, dots too ("encoder.**"), `?` for one letter,
   *  `{a,b}` for either. A tensor that is no weight is taken by its very name. Each pattern must fit a tensor. */
  readonly only?: LayerPattern | readonly LayerPattern[];
  /** Leave these alone: a glob, a RegExp, a function of the layer, or a list of them, as in `only` (`*` stops at a dot, `**` does not). No step
   *  changes them: blocks, heads and neurons that they belong to stay. Each pattern must fit a tensor. */
  readonly skip?: LayerPattern | readonly LayerPattern[];
  /** A pattern, an entry of the recipe or an importance that touches nothing is an error, which names what was probably meant; `true` lets it
   *  pass. */
  readonly allowUnmatched?: boolean;
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

const optionNames = [
  "name",
  "only",
  "skip",
  "allowUnmatched",
  "seed",
  "signal",
  "onProgress",
  "checkpoint",
  "workers",
  "memoryLimit",
];

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
 *  Rows, channels, groups, nodes and patterns follow `tensor.axes`, whichever way a weight lies. Weights that are stacked, such as experts, go
 *  matrix by matrix: "per tensor" is per matrix, a share of weights is one of each, a rank is that of each.
 *
 *  Layers run on worker threads, one at a time on each; the result holds the stored form of every layer, not its float values; with
 *  `checkpoint` it lies in that folder, not in memory, and `open` opens the folder when all is done.
 *  `OptionError` for a recipe or an option that makes no sense, and a checkpoint of another study, `NonFiniteError` for a NaN or an infinity (layer and index),
 *  `CancelledError` when the signal fired, `WorkerError` when a thread died (layer and cause). The model is never changed. */
export async function compress(model: Model, recipe: Recipe, options: CompressOptions = {}): Promise<CompressedModel> {
  checkModel(model);
  checkOptionNames("compress", options, optionNames);
  for (const option of ["name", "checkpoint"] as const)
    if (options[option] !== undefined) checkWords("compress", option, options[option]);
  if (options.allowUnmatched !== undefined) checkFlag("compress", "allowUnmatched", options.allowUnmatched);
  const seed = checkNumber("compress", "seed", options.seed ?? 0, { minimum: 0, maximum: 2 ** 53 - 1, integer: true });
  const limits = { minimum: 1, maximum: 64, integer: true };
  const workers = checkNumber("compress", "workers", options.workers ?? defaultWorkers(), limits);
  const memoryLimit = checkNumber("compress", "memoryLimit", options.memoryLimit ?? defaultMemoryLimit(), {
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
  });
  const entries = withFolderNames(model, checkRecipe(recipe));
  const chooser = chooseLayers(model, entries, options);
  const { onProgress } = options;
  const runner = new Runner(workers, options.signal ?? currentHost().signal);
  try {
    const surgery = await operate({ model, entries, chooser, runner, onProgress, memoryLimit });
    const layers = planLayers(model, entries, chooser, surgery);
    checkNeeds(layers, memoryLimit, options.checkpoint !== undefined);
    const ran = entries.filter((_, at) =>
      layers.some(({ entry, origin }) => (entry < 0 ? chooser.entryOf(origin) : entry) === at),
    );
    const name = options.name ?? recipeName(ran.length > 0 ? ran : entries);
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
                reading: readingOf(origin),
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
    const facts = { name, recipe: recorded, ...selectionRecord(options), seed, sha256: await hash, leftAlone };
    const compressed = assemble(model, layers, outcomes, surgery, facts);
    if (checkpoint) {
      const finished = join(checkpoint.folder, finishedName);
      await writeFinished(compressed, finished, runner.signal);
      alsoReads(compressed, [finished, ...layerFilesOf(compressed)]);
    }
    return compressed;
  } catch (reason) {
    throw runner.firstFailure(reason);
  }
}

/** The files of a checkpoint that layers of a model lie in. */
function layerFilesOf({ tensors }: Model): string[] {
  return tensors.flatMap((tensor) =>
    tensor instanceof CompressedTensor && "file" in tensor.location ? [tensor.location.file] : [],
  );
}

function checkModel(model: unknown): void {
  const given = Object(model) as Partial<Model>;
  if (Array.isArray(given.tensors) && typeof given.sha256 === "function") return;
  const what = describe(model);
  throw new OptionError(
    `compress(): the model is ${what}${what === "a promise" ? "; await it first, as in await open(…)" : '; it takes one that open() or fromArrays() gave, such as await open("model.safetensors")'}`,
  );
}

/** `OptionError` for the first layer whose steps need more memory than the limit. */
function checkNeeds(layers: readonly PlannedLayer[], limit: number, hasCheckpoint: boolean): void {
  for (const { origin, steps, surgery } of layers) {
    const step = neediestStep(steps, origin.shape);
    if (step === undefined) continue;
    const needFrom = (bytesInFile: number | undefined): number =>
      memoryNeedOf({
        ...{ shape: origin.shape, dtype: origin.dtype, steps, hasCheckpoint, bytesInFile },
        ...(origin.axes && { axes: origin.axes }),
        ...(surgery && { surgery }),
      });
    const most = needFrom(undefined);
    // Asking for a range counts as reading it.
    const inFile = most > limit && isReadable(origin.dtype) ? origin.fileRange?.()?.byteLength : undefined;
    const need = inFile === undefined ? most : needFrom(inFile);
    checkMemory(limit, need, `${step.kind}()`, `${origin.name} (${origin.shape.join(", ")})`);
  }
}

interface Facts {
  readonly name: string;
  readonly recipe: unknown;
  readonly selection?: RecordedSelection;
  readonly seed: number;
  readonly sha256: string;
  readonly leftAlone: LeftAlone | undefined;
}

/** What bound the recipe, as plain JSON; nothing where nothing did. */
function selectionRecord({ only, skip, allowUnmatched }: CompressOptions): Pick<Facts, "selection"> {
  const selection: RecordedSelection = {
    ...(only === undefined ? {} : { only: patternsRecord(only) }),
    ...(skip === undefined ? {} : { skip: patternsRecord(skip) }),
    ...(allowUnmatched === true ? { allowUnmatched } : {}),
  };
  return Object.keys(selection).length === 0 ? {} : { selection };
}

function assemble(
  model: Model,
  layers: readonly PlannedLayer[],
  outcomes: readonly LocatedOutcome[],
  surgery: Surgery | undefined,
  { name, recipe, selection, seed, sha256, leftAlone }: Facts,
): CompressedModel {
  const touched = new Map<Tensor, Tensor>();
  const reports: LayerReport[] = [];
  const counted: TouchedLayer[] = [];
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
      ...(scheme === undefined || unquantizedSchemes.has(scheme) ? {} : { requantized: scheme }),
      histogram,
      ...roleOfOther(origin),
      variants: [kept],
    });
    counted.push({ origin, variant: kept, sums: own, zeros: ownZeros });
  });
  const pieces = surgery?.pieces ?? model.tensors.map((origin) => unchangedPiece(origin));
  const made = new Map<Tensor, Tensor>();
  for (const piece of pieces) {
    const { origin, name: ownName, maps, isDropped } = piece;
    if (!isDropped)
      made.set(origin, touched.get(origin) ?? (isUnchanged(piece) ? origin : new CutTensor(origin, ownName, maps)));
  }
  const tensors = [...made.values()];
  const total = (all: readonly Tensor[], of: "sizeBytes" | "parameters") => all.reduce((sum, one) => sum + one[of], 0);
  const bytes = total(tensors, "sizeBytes");
  const parameters = total(tensors, "parameters");
  const roles = rolesOf(model);
  const embeddings = new Set(model.tensors.filter((_, at) => roles[at].role === "embedding"));
  const variants = [
    {
      name,
      recipe,
      bytes,
      bitsPerWeight: (8 * bytes) / model.parameters,
      ...(parameters === model.parameters ? {} : { parameters }),
      ...(selection && { selection }),
      touched: totalsOf(counted),
      ...withoutEmbeddings(model.tensors, embeddings, (origin) => made.get(origin)?.sizeBytes ?? 0, counted),
      seed,
    },
  ];
  const warnings = warningsOf(reports, variants);
  const report: Report = {
    version: 2,
    kind: "report",
    model: summaryOf(model, sha256),
    variants,
    layers: reports,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(leftAlone && { leftAlone }),
  };
  return new CompressedModel(model, tensors, report, surgery);
}

/** What the tensor is called by its type: what was done to it, but for whole numbers, which stay what they were. */
/** Ways to store a weight whose numbers were not rounded to codes. */
const unquantizedSchemes: ReadonlySet<string> = new Set([
  "torch prune mask",
  "torch weight norm",
  "torch spectral norm",
]);

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
