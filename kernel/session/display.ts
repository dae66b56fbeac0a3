/** A value → the representations in which a notebook shows it. Never throws, whatever the value. */
import { inspect, type InspectOptions } from "node:util";
import type { MimeBundle } from "./language/types";
import { formsOf } from "./values/forms";
import { displaySymbol } from "./values/plain";
import { isModelTensor, isTfjsTensor, modelTensorText, tfjsText, typedArrayText } from "./values/tensors";

export { displaySymbol };

/** Depth and lengths as in Node's console, with proxies shown rather than called. */
const inspectOptions: InspectOptions = { depth: 2, maxArrayLength: 100, maxStringLength: 10_000, showProxy: true };

const mimePattern = /^[\w.+-]+\/[\w.+-]+(;.*)?$/;

type Dictionary = Record<string, unknown>;

function isPlain(value: unknown): value is Dictionary {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const isMimeData = (value: unknown): value is Dictionary =>
  isPlain(value) && Object.keys(value).length > 0 && Object.keys(value).every((key) => mimePattern.test(key));

/** The bundle that a plain value already is: `{ data: { mime: … } }` or `{ mime: … }`; undefined for anything else. */
export function asBundle(value: unknown): MimeBundle | undefined {
  try {
    if (isMimeData(value)) return { data: value };
    if (!isPlain(value) || !isMimeData(value.data)) return undefined;
    const bundle: MimeBundle = { data: value.data };
    if (isPlain(value.metadata)) bundle.metadata = value.metadata;
    if (Array.isArray(value.buffers)) bundle.buffers = value.buffers as Uint8Array[];
    return bundle;
  } catch {
    return undefined;
  }
}

/** The text of a value, as Node's REPL prints it; of a tensor or a typed array also its shape, type and range. */
export function valueText(value: unknown): string {
  try {
    if (isTfjsTensor(value)) return tfjsText(value);
    const numbers = typedArrayText(value, inspectOptions);
    if (numbers !== undefined) return numbers;
  } catch {
    // An object that only looks like a tensor, or a tensor without data, is printed as any object.
  }
  try {
    return inspect(value, inspectOptions);
  } catch (error) {
    return `[${typeof value} that cannot be printed${reason(error)}]`;
  }
}

function reason(error: unknown): string {
  try {
    return error instanceof Error || (typeof error === "object" && error !== null && "message" in error)
      ? `: ${String(error.message)}`
      : "";
  } catch {
    return "";
  }
}

function selfDisplay(value: unknown): (() => unknown) | undefined {
  try {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
    const method = (value as { [displaySymbol]?: unknown })[displaySymbol];
    return typeof method === "function" ? () => method.call(value) as unknown : undefined;
  } catch {
    return undefined;
  }
}

/** The bundle of any value; a promise only of a tensor that has to be read, and where the value's own display method is asynchronous. */
export function showValue(value: unknown): MimeBundle | Promise<MimeBundle> {
  const show = selfDisplay(value);
  if (show === undefined) return shownForms(value);
  const failed = (error: unknown): MimeBundle => ({
    data: { "text/plain": `${valueText(value)}\n[its Jupyter.display method failed${reason(error)}]` },
  });
  const complete = (shown: unknown): MimeBundle => {
    const bundle = asBundle(shown);
    if (bundle === undefined) return failed(new TypeError("it must return { mime type: data }"));
    if (!("text/plain" in bundle.data)) bundle.data = { ...bundle.data, "text/plain": valueText(value) };
    return bundle;
  };
  try {
    const shown = show();
    if (typeof shown !== "object" || shown === null || !("then" in shown)) return complete(shown);
    return Promise.resolve(shown).then(complete).catch(failed);
  } catch (error) {
    return failed(error);
  }
}

function shownForms(value: unknown): MimeBundle | Promise<MimeBundle> {
  if (isModelTensor(value)) return modelTensorText(value).then((text) => ({ data: { "text/plain": text } }));
  return { data: formsOf(value) ?? { "text/plain": valueText(value) } };
}
