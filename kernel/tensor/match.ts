import { OptionError } from "../errors";
import { describe } from "../options";
import type { Tensor } from "./tensor";

/** What is known of a layer without reading it. */
export type LayerInfo = Pick<Tensor, "name" | "shape" | "dtype" | "parameters">;

/** A regular expression as reports keep it, in JSON. */
export interface RecordedPattern {
  /** The expression between its slashes. */
  readonly regExp: string;
  /** Its flags, such as "i"; "" for none. */
  readonly flags: string;
}

/** Chooses layers: a glob over the dotted name, a regular expression that is found anywhere in it (in JSON `{ regExp, flags }`), or a function.
 *  In a glob `*` is any run of characters without a dot, `**` any run with dots too, `**.` at the beginning of a part any number
 *  of whole parts (none too), `?` one character but a dot, `{a,b}` either; `\` takes the next character as it is. The glob
 *  covers the whole name: `encoder.**.weight` matches `encoder.weight` and `encoder.layer.0.query.weight`. */
export type LayerPattern = string | RegExp | RecordedPattern | ((layer: LayerInfo) => boolean);

/** Whether a layer is meant. */
export type LayerMatcher = (layer: LayerInfo) => boolean;

/** The test that a pattern, or a list of which any may match, stands for. `OptionError` for a pattern that makes no sense. */
export function layerMatcher(pattern: LayerPattern | readonly LayerPattern[]): LayerMatcher {
  if (isList(pattern)) {
    const matchers = pattern.map(layerMatcher);
    return (layer) => matchers.some((matches) => matches(layer));
  }
  if (typeof pattern === "function") return (layer) => answerOf(pattern(layer));
  if (pattern instanceof RegExp) {
    const expression = new RegExp(pattern.source, pattern.flags.replace(/[gy]/g, "")); // without a memory of the last match
    return ({ name }) => expression.test(name);
  }
  if (typeof pattern !== "string") {
    const {
      regExp,
      flags,
      function: text,
    } = Object(pattern) as Partial<Record<"regExp" | "flags" | "function", unknown>>;
    if (typeof regExp === "string") return layerMatcher(expressionOf(regExp, flags));
    if (typeof text === "string")
      throw new OptionError(
        `a layer pattern was recorded as a function, which JSON does not hold: ${describe(text)}; write the function again`,
      );
    throw new OptionError(
      `a layer pattern is ${describe(pattern)}; it takes a glob, a RegExp or a function of the layer`,
    );
  }
  const globs = alternatives(pattern).map(parseGlob);
  return ({ name }) => globs.some((glob) => globMatches(glob, name));
}

/** What a pattern's function said; a promise would count as yes. */
function answerOf(answer: unknown): boolean {
  if (typeof (answer as Partial<Promise<unknown>> | null | undefined)?.then === "function")
    throw new OptionError("a layer pattern's function gives a promise; it takes one that answers at once");
  return Boolean(answer);
}

