/** What can be asked of a value that somebody else made, without running its code and without an error. */
import { types } from "node:util";

/** A record of plain data: no array, no class, no proxy. */
export type PlainObject = Record<string, unknown>;

/** True for an object whose properties can be read without running code of a proxy's. */
export function isOpen(value: unknown): value is object {
  return typeof value === "object" && value !== null && !types.isProxy(value);
}

/** True for `{ … }` and for objects without a prototype, of this realm or another; false for instances of classes and for proxies. */
export function isPlainObject(value: unknown): value is PlainObject {
  if (!isOpen(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null) return true;
  return !types.isProxy(prototype) && Object.getPrototypeOf(prototype) === null;
}

/** What stands under `key` of the object itself: `undefined` for nothing, "[Getter]" for what would have to be computed. */
export function ownValue(value: object, key: string): unknown {
  const property = Object.getOwnPropertyDescriptor(value, key);
  if (property === undefined) return undefined;
  return property.get === undefined ? property.value : "[Getter]";
}

/** Whether the object, or a class that it is of, has the method; getters and proxies are not asked. */
export function hasMethod<Name extends string>(
  value: unknown,
  name: Name,
): value is Record<Name, (...all: unknown[]) => unknown> {
  if (!isOpen(value)) return false;
  for (let holder: object | null = value, depth = 0; holder !== null && depth < 50; depth++) {
    if (types.isProxy(holder)) return false;
    const property = Object.getOwnPropertyDescriptor(holder, name);
    if (property !== undefined) return typeof property.value === "function";
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return false;
}

/** The method by which a value shows itself: `value[Symbol.for("Jupyter.display")]()` gives `{ mime: data }`, or `{ data, metadata }`, or a
 *  promise of either. */
export const displaySymbol = Symbol.for("Jupyter.display");
