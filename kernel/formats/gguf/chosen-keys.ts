/** The keys that whoever saves a GGUF file chooses: checked, with the types that engines read, and with a word for each that changes what the
 *  model says of itself. */
import { OptionError } from "../../errors";
import { GgufValue, type GgufMetadataInput } from "./values";
import { architectureKey } from "./writer";

/** What `save` and `saveGguf` are told. */
export interface ChosenKeys {
  /** The value of `general.architecture`. */
  readonly architecture?: string | undefined;
  /** Keys to add, to change, or, as `undefined`, to leave out. */
  readonly metadata?: GgufMetadataInput | undefined;
}

/** Keys, and what is to be told of them. */
export interface CheckedKeys {
  /** What changes the model's own keys, the architecture first. */
  readonly changes: GgufMetadataInput;
  /** Each key that has another value now, and what is missing, in a sentence each. */
  readonly notes: readonly string[];
}

/** Letters, digits, signs and dots of ASCII, as the specification asks. */
const keyPattern = /^[\x21-\x7e]{1,65535}$/;

/** The choices checked against the model's own metadata. `OptionError` for a name that cannot be a key, for keys of files in parts, for an
 *  architecture that differs from the model's own or from that of `metadata`, and for a value of another kind than the model's own. */
export function checkedKeys(
  method: string,
  own: Readonly<Record<string, unknown>>,
  { architecture, metadata = {} }: ChosenKeys,
): CheckedKeys {
  const named = architectureOf(method, own, architecture, metadata);
  for (const [key, value] of Object.entries(metadata)) {
    if (!keyPattern.test(key) || key === "__proto__")
      throw new OptionError(
        `${method}(): ${JSON.stringify(key.slice(0, 80))} cannot be a key of GGUF; keys are ASCII without spaces, such as "general.name"`,
      );
    if (key.startsWith("split."))
      throw new OptionError(`${method}(): ${key} belongs to a model in several files, and this writes one`);
    checkKind(method, key, own[key], value);
  }
  const changes = { ...named, ...metadata };
  const changed = Object.keys(changes).filter((key) => own[key] !== undefined && !areEqual(own[key], changes[key]));
  const hasNone = plain(architectureKey in changes ? changes[architectureKey] : own[architectureKey]) === undefined;
  return {
    changes,
    notes: [
      ...changed.map((key) => `${key} was ${shown(own[key])} and is ${shown(changes[key])}`),
      ...(hasNone && plain(own["general.type"]) !== "imatrix"
        ? [
            `the file names no ${architectureKey}, without which no engine opens it: { architecture: "llama" } names one`,
          ]
        : []),
    ],
  };
}

function architectureOf(
  method: string,
  own: Readonly<Record<string, unknown>>,
  architecture: string | undefined,
  metadata: GgufMetadataInput,
): GgufMetadataInput {
  if (architectureKey in metadata && typeof plain(metadata[architectureKey] ?? "") !== "string")
    throw new OptionError(
      `${method}(): ${architectureKey} is ${shown(metadata[architectureKey])}; it takes a name, such as "llama"`,
    );
  if (architecture === undefined) return {};
  if (typeof architecture !== "string" || !/^[\w.-]+$/.test(architecture))
    throw new OptionError(`${method}(): architecture is ${shown(architecture)}; it takes a name, such as "llama"`);
  for (const [where, other] of [
    ["metadata", plain(metadata[architectureKey])],
    ["the model's own metadata", plain(own[architectureKey])],
  ] as const)
    if (other !== undefined && other !== architecture && !(where !== "metadata" && architectureKey in metadata))
      throw new OptionError(
        `${method}(): architecture is ${shown(architecture)}, and ${where} ${where === "metadata" ? "say" : "says"} ${shown(other)}; { metadata: { "${architectureKey}": ${shown(architecture)} } } changes it`,
      );
  return { [architectureKey]: architecture };
}

/** Refuses a plain value of another kind than the model's own: a text for a number, one for a list. A typed value is taken as it is. */
function checkKind(method: string, key: string, own: unknown, value: unknown): void {
  if (own === undefined || value === undefined || value instanceof GgufValue) return;
  const [before, now] = [kindOf(plain(own)), kindOf(value)];
  if (before !== now)
    throw new OptionError(
      `${method}(): ${key} is ${shown(value)}, ${now}; the model's own is ${shown(own)}, ${before}; ggufValue(type, value) gives it another type`,
    );
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  // Whole numbers past 2^53 are read as their digits.
  if (typeof value === "bigint" || typeof value === "number") return "a number";
  return typeof value === "string" ? (/^-?\d{16,}$/.test(value) ? "a number" : "a text") : `a ${typeof value}`;
}

function plain(value: unknown): unknown {
  return value instanceof GgufValue ? value.value : value;
}

function areEqual(own: unknown, value: unknown): boolean {
  return JSON.stringify(plain(own)) === JSON.stringify(plain(value));
}

function shown(value: unknown): string {
  const text = value === undefined ? "left out" : (JSON.stringify(plain(value)) ?? String(value));
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
