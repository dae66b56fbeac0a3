/** The text of a JSON file with some of its values changed. What stays keeps its characters: Python writes `0.0`, `1e-05`, `Infinity` and integers
 *  beyond 2^53, and a reader that takes types at their word (transformers 5) refuses `0` where it wants a float. */
import type { JsonObject } from "./json-file";

/** A value, or a key and its value, with the white space around it. */
interface Part {
  /** White space in front. */
  readonly lead: string;
  /** The key with its quotation marks and the colon, as they stand; empty in a list. */
  readonly key: string;
  /** The value as it stands. */
  readonly value: string;
  /** White space behind. */
  readonly trail: string;
}

/** `text`, a JSON object as Python reads it, with the values of `wanted`: equal values keep their characters, others are replaced where they stand,
 *  keys that `wanted` lacks (or has as `undefined`) go, new ones come last. `old` is what the text means. Objects are compared member by member;
 *  a list that became shorter keeps the characters of the elements that are left. */
export function editJsonText(text: string, old: JsonObject, wanted: JsonObject): string {
  const begin = text.search(/\{/);
  const end = valueEnd(text, begin);
  return text.slice(0, begin) + edited(text.slice(begin, end), old, wanted, "") + text.slice(end);
}

/** A number that Python is to read as a float: 6 is written as "6.0". */
export class JsonFloat {
  constructor(readonly value: number) {}
}

/** A JSON value as text, indented by two like Python's `json.dump(…, indent=2)`, with its words for numbers that JSON lacks. `indent` is the white
 *  space that its lines begin with, the first apart. */
export function jsonText(value: unknown, indent = ""): string {
  if (typeof value === "number" && !Number.isFinite(value)) return String(value);
  if (value instanceof JsonFloat) return Number.isInteger(value.value) ? value.value.toFixed(1) : String(value.value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const inner = `${indent}  `;
  const isList = Array.isArray(value);
  const parts = isList
    ? value.map((element: unknown) => jsonText(element, inner))
    : Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => `${JSON.stringify(key)}: ${jsonText(member, inner)}`);
  const [open, close] = isList ? "[]" : "{}";
  if (parts.length === 0) return open + close;
  return `${open}\n${parts.map((part) => inner + part).join(",\n")}\n${indent}${close}`;
}

function edited(text: string, old: unknown, wanted: unknown, indent: string): string {
  if (isSame(old, wanted)) return text;
  if (isObject(old) && isObject(wanted)) return editedObject(text, old, wanted, indent);
  if (Array.isArray(old) && Array.isArray(wanted)) return shortened(text, old, wanted) ?? jsonText(wanted, indent);
  return jsonText(wanted, indent);
}

function editedObject(text: string, old: JsonObject, wanted: JsonObject, indent: string): string {
  const parts = partsOf(text);
  const inner = parts[0]?.lead.match(/\n([^\n]*)$/)?.[1];
  const known = new Set<string>();
  const kept = parts.flatMap((part): Part[] => {
    const key = JSON.parse(part.key.replace(/\s*:\s*$/, "")) as string;
    known.add(key);
    if (!Object.hasOwn(wanted, key) || wanted[key] === undefined) return [];
    return [{ ...part, value: edited(part.value, old[key], wanted[key], inner ?? indent) }];
  });
  const added = Object.entries(wanted).filter(([key, value]) => !known.has(key) && value !== undefined);
  const lead = parts.length === 0 ? `\n${indent}  ` : parts[0].lead;
  const more = added.map(([key, value]) => ({
    lead,
    key: `${JSON.stringify(key)}: `,
    value: jsonText(value, inner ?? `${indent}  `),
    trail: "",
  }));
  return joined("{", [...kept, ...more], parts.at(-1)?.trail ?? `\n${indent}`, "}");
}

/** The list `wanted` in the characters of `old`, some of whose elements it lacks; `undefined` where it has others. */
function shortened(text: string, old: readonly unknown[], wanted: readonly unknown[]): string | undefined {
  const parts = partsOf(text);
  const kept: Part[] = [];
  let at = 0;
  for (const value of wanted) {
    while (at < old.length && !isSame(old[at], value)) at++;
    if (at === old.length) return undefined;
    kept.push(parts[at++]);
  }
  return joined("[", kept, parts.at(-1)?.trail ?? "", "]");
}

/** Parts with commas between them; the white space in front of the closing bracket is that of the last part there was. */
function joined(open: string, parts: readonly Part[], last: string, close: string): string {
  if (parts.length === 0) return open + close;
  const words = parts.map(
    ({ lead, key, value, trail }, at) => lead + key + value + (at < parts.length - 1 ? trail.trim() : last),
  );
  return open + words.join(",") + close;
}

/** The members of an object, or the elements of a list, whose text this is. */
function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  const isList = text.startsWith("[");
  let at = 1;
  for (;;) {
    const start = spaceEnd(text, at);
    if (text[start] === "]" || text[start] === "}") return parts;
    const valueAt = isList ? start : spaceEnd(text, spaceEnd(text, valueEnd(text, start)) + 1);
    const end = valueEnd(text, valueAt);
    const next = spaceEnd(text, end);
    parts.push({
      lead: text.slice(at, start),
      key: text.slice(start, valueAt),
      value: text.slice(valueAt, end),
      trail: text.slice(end, next),
    });
    if (text[next] !== ",") return parts;
    at = next + 1;
  }
}

function spaceEnd(text: string, from: number): number {
  let at = from;
  while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
  return at;
}

/** Where the value ends that begins at `from`. */
function valueEnd(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') {
      for (at++; at < text.length && text[at] !== '"'; at++) if (text[at] === "\\") at++;
      if (depth === 0) return at + 1;
    } else if (letter === "{" || letter === "[") depth++;
    else if (letter === "}" || letter === "]") {
      if (depth === 0) return at;
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && /[\s,:]/.test(letter)) return at;
  }
  return text.length;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof JsonFloat);
}

/** True for values that are the same JSON. */
export function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((element, at) => isSame(element, b[at]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]));
}
