import { OptionError } from "../errors";
import { currentHost, type Progress } from "../host";
import { checkNumber, checkOptionNames, describe } from "../options";
import { rolesOf } from "../network";
import { displayReport, type Displayed } from "../static/display";
import type { LayerReport, ModelSummary, Report, ReportWarning, VariantSummary } from "../report/types";
import { warningsOf } from "../report/warnings";
import { wholeReport } from "../static/whole-report";
import type { Model } from "../tensor/model";
import { defaultWorkers } from "../threads/pool";
import { Runner } from "../threads/runner";
import { CompressedModel } from "./compressed-model";
import { leftAloneByAll } from "./left-alone";
import { measureModel } from "./measured-model";
import { summaryOf } from "./summary";
import { withoutEmbeddings } from "./totals";

/** What can stand in a comparison: a compressed model, its report, the model itself as the base that nothing was done to, or, with the option
 *  `base`, another model of the same weights. */
export type Compared = CompressedModel | Report | Model;

/** Options of `compare()`. */
export interface CompareOptions {
  /** The model that all are compared with. Variants of other files of the same weights are then measured against it, tensor by tensor. */
  readonly base?: Model;
  /** Stops the work; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** Told of the tensors that are read; by default the running cell shows a bar. */
  readonly onProgress?: (progress: Progress) => void;
  /** Threads that work at a time, 1–64; one for each core unless told, 8 at most. */
  readonly workers?: number;
}

/** One report of several variants of the same model, side by side under the given names.
 *
 *      await compare({ "int4": small, "int8": other, "original": model })
 *      await compare({ "their GPTQ": await open("gptq/"), "ours": small }, { base: model })
 *
 *  A report that has several variants gives them all, as "name: variant". Layers that any variant touched are listed, in model order; a
 *  variant that left a layer alone has null there. With `base`, a model of another file is measured against it: its tensors are those of
 *  the same name (behind a common prefix such as "model.") and shape, and `warnings` lists what did not match; tensors that are equal to
 *  the last weight count as left alone. `OptionError` when there is nothing to compare, or the variants come from different models: they
 *  must agree in SHA-256 and be the same part of the file, or be measured; `NonFiniteError` for a NaN or an infinity in a model that is measured. */
export async function compare(
  variants: Readonly<Record<string, Compared>>,
  options: CompareOptions = {},
): Promise<Report & Displayed> {
  if (typeof variants !== "object" || variants === null)
    throw new OptionError('compare(): it takes an object of variants: compare({ "int4": small, "int8": other })');
  checkOptionNames("compare", options, ["base", "signal", "onProgress", "workers"]);
  const entries = Object.entries(variants);
  if (entries.length === 0) throw new OptionError("compare(): there is nothing to compare");
  const given = entries.map(([name, value]) => ({ name, ...reportOf(name, value) }));
  const columns = await (options.base === undefined ? ofOneModel(given) : againstBase(given, options.base, options));
  const parts = columns.map(({ layers }) => layers);
  const layers = mergeLayers(parts);
  // Where several models have a name, the base has the last word.
  const plain = given.flatMap(({ report, model }) => (report ? [] : (model ?? [])));
  const models = options.base ? [...plain, options.base] : plain;
  const order = new Map(models.flatMap((model) => model.tensors.map((tensor, at) => [tensor.name, at] as const)));
  for (const { names = [] } of columns) placeBetween(order, names);
  if (order.size > 0) layers.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  const left = leftAloneByAll(given.flatMap(({ report }) => (report ? [report.leftAlone] : [])));
  const byName = parts.map((part) => new Map(part.map((layer) => [layer.name, layer])));
  const summaries = columns.map(({ summary }) => summary);
  const merged = layers.map((layer) => ({
    ...layer,
    variants: columns.map(({ number }, at) => byName[at].get(layer.name)?.variants[number] ?? null),
  }));
  const warnings = [...warningsOf(merged, summaries), ...columns.flatMap((column) => column.warnings)];
  return displayReport({
    version: 2,
    kind: "report",
    model: columns[0].base,
    variants: summaries,
    layers: merged,
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(left && { leftAlone: left }),
  });
}

/** What stands under one name. */
interface Given {
  readonly name: string;
  readonly report?: Report;
  /** The model itself: one that was opened, or compressed. */
  readonly model?: Model;
}

/** One variant of the comparison. */
interface Column {
  readonly base: ModelSummary;
  readonly summary: VariantSummary;
  readonly layers: readonly LayerReport[];
  /** The position of the variant in its layers. */
  readonly number: number;
  readonly warnings: readonly ReportWarning[];
  /** The names of what was measured, in the base's order: stacked experts have names that the base does not know. */
  readonly names?: readonly string[];
}

/** Gives names that have no place yet one behind the name before them. */
function placeBetween(order: Map<string, number>, names: readonly string[]): void {
  let last = -1;
  for (const name of names) {
    const known = order.get(name);
    last = known ?? last + 1 / (names.length + 1);
    if (known === undefined) order.set(name, last);
  }
}