function expressionOf(source: string, flags: unknown): RegExp {
  try {
    return new RegExp(source, typeof flags === "string" ? flags : "");
  } catch (cause) {
    throw new OptionError(`a layer pattern is no RegExp: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

/** The pattern as plain JSON that `layerMatcher` takes again; a function, which has no such form, as `{ function: text }`, which it refuses by
 *  name. */
export function recordOfPattern(pattern: LayerPattern): unknown {
  if (typeof pattern === "string") return pattern;
  if (typeof pattern === "function") return { function: String(pattern) };
  if (pattern instanceof RegExp) return { regExp: pattern.source, flags: pattern.flags };
  return { ...pattern };
}

/** The pattern as an error quotes it: `"encoder.**"`, `/query/i`, "a function". */
export function textOfPattern(pattern: LayerPattern): string {
  if (typeof pattern === "string") return `"${pattern}"`;
  if (typeof pattern === "function") return "a function";
  return pattern instanceof RegExp ? String(pattern) : `/${pattern.regExp}/${pattern.flags}`;
}

/** The names that a pattern spells out: a glob without wildcards is one, and braces without them are several. None for other patterns. */
export function spelledNames(pattern: LayerPattern | readonly LayerPattern[]): string[] {
  if (isList(pattern)) return pattern.flatMap((one) => spelledNames(one));
  if (typeof pattern !== "string" || pattern === "") return [];
  const spelled = alternatives(pattern)
    .map(parseGlob)
    .flatMap((tokens) => {
      const letters = tokens.map((token) => (typeof token === "object" ? token.letter : undefined));
      return letters.includes(undefined) ? [] : [letters.join("")];
    });
  return [pattern, ...spelled];
}

function isList(pattern: LayerPattern | readonly LayerPattern[]): pattern is readonly LayerPattern[] {
  return Array.isArray(pattern);
}

/** The most globs without braces that a pattern may stand for; braces multiply, and more of them are a mistake. */
const maxAlternatives = 1024;

/** The globs without braces that a glob with braces stands for. */
function alternatives(glob: string): string[] {
  if (glob === "") throw new OptionError('a layer pattern is "", which matches nothing; "**" matches every layer');
  const open = indexOutsideEscapes(glob, "{", 0);
  if (open < 0) return [glob];
  const parts: string[] = [];
  let depth = 1;
  let from = open + 1;
  for (let at = open + 1; at < glob.length; at++) {
    const letter = glob[at];
    if (letter === "\\") at++;
    else if (letter === "{") depth++;
    else if (letter === "," && depth === 1) {
      parts.push(glob.slice(from, at));
      from = at + 1;
    } else if (letter === "}" && --depth === 0) {
      parts.push(glob.slice(from, at));
      const expanded = parts.flatMap((part) => alternatives(glob.slice(0, open) + part + glob.slice(at + 1)));
      if (expanded.length > maxAlternatives)
        throw new OptionError(`the layer pattern "${glob}" stands for more than ${maxAlternatives} alternatives`);
      return expanded;
    }
  }
  throw new OptionError(`the layer pattern "${glob}" opens a brace that it does not close`);
}

function indexOutsideEscapes(text: string, letter: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === letter) return at;
  }
  return -1;
}

/** A letter stands for itself; "?" and "*" do not match a dot; "**" matches anything; "parts" matches nothing, or anything that
 *  ends in a dot, and is followed by "inside", the state within such a part. */
type Token = { readonly letter: string } | "?" | "*" | "**" | "parts" | "inside";

function parseGlob(glob: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < glob.length; at++) {
    const letter = glob[at];
    const begins = at === 0 || glob[at - 1] === ".";
    if (begins && glob.startsWith("**.", at)) {
      tokens.push("parts", "inside");
      at += 2;
    } else if (glob.startsWith("**", at)) {
      tokens.push("**");
      while (glob[at + 1] === "*") at++;
    } else if (letter === "*" || letter === "?") tokens.push(letter);
    else if (letter === "\\") {
      if (at + 1 === glob.length) throw new OptionError(`the layer pattern "${glob}" ends in a single \\`);
      tokens.push({ letter: glob[++at] });
    } else tokens.push({ letter });
  }
  return tokens;
}

/** Runs over the name once with the set of tokens of the glob that may come next, by their indices: the time is at worst the product of the
 *  two lengths, whatever the pattern. */
function globMatches(tokens: readonly Token[], name: string): boolean {
  let active = new Set<number>();
  enter(tokens, active, 0);
  for (const letter of name.match(/[^]/g) ?? []) {
    const next = new Set<number>();
    for (const index of active) step(tokens, next, index, letter);
    if (next.size === 0) return false;
    active = next;
  }
  return active.has(tokens.length);
}

/** Adds the index of a token, and those of the tokens behind it that are reached without a letter. */
function enter(tokens: readonly Token[], active: Set<number>, index: number): void {
  if (active.has(index)) return;
  active.add(index);
  const token = tokens[index];
  if (token === "*" || token === "**") enter(tokens, active, index + 1);
  if (token === "parts") enter(tokens, active, index + 2);
}

/** Adds to `next` the tokens that may come after the token at `index` has taken a letter. */
function step(tokens: readonly Token[], next: Set<number>, index: number, letter: string): void {
  const token = tokens[index];
  if (token === "**" || (token === "*" && letter !== ".")) enter(tokens, next, index);
  else if (token === "parts") enter(tokens, next, letter === "." ? index : index + 1);
  else if (token === "inside") enter(tokens, next, letter === "." ? index - 1 : index);
  else if (token === "?" && letter !== ".") enter(tokens, next, index + 1);
  else if (typeof token === "object" && token.letter === letter) enter(tokens, next, index + 1);
}
