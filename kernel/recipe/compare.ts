import { OptionError } from "../errors";
import { displayReport, type Displayed } from "../static/display";
import type { LayerReport, ModelSummary, Report, VariantSummary } from "../report/types";
import type { Model } from "../tensor/model";
import { CompressedModel } from "./compressed-model";
import { leftAloneByAll } from "./left-alone";
import { summaryOf } from "./summary";

/** What can stand in a comparison: a compressed model, its report, or the model itself as the base that nothing was done to. */
export type Compared = CompressedModel | Report | Model;

/** One report of several variants of the same model, side by side under the given names.
 *
 *      await compare({ "int4": small, "int8": other, "original": model })
 *
 *  A report that has several variants gives them all, as "name: variant". Layers that any variant touched are listed, in model order; a
 *  variant that left a layer alone has null there. `OptionError` when there is nothing to compare, or the variants come from different
 *  models: they must agree in SHA-256. */
export async function compare(variants: Readonly<Record<string, Compared>>): Promise<Report & Displayed> {
  if (typeof variants !== "object" || variants === null)
    throw new OptionError('compare(): it takes an object of variants: compare({ "int4": small, "int8": other })');
  const entries = Object.entries(variants);
  if (entries.length === 0) throw new OptionError("compare(): there is nothing to compare");
  const reports = entries.map(([name, value]) => ({ name, ...reportOf(name, value) }));
  const plain = reports.flatMap(({ model }) => (model ? [model] : []));
  const order = new Map(plain.flatMap((model) => model.tensors.map((tensor, at) => [tensor.name, at] as const)));
  const bases = await Promise.all(
    reports.map(
      async ({ report, model }) => report?.model ?? (model ? summaryOf(model, await model.sha256()) : undefined),
    ),
  );
  bases.forEach((base, at) => base && bases[0] && checkSame(reports[0].name, bases[0], reports[at].name, base));
  const columns = reports.flatMap(({ name, report, model }) =>
    report
      ? report.variants.map((variant, number) => ({
          summary: { ...variant, name: report.variants.length > 1 ? `${name}: ${variant.name}` : name },
          layerOf: (layer: string) => report.layers.find((one) => one.name === layer)?.variants[number],
        }))
      : model
        ? [{ summary: untouched(name, model), layerOf: () => undefined }]
        : [],
  );
  const [base] = bases;
  if (!base) throw new OptionError("compare(): there is nothing to compare");
  const layers = mergeLayers(reports.flatMap(({ report }) => (report ? [report.layers] : [])));
  if (order.size > 0) layers.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  const left = leftAloneByAll(reports.flatMap(({ report }) => (report ? [report.leftAlone] : [])));
  return displayReport({
    version: 1,
    kind: "report",
    model: base,
    variants: columns.map(({ summary }) => summary),
    layers: layers.map((layer) => ({
      ...layer,
      variants: columns.map(({ layerOf }) => layerOf(layer.name) ?? null),
    })),
    ...(left && { leftAlone: left }),
  });
}

function reportOf(name: string, value: unknown): { report?: Report; model?: Model } {
  if (value instanceof CompressedModel) return { report: value.report };
  const candidate = value as Partial<Report & Model> | null | undefined;
  if (candidate?.kind === "report" && candidate.version === 1) return { report: value as Report };
  if (typeof candidate?.tensor === "function") return { model: value as Model };
  const hint =
    value instanceof Promise ? "a promise; await it first" : (JSON.stringify(value) ?? String(value)).slice(0, 60);
  throw new OptionError(
    `compare(): "${name}" is ${hint}; it takes compressed models, their reports, or the model itself`,
  );
}

function checkSame(firstName: string, first: ModelSummary, name: string, model: ModelSummary): void {
  const same =
    first.sha256 !== undefined && model.sha256 !== undefined
      ? first.sha256 === model.sha256
      : first.name === model.name && first.parameters === model.parameters && first.bytes === model.bytes;
  if (same) return;
  const describe = ({ name: called, parameters, sha256 }: ModelSummary) =>
    `${called} (${parameters} parameters${sha256 ? `, SHA-256 ${sha256.slice(0, 12)}…` : ""})`;
  throw new OptionError(
    `compare(): "${firstName}" comes from ${describe(first)}, "${name}" from ${describe(model)}; variants of one model can be compared`,
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
  return {
    name,
    recipe: [],
    bytes: model.sizeBytes,
    bitsPerWeight: model.parameters === 0 ? 0 : (8 * model.sizeBytes) / model.parameters,
    touched: { layers: 0, parameters: 0, bytes: 0, bitsPerWeight: 0, sqnrDb: null, sparsity: 0 },
    seed: 0,
  };
}
