/** Arrays of numbers in words: their type, their range, their first values. */

/** The typed arrays, with the name of what they hold. */
const typeNames: Readonly<Record<string, string>> = {
  Int8Array: "int8",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
  Int16Array: "int16",
  Uint16Array: "uint16",
  Int32Array: "int32",
  Uint32Array: "uint32",
  Float16Array: "float16",
  Float32Array: "float32",
  Float64Array: "float64",
  BigInt64Array: "int64",
  BigUint64Array: "uint64",
};

/** Any typed array. */
export interface NumberArray {
  readonly length: number;
  readonly [index: number]: number | bigint;
}

/** The type of what a typed array holds, "float32"; undefined for everything else, a `DataView` and a `Buffer` among them. */
export function elementType(value: unknown): string | undefined {
  if (!ArrayBuffer.isView(value)) return undefined;
  // The tag is a getter of the language's own, which works for arrays of other realms and for classes that extend one.
  const tag = (value as unknown as { readonly [Symbol.toStringTag]: unknown })[Symbol.toStringTag];
  return typeof tag === "string" && !Buffer.isBuffer(value) ? typeNames[tag] : undefined;
}

/** How many values the range of an array is read from; the range of a longer one is that of its beginning, and it says so. */
export const rangeLimit = 1 << 27;

/** The range as words: "-0.1 … 0.1", with the count of values that are not finite; "" for an empty array. */
export function rangeText(values: NumberArray, limit = rangeLimit): string {
  const length = Math.min(values.length, limit);
  if (length === 0) return "";
  let lowest: number | bigint = Infinity;
  let highest: number | bigint = -Infinity;
  let missing = 0;
  let infinite = 0;
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    if (value !== value) missing++;
    else if (value === Infinity || value === -Infinity) infinite++;
  }
  const notes = [
    ...(lowest <= highest ? [`${shortNumber(lowest)} … ${shortNumber(highest)}`] : []),
    ...(missing > 0 ? [`${missing} NaN`] : []),
    ...(infinite > 0 ? [`${infinite} infinite`] : []),
    ...(length < values.length ? [`of the first ${length}`] : []),
  ];
  return notes.join(", ");
}

/** Five significant digits; whole numbers and big integers as they are. */
export function shortNumber(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isInteger(value)) return Object.is(value, -0) ? "-0" : String(value);
  return String(Number(value.toPrecision(5)));
}

/** The first values in brackets, and how many more there are: "[0, 0.5, 1, … 97 more]". */
export function firstValues(values: NumberArray, count = 10): string {
  const shown = Array.from({ length: Math.min(count, values.length) }, (_, i) => shortNumber(values[i]));
  const rest = values.length - shown.length;
  return `[${shown.join(", ")}${rest > 0 ? `, … ${rest} more` : ""}]`;
}

/** "(384, 1536)"; "()" for a scalar. */
export const shapeText = (shape: readonly number[]): string => `(${shape.join(", ")})`;
