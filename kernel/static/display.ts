/** What a notebook shows for a view: one value, three forms. The extension draws the first, everything else shows one of the others. */
import { placeOf } from "../tensor/layer-names";
import type { Model } from "../tensor/model";
import { reportToHtml } from "./html";
import { modelToHtml, modelToText } from "./model-table";
import { reportToText } from "./text";
import type { ModelView } from "../report/model";
import { viewMimeType } from "../report/types";
import type { Histogram, Report } from "../report/types";

/** The symbol that a shown value answers with its MIME bundle. */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display");

/** MIME type → data, as Jupyter's display messages carry it. */
export interface MimeBundle {
  readonly [mimeType: string]: unknown;
}

/** A value that knows how to show itself in a notebook. */
export interface Displayed {
  /** Its forms, as they are when it is asked. */
  [displaySymbol](): MimeBundle;
}

/** Freezes plain JSON to its leaves. */
function freezeDeep<T>(value: T): T {
  if (value !== null && typeof value === "object" && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const inner of Object.values(value)) freezeDeep(inner);
  }
  return value;
}

/** The three forms of a view: its data for the extension, HTML and text for everyone else. */
export function bundleOf<V extends object>(
  view: V,
  toHtml: (view: V) => string,
  toText: (view: V) => string,
): MimeBundle {
  return { [viewMimeType]: view, "text/html": toHtml(view), "text/plain": toText(view) };
}

/** A frozen copy of `data` that shows itself as `bundle` says. The symbol is not enumerable: JSON and `console.log` do not see it. */
export function displayed<T extends object>(data: T, bundle: (data: T) => MimeBundle): T & Displayed {
  const copy = structuredClone(data);
  Object.defineProperty(copy, displaySymbol, { value: () => bundle(copy), enumerable: false });
  return freezeDeep(copy) as T & Displayed;
}

/** The forms of a report. */
export const reportBundle = (report: Report): MimeBundle => bundleOf(report, reportToHtml, reportToText);

/** The report as frozen plain JSON that a cell shows as figures (with the extension), as picture and table, or as text. */
export function displayReport(report: Report): Report & Displayed {
  return displayed(report, reportBundle);
}

/** The tensors of a model as plain JSON, without their values; `histograms` by name where they were read. */
export function modelView(model: Model, histograms: ReadonlyMap<string, Histogram> = new Map()): ModelView {
  return {
    version: 1,
    kind: "model",
    model: { name: model.name, format: model.format, parameters: model.parameters, bytes: model.sizeBytes },
    tensors: model.tensors.map((tensor) => {
      const { name, shape, dtype, scheme, parameters, sizeBytes } = tensor;
      const histogram = histograms.get(name);
      return {
        name,
        shape: [...shape],
        dtype: scheme ?? dtype,
        parameters,
        bytes: sizeBytes,
        ...placeOf(name),
        ...(histogram ? { histogram } : {}),
        ...(tensor.role === undefined ? {} : { role: tensor.role, roleReason: tensor.roleReason ?? "" }),
      };
    }),
  };
}

/** The forms of a model on its own. */
export const modelBundle = (view: ModelView): MimeBundle => bundleOf(view, modelToHtml, modelToText);

/** A view of a model as frozen plain JSON that a cell shows as a table of tensors. */
export function displayModelView(view: ModelView): ModelView & Displayed {
  return displayed(view, modelBundle);
}

/** Teaches a model to show itself in a cell as a table of its tensors, by `view` or by what its tensors say then. Gives back the same
 *  model; a model that shows itself already keeps its way. */
export function displayModel<T extends Model>(model: T, view?: ModelView): T & Displayed {
  if (!Object.hasOwn(model, displaySymbol))
    Object.defineProperty(model, displaySymbol, {
      value: () => modelBundle(view ?? modelView(model)),
      enumerable: false,
    });
  return model as T & Displayed;
}
