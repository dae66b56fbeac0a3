import { OptionError } from "./errors";

/** The word of `known` nearest to `word` (Damerau–Levenshtein distance at most 3 and under half its length), if any. */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(3, Math.ceil(word.length / 2)) + 1;
  for (const candidate of known) {
    // Lengths that differ by more are no nearer, and texts of any length may be foreign.
    if (Math.abs(candidate.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** What an error says of a word that is none of `known`: 'did you mean "bits"?', or else 'there are bits, group'. */
export function nearestOrAll(word: string, known: readonly string[]): string {
  const guess = nearestWord(word, known);
  return guess ? `did you mean "${guess}"?` : `there are ${known.join(", ")}`;
}

function editDistance(a: string, b: string): number {
  let previous: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        next[j] = Math.min(next[j], previous[j - 2] + 1);
    }
    previous = row;
    row = next;
  }
  return row[b.length];
}

/** Throws `OptionError` for options that are no object, and for the first key that is not in `known`: `linear(): unknown option "bit"; did you
 *  mean "bits"?` */
export function checkOptionNames(method: string, options: object, known: readonly string[]): void {
  const given: unknown = options;
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    const [first = ""] = known;
    const takes = known.length === 0 ? "no options" : `options by name, such as ${method}({ ${first}: … })`;
    const what = given === undefined ? "no options were given" : `the options are ${describe(given)}`;
    throw new OptionError(
      `${method}(): ${what}; it takes ${takes}${known.length > 1 ? `; there are ${known.join(", ")}` : ""}`,
    );
  }
  for (const key of Object.keys(options)) {
    if (known.includes(key)) continue;
    const guess = nearestWord(key, known);
    const all = known.length === 0 ? "none" : known.map((k) => `"${k}"`).join(", ");
    const hint = guess ? `did you mean "${guess}"?` : `it takes ${all}`;
    throw new OptionError(`${method}(): unknown option "${key}"; ${hint}`);
  }
}

/** Throws `OptionError` unless `value` is one of `choices`; names the nearest choice. */
export function checkChoice<T extends string>(
  method: string,
  option: string,
  value: unknown,
  choices: readonly T[],
): T {
  if (typeof value === "string" && (choices as readonly string[]).includes(value)) return value as T;
  const guess = typeof value === "string" ? nearestWord(value, choices) : undefined;
  const list = choices.map((c) => `"${c}"`).join(", ");
  throw new OptionError(
    `${method}(): ${option} is ${JSON.stringify(value) ?? String(value)}; ${guess ? `did you mean "${guess}"? It` : "it"} takes ${list}`,
  );
}

/** Throws `OptionError` unless `value` is a finite number (an integer where asked) in [minimum, maximum]. */
export function checkNumber(
  method: string,
  option: string,
  value: unknown,
  range: { minimum: number; maximum: number; integer?: boolean },
): number {
  const fits =
    typeof value === "number" &&
    Number.isFinite(value) &&
    value >= range.minimum &&
    value <= range.maximum &&
    (!range.integer || Number.isInteger(value));
  if (fits) return value;
  const what = range.integer ? "a whole number" : "a number";
  const limits = range.maximum === Infinity ? `at least ${range.minimum}` : `from ${range.minimum} to ${range.maximum}`;
  throw new OptionError(`${method}(): ${option} is ${String(value)}; it takes ${what} ${limits}`);
}

/** True or false; else an `OptionError` that says what was given. */
export function checkFlag(method: string, option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new OptionError(`${method}(): ${option} is ${JSON.stringify(value) ?? String(value)}; it takes true or false`);
}

/** A text that is not empty; else an `OptionError` that says what was given. */
export function checkWords(method: string, option: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new OptionError(`${method}(): ${option} is ${describe(value)}; it takes a text that is not empty`);
}

/** A value as an error quotes it: JSON of at most 60 letters, "a function", "a promise". */
export function describe(value: unknown): string {
  if (typeof value === "function") return "a function";
  if (typeof (value as Partial<Promise<unknown>> | null | undefined)?.then === "function") return "a promise";
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // What has no JSON is described by its type.
  }
  text ??= String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
