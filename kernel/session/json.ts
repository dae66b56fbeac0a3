/** JSON of what cells send. Big integers and typed arrays, which JSON lacks, become strings and lists; bytes without a type of number are
 *  refused, because they would silently be `{}`. */

type Plain = Record<string, unknown>;

/** Deeper values go the slow way, which ends with cycles too. */
const MAX_DEPTH = 50;

const isPlain = (value: object): value is Plain => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === null || Object.getPrototypeOf(prototype) === null) && !("toJSON" in value);
};

const isList = (value: object): value is ArrayLike<number | bigint> =>
  ArrayBuffer.isView(value) && !(value instanceof DataView);

/** JSON text of a message part; `null` for what has none. Throws `TypeError` for ArrayBuffers, DataViews and cycles. */
export function toJson(value: unknown): string {
  // A replacer is asked for each of a long list's numbers; hardly any message needs one.
  const ready = isSimple(value, 0) ? value : withLists(value, 0);
  const text = isSimple(ready, 0) ? JSON.stringify(ready) : JSON.stringify(ready, replaced);
  return text ?? "null";
}

/** The value with typed arrays as lists, in lists and plain objects; what is neither stays. */
function withLists(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth > MAX_DEPTH) return value;
  if (isList(value)) return listOf(value);
  if (Array.isArray(value)) return value.map((item) => withLists(item, depth + 1));
  if (!isPlain(value)) return value;
  const copied = Object.entries(value).map(([key, item]) => [key, withLists(item, depth + 1)] as const);
  return Object.fromEntries(copied);
}

/** True when JSON.stringify alone gives what is wanted. */
function isSimple(value: unknown, depth: number): boolean {
  if (typeof value === "bigint") return false;
  if (typeof value !== "object" || value === null) return true;
  if (depth > MAX_DEPTH) return false;
  if (Array.isArray(value)) return value.every((item) => isSimple(item, depth + 1));
  return isPlain(value) && Object.values(value).every((item) => isSimple(item, depth + 1));
}

/** `this` is the object that holds the field: `value` has gone through its own `toJSON` already. */
function replaced(this: unknown, key: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  const held = (this as Plain)[key];
  const field = typeof held === "object" && held !== null && ArrayBuffer.isView(held) ? held : value;
  if (typeof field !== "object" || field === null) return value;
  if (isList(field)) return listOf(field);
  if (ArrayBuffer.isView(field) || field instanceof ArrayBuffer || field instanceof SharedArrayBuffer)
    throw new TypeError(`${field.constructor.name} at ${JSON.stringify(key)}: JSON has no bytes; send them as buffers`);
  return value;
}

function listOf(values: ArrayLike<unknown>): unknown[] {
  const numbers = Array.from(values);
  return typeof numbers[0] === "bigint" ? numbers.map(String) : numbers;
}
