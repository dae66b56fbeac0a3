/** A value → the representations in which a notebook shows it. Never throws, whatever the value. */
import { inspect, type InspectOptions } from "node:util";
import type { MimeBundle } from "./language/types";

/** The method by which a value shows itself: `value[Symbol.for("Jupyter.display")]()` gives `{ mime: data }`, or
 *  `{ data, metadata }`, or a promise of either. */
export const displaySymbol = Symbol.for("Jupyter.display");

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

interface TensorLike {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly isDisposedInternal?: boolean;
  dataSync(): ArrayLike<unknown>;
  toString(verbose?: boolean): string;
}

const isTensor = (value: object): value is TensorLike =>
  "dataSync" in value && typeof value.dataSync === "function" && "rankType" in value && "dtype" in value;

/** A tfjs tensor: dtype, shape and values. */
function tensorText(tensor: TensorLike): string {
  const kind = `Tensor ${tensor.dtype} [${tensor.shape.join(", ")}]`;
  if (tensor.isDisposedInternal === true) return `${kind} (disposed)`;
  const verbose = tensor.toString(true);
  const values = verbose.slice(verbose.indexOf("values:") + "values:".length);
  return kind + (values.startsWith("\n") ? values : " " + values.trim());
}

/** The text of a value, as Node's REPL prints it. */
export function valueText(value: unknown): string {
  try {
    if (typeof value === "object" && value !== null && !isProxyLike(value) && isTensor(value)) return tensorText(value);
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

/** `inspect` tells a proxy from its target without calling either. */
const isProxyLike = (value: object) => inspect(value, { showProxy: true, depth: -1 }).startsWith("Proxy");

function selfDisplay(value: unknown): (() => unknown) | undefined {
  try {
    if (value === null || (typeof value !== "object" && typeof value !== "function")) return undefined;
    const method = (value as { [displaySymbol]?: unknown })[displaySymbol];
    return typeof method === "function" ? () => method.call(value) as unknown : undefined;
  } catch {
    return undefined;
  }
}

/** The bundle of any value; a promise only when the value's own display method is asynchronous. */
export function showValue(value: unknown): MimeBundle | Promise<MimeBundle> {
  const show = selfDisplay(value);
  if (show === undefined) return textBundle(value);
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

function textBundle(value: unknown): MimeBundle {
  return { data: { "text/plain": valueText(value) } };
}