/** The columns of variants that come from one model. */
async function ofOneModel(given: readonly Given[]): Promise<Column[]> {
  const bases = await Promise.all(given.map(({ report, model }) => report?.model ?? ownSummary(model)));
  const [first] = bases;
  bases.forEach((base, at) => checkSame(given[0].name, first, given[at].name, base));
  return given.flatMap((one) => columnsOf(one, first));
}

/** The columns of variants of a base: those that come from its very bytes as they are, and others as they are measured. */
async function againstBase(given: readonly Given[], base: Model, options: CompareOptions): Promise<Column[]> {
  if (typeof (base as Partial<Model>).tensor !== "function" || typeof (base as Partial<Model>).sha256 !== "function")
    throw new OptionError(
      `compare(): base is ${describe(base)}; it takes the model itself, such as await open("model/")`,
    );
  const limits = { minimum: 1, maximum: 64, integer: true };
  const workers = checkNumber("compare", "workers", options.workers ?? defaultWorkers(), limits);
  const runner = new Runner(workers, options.signal ?? currentHost().signal);
  try {
    const summary = summaryOf(base, await base.sha256({ signal: runner.signal }));
    const columns: Column[] = [];
    for (const one of given) {
      const { name, report, model } = one;
      const own = report?.model ?? (await ownSummary(model));
      if (isSame(own, summary)) {
        columns.push(...columnsOf(one, summary));
        continue;
      }
      if (!model)
        throw new OptionError(
          `compare(): "${name}" is a report of another model than base (${describeModel(own)}), and weights are not in it; give the model instead`,
        );
      const measured = await measureModel(name, model, base, runner, options.onProgress);
      columns.push({ base: summary, number: 0, ...measured });
    }
    return columns;
  } catch (reason) {
    throw runner.firstFailure(reason);
  }
}

async function ownSummary(model: Model | undefined): Promise<ModelSummary> {
  if (!model) throw new OptionError("compare(): there is nothing to compare");
  return summaryOf(model, await model.sha256());
}

function columnsOf({ name, report, model }: Given, base: ModelSummary): Column[] {
  if (report)
    return report.variants.map((variant, number) => ({
      base,
      summary: { ...variant, name: report.variants.length > 1 ? `${name}: ${variant.name}` : name },
      layers: report.layers,
      number,
      warnings: [],
    }));
  return model ? [{ base, summary: untouched(name, model), layers: [], number: 0, warnings: [] }] : [];
}

function reportOf(name: string, value: unknown): { report?: Report; model?: Model } {
  if (value instanceof CompressedModel) return { report: value.report, model: value };
  const candidate = value as Partial<Report & Model> | null | undefined;
  if (candidate?.kind === "report" && (candidate.version === 1 || candidate.version === 2))
    return { report: wholeReport(`compare(): "${name}"`, value) };
  if (typeof candidate?.tensor === "function") return { model: value as Model };
  const hint = describe(value);
  throw new OptionError(
    `compare(): "${name}" is ${hint}${hint === "a promise" ? "; await it first" : ""}; it takes compressed models, their reports, or the model itself`,
  );
}

/** One file may hold several models, and the parts of one: weights, and the codes that it keeps them as. */
function isSame(first: ModelSummary, model: ModelSummary): boolean {
  if (first.parameters !== model.parameters || first.part !== model.part) return false;
  return first.sha256 !== undefined && model.sha256 !== undefined
    ? first.sha256 === model.sha256
    : first.name === model.name && first.bytes === model.bytes;
}

function describeModel({ name, parameters, sha256, part }: ModelSummary): string {
  const of = part === undefined ? "" : `, the part "${part}"`;
  return `${name} (${parameters} parameters${of}${sha256 ? `, SHA-256 ${sha256.slice(0, 12)}…` : ""})`;
}

function checkSame(firstName: string, first: ModelSummary, name: string, model: ModelSummary): void {
  if (isSame(first, model)) return;
  throw new OptionError(
    `compare(): "${firstName}" comes from ${describeModel(first)}, "${name}" from ${describeModel(model)}; variants of one model can be compared, and others with { base: model }, which measures them against it`,
  );
}

/** All layers of all reports. Each list is in model order, so a layer goes right behind the one that it follows in its own list. */
function mergeLayers(lists: readonly (readonly LayerReport[])[]): LayerReport[] {
  const merged: LayerReport[] = [];
  for (const list of lists) {
    let place = 0;
    for (const layer of list) {
      const found = merged.findIndex((one) => one.name === layer.name);
      if (found < 0) merged.splice(place++, 0, layer);
      else place = found + 1;
    }
  }
  return merged;
}

/** The model itself as a variant: all tensors at their own size. */
function untouched(name: string, model: Model): VariantSummary {
  const roles = rolesOf(model);
  const embeddings = new Set(model.tensors.filter((_, at) => roles[at].role === "embedding"));
  return {
    name,
    recipe: [],
    bytes: model.sizeBytes,
    bitsPerWeight: model.parameters === 0 ? 0 : (8 * model.sizeBytes) / model.parameters,
    touched: { layers: 0, parameters: 0, bytes: 0, bitsPerWeight: 0, sqnrDb: null, sparsity: 0, relativeError: 0 },
    ...withoutEmbeddings(model.tensors, embeddings, ({ sizeBytes }) => sizeBytes, []),
    seed: 0,
  };
}
