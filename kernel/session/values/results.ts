/** What earlier cells gave: `_`, `__`, `___` and `Out[n]`. A bounded number of them is kept, and small plain values only: of a model, a tensor
 *  or a long array the notebook remembers where it is as long as something else holds it, so that no result keeps a model in memory. */
import { types } from "node:util";
import { displaySymbol } from "./plain";

/** How many results are remembered. */
export const resultsKept = 200;

/** The most bytes of a value that is kept, as an estimate. */
const mostBytes = 1 << 20;

/** The most parts of a value that are counted before it is called large. */
const mostParts = 20_000;

/** True for plain data of at most 1 MB: text, numbers, arrays and objects of them, maps, sets, dates. What is of a class, a function or a
 *  proxy may hold anything and is none. */
export function isSmall(value: unknown): boolean {
  let bytes = 0;
  const seen = new Set<unknown>();
  const waiting: unknown[] = [value];
  for (let next = 0; next < waiting.length; next++) {
    const part = waiting[next];
    if (next > mostParts || bytes > mostBytes) return false;
    if (typeof part === "function") return false;
    if (typeof part === "string") bytes += 2 * part.length;
    if (typeof part === "bigint") bytes += part.toString(36).length;
    if (typeof part !== "object" || part === null || seen.has(part)) continue;
    seen.add(part);
    bytes += 16;
    if (types.isProxy(part)) return false;
    if (ArrayBuffer.isView(part) || types.isAnyArrayBuffer(part)) {
      bytes += ArrayBuffer.isView(part) ? part.buffer.byteLength : part.byteLength;
      continue;
    }
    if (types.isDate(part) || types.isRegExp(part)) continue;
    if (types.isMap(part)) {
      if (part.size > mostParts) return false;
      for (const entry of part) waiting.push(...entry);
      continue;
    }
    if (types.isSet(part)) {
      if (part.size > mostParts) return false;
      waiting.push(...part);
      continue;
    }
    const prototype: unknown = Object.getPrototypeOf(part);
    if (!Array.isArray(part) && prototype !== null && Object.getPrototypeOf(prototype) !== null) return false;
    const keys = Object.keys(part);
    if (keys.length > mostParts) return false;
    bytes += 8 * keys.length;
    for (const key of keys) {
      const property = Object.getOwnPropertyDescriptor(part, key);
      if (property?.get !== undefined) return false;
      waiting.push(property?.value);
    }
  }
  return bytes <= mostBytes;
}

type Kept = { readonly value: unknown } | WeakRef<object>;

/** The results of a session. */
export class Results {
  private readonly kept = new Map<number, Kept>();
  private latest = 0;

  /** Remembers the value of a cell. */
  add(count: number, value: unknown): void {
    const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
    this.kept.delete(count);
    this.kept.set(count, isObject && !isSmall(value) ? new WeakRef(value) : { value });
    this.latest = Math.max(this.latest, count);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= resultsKept) break;
      this.kept.delete(oldest);
    }
  }

  /** The value of a cell by its number; throws `ReferenceError` where there is none, or none any more. */
  of(count: number): unknown {
    const kept = this.kept.get(count);
    if (kept === undefined) {
      const [first] = this.kept.keys();
      const why =
        count > this.latest || first === undefined || count >= first
          ? `cell ${count} has given no value`
          : `only the last ${resultsKept} results are kept`;
      throw new ReferenceError(`Out[${count}]: ${why}`);
    }
    if (!(kept instanceof WeakRef)) return kept.value;
    const value = kept.deref();
    if (value === undefined)
      throw new ReferenceError(
        `Out[${count}] was large or of a class, nothing else held it, and it is gone: give such a value a name, as in const kept = …`,
      );
    return value;
  }

  /** The value of the latest cell that gave one (1), of the one before (2), …; undefined where there were not so many. */
  before(steps: number): unknown {
    const counts = [...this.kept.keys()];
    const count = counts.at(-steps);
    return count === undefined ? undefined : this.of(count);
  }

  /** The numbers of the cells whose results are remembered. */
  counts(): number[] {
    return [...this.kept.keys()];
  }
}

/** `Out` as cells see it: `Out[3]`. It lists its numbers, and says why a result is not there. */
export function outObject(results: Results): object {
  const numbered = (key: string | symbol): number | undefined =>
    typeof key === "string" && /^\d+$/.test(key) ? Number(key) : undefined;
  const refuse = (): never => {
    throw new TypeError("Out holds what cells gave; give a value a name of its own to keep it");
  };
  const listing = (): Record<string, string> => {
    const counts = results.counts();
    return {
      "text/plain":
        counts.length === 0 ? "Out: no cell has given a value yet" : `Out: values of the cells ${counts.join(", ")}`,
    };
  };
  const shown = Object.defineProperty(Object.create(null) as object, displaySymbol, {
    value: listing,
    configurable: true,
  });
  return new Proxy(shown, {
    get: (target, key) => {
      const count = numbered(key);
      return count === undefined ? (Reflect.get(target, key) as unknown) : results.of(count);
    },
    has: (target, key) => results.counts().includes(numbered(key) ?? -1) || Reflect.has(target, key),
    ownKeys: () => results.counts().map(String),
    getOwnPropertyDescriptor: (target, key) => {
      const count = numbered(key);
      if (count === undefined) return Reflect.getOwnPropertyDescriptor(target, key);
      if (!results.counts().includes(count)) return undefined;
      return { get: () => results.of(count), enumerable: true, configurable: true };
    },
    set: refuse,
    defineProperty: refuse,
    deleteProperty: refuse,
  });
}

/** Gives cells the names `_`, `__`, `___` and `Out`, until the function that comes back is called. A value that a cell assigns to one of them
 *  stays there. */
export function installResults(target: object, results: Results): () => void {
  const names = ["_", "__", "___", "Out"];
  const before = names.map((name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const);
  const define = (name: string, read: () => unknown) =>
    Object.defineProperty(target, name, {
      configurable: true,
      enumerable: false,
      get: read,
      set: (value: unknown) =>
        Object.defineProperty(target, name, { value, configurable: true, enumerable: false, writable: true }),
    });
  for (const [at, name] of names.slice(0, 3).entries()) define(name, () => results.before(at + 1));
  const out = outObject(results);
  define("Out", () => out);
  return () => {
    for (const [name, property] of before)
      if (property === undefined) Reflect.deleteProperty(target, name);
      else Object.defineProperty(target, name, property);
  };
}
