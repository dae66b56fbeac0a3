/** The variables of a notebook as its panel lists them: name, type, shape, dtype, size. Nothing is read or computed for it. */
import { types } from "node:util";
import { shortNumber } from "./numbers";
import { isOpen } from "./plain";
import { shapeAndType } from "./tensors";

/** A line of the list; what does not apply is "". */
export interface Variable {
  readonly name: string;
  /** "Float32Array", "Model", "string". */
  readonly type: string;
  /** "(384, 1536)"; the length of a list, a map, a text. */
  readonly shape: string;
  /** "float32". */
  readonly dtype: string;
  /** Bytes of what has a known size, else null. */
  readonly bytes: number | null;
  /** The value, where it is short: a number, a flag, the beginning of a text. */
  readonly text: string;
}

/** The most variables that are listed, and the most letters of what a line says. */
const mostVariables = 1000;
const mostLetters = 80;

const shorten = (text: string): string => (text.length > mostLetters ? `${text.slice(0, mostLetters - 1)}…` : text);

/** The class of an object by its name; "Object" where it has none. Getters are not called. */
function className(value: object): string {
  if (types.isProxy(value)) return "Proxy";
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || !isOpen(prototype)) return "Object";
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  const name: unknown = typeof maker === "function" ? Object.getOwnPropertyDescriptor(maker, "name")?.value : undefined;
  return typeof name === "string" && name !== "" ? shorten(name) : "Object";
}

/** A variable in words. */
export function describeVariable(name: string, value: unknown): Variable {
  const line = { name: shorten(name), shape: "", dtype: "", bytes: null, text: "" };
  if (value === null) return { ...line, type: "null", text: "null" };
  if (typeof value === "string")
    return { ...line, type: "string", shape: `(${value.length})`, text: shorten(JSON.stringify(value.slice(0, 200))) };
  if (typeof value === "number" || typeof value === "bigint")
    return { ...line, type: typeof value, text: shorten(shortNumber(value)) };
  if (typeof value !== "object") return { ...line, type: typeof value, text: shorten(String(value)) };
  const type = className(value);
  try {
    const { shape = "", dtype = "", bytes = null } = isOpen(value) ? shapeAndType(value) : {};
    return { ...line, type, shape, dtype: shorten(String(dtype)), bytes: typeof bytes === "number" ? bytes : null };
  } catch {
    return { ...line, type };
  }
}

/** The list for the panel: values only. Functions, classes and modules are left out; `%who` lists every name. */
export function listVariables(values: readonly (readonly [string, unknown])[]): { variables: Variable[]; all: number } {
  const shown = values.filter(([, value]) => typeof value !== "function" && !types.isModuleNamespaceObject(value));
  return {
    variables: shown.slice(0, mostVariables).map(([name, value]) => describeVariable(name, value)),
    all: shown.length,
  };
}
