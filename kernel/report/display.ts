/** What a notebook shows for a report: one value, three forms. The extension draws the first, everything else shows one of the others. */
import { reportToHtml } from "./html";
import { reportToText } from "./text";
import { viewMimeType } from "./types";
import type { Report } from "./types";

/** The symbol that a shown value answers with its MIME bundle. */
export const displaySymbol: unique symbol = Symbol.for("Jupyter.display");

/** MIME type → data, as Jupyter's display messages carry it. */
export interface MimeBundle {
  readonly [mimeType: string]: unknown;
}

/** A value that knows how to show itself in a notebook. */
export interface Displayed {
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

/** A frozen copy of `data` that shows itself as `bundle` says. The symbol is not enumerable: JSON and `console.log` do not see it. */
export function displayed<T extends object>(data: T, bundle: (data: T) => MimeBundle): T & Displayed {
  const copy = structuredClone(data);
  Object.defineProperty(copy, displaySymbol, { value: () => bundle(copy), enumerable: false });
  return freezeDeep(copy) as T & Displayed;
}

export function reportBundle(report: Report): MimeBundle {
  return { [viewMimeType]: report, "text/html": reportToHtml(report), "text/plain": reportToText(report) };
}

/** The report as frozen plain JSON that a cell shows as figures (with the extension), as picture and table, or as text. */
export function displayReport(report: Report): Report & Displayed {
  return displayed(report, reportBundle);
}
