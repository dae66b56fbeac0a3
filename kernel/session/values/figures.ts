/** Figures of other libraries: Vega and Vega-Lite specifications, plotly figures, elements that have HTML. */
import { hasMethod, isOpen, isPlainObject, ownValue, type PlainObject } from "./plain";

/** The largest JSON of a figure that goes into a notebook, in characters. */
const mostCharacters = 50_000_000;

/** JSON of a figure as plain data, with typed arrays as lists and what is no number as null; throws where it has a cycle or is too long. */
function plainJson(value: unknown): unknown {
  const text = JSON.stringify(value, (_, field: unknown) => {
    if (typeof field === "bigint") return Number(field);
    return ArrayBuffer.isView(field) && !(field instanceof DataView)
      ? Array.from(field as unknown as ArrayLike<number>)
      : field;
  });
  if (text === undefined || text.length > mostCharacters) throw new RangeError("the figure is too large to be shown");
  return JSON.parse(text) as unknown;
}

const schemaPattern = /\/schema\/(vega|vega-lite)\/v(\d+)(?:\.[\d.]+)?\.json/;

/** A specification of Vega or Vega-Lite under its MIME type, which its `$schema` tells. JupyterLab draws version 5 and sees the newer ones,
 *  whose specifications are read alike, under that name too. */
function vegaForms(specification: unknown): Record<string, unknown> | undefined {
  if (!isPlainObject(specification)) return undefined;
  const schema = ownValue(specification, "$schema");
  const match = typeof schema === "string" ? schemaPattern.exec(schema) : null;
  if (match === null) return undefined;
  const [, language, version] = match;
  const mime = (number: string) => `application/vnd.${language.replace("-", "")}.v${number}+json`;
  const json = plainJson(specification);
  const title = language === "vega" ? "Vega" : "Vega-Lite";
  return {
    [mime(version)]: json,
    ...(Number(version) > 5 ? { [mime("5")]: json } : {}),
    "text/plain": `${title} ${version} figure: ${Object.keys(specification).join(", ")}`,
  };
}

/** What an object with `toSpec()` (Vega-Lite's API) draws, or a specification itself. */
export function specificationForms(value: unknown): Record<string, unknown> | undefined {
  if (hasMethod(value, "toSpec")) return vegaForms(value.toSpec());
  return vegaForms(value);
}

const isTrace = (value: unknown): value is PlainObject =>
  isPlainObject(value) && ["type", "x", "y", "z", "values", "r", "lat"].some((key) => Object.hasOwn(value, key));

/** A plotly figure: `{ data: [traces], layout: { … } }`, with `config` and `frames` where it has them. */
export function plotlyForms(value: unknown): Record<string, unknown> | undefined {
  if (!isOpen(value) || Array.isArray(value)) return undefined;
  const traces = ownValue(value, "data");
  const layout = ownValue(value, "layout");
  if (!Array.isArray(traces) || traces.length === 0 || !traces.every(isTrace) || !isPlainObject(layout))
    return undefined;
  const known = ["data", "layout", "config", "frames"];
  if (Object.keys(value).some((key) => !known.includes(key))) return undefined;
  const kinds = traces.map(({ type }) => (typeof type === "string" ? type : "scatter"));
  return {
    "application/vnd.plotly.v1+json": plainJson(value),
    "text/plain": `plotly figure: ${traces.length} ${traces.length === 1 ? "trace" : "traces"} (${[...new Set(kinds)].join(", ")})`,
  };
}

/** An element of a page (jsdom, linkedom, Observable Plot, d3): its markup. */
export function elementForms(value: unknown): Record<string, unknown> | undefined {
  if (!isOpen(value) || !("outerHTML" in value)) return undefined;
  const { outerHTML } = value;
  if (typeof outerHTML !== "string" || !/^\s*<[a-zA-Z!]/.test(outerHTML)) return undefined;
  const line = outerHTML.replace(/\s+/g, " ").trim();
  return { "text/html": outerHTML, "text/plain": line.length > 200 ? `${line.slice(0, 199)}…` : line };
}
