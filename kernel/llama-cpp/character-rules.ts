/** The steps of a normalizer as rules of single characters, for a tokenizer that has no table of SentencePiece's own, or steps before it. What
 *  depends on neighbours is left out: composition, which the callers tell. */
import { replacedBy, type CharacterRules } from "./charsmap";
import type { Settings } from "./tokenizer-json";

/** What a step makes of a text; `undefined` for a step of another kind. */
type Replace = (text: string) => string;

/** Planes in which characters have another form: the first three, and that of tags. */
const planes: readonly (readonly [from: number, to: number])[] = [
  [0x1, 0xd800],
  [0xe000, 0x30000],
  [0xe0000, 0xe1000],
];

/** SentencePiece's own step "Nmt": controls go, spaces of all kinds become one. */
const nmtGone = /[\u0001-\u0008\u000b\u000e-\u001f\u007f\u008f\u009f]/gu;
const nmtSpaces = /[\u0009\u000a\u000c\u000d\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]/gu;

const forms: ReadonlySet<unknown> = new Set(["NFC", "NFD", "NFKC", "NFKD"]);

function replaceOf(step: Settings, file: string): Replace | undefined {
  const { type, pattern, content } = step;
  if (forms.has(type)) return (text) => text.normalize(String(type));
  switch (type) {
    case "Nmt":
      return (text) => text.replace(nmtGone, "").replace(nmtSpaces, " ");
    case "Lowercase":
      return (text) => Array.from(text, (one) => one.toLowerCase()).join("");
    case "StripAccents":
      return (text) => text.replace(/\p{M}/gu, "");
    case "Precompiled": {
      const bytes = Buffer.from(String(step.precompiled_charsmap), "base64");
      return (text) => replacedBy(bytes, text, file);
    }
    case "Replace": {
      const { String: literal } = (pattern ?? {}) as Settings;
      if (typeof literal !== "string" || literal === "" || typeof content !== "string") return undefined;
      return (text) => text.replaceAll(literal, content);
    }
    default:
      return undefined;
  }
}

/** The rules of some steps; `undefined` where one has none. `cutsAtSpaces`: the text is cut at white space of all kinds, which becomes " ". */
export function characterRules(
  steps: readonly Settings[],
  cutsAtSpaces: boolean,
  file: string,
): CharacterRules | undefined {
  const replaces = steps.map((step) => replaceOf(step, file));
  if (replaces.includes(undefined)) return undefined;
  const whole = (text: string): string => {
    const replaced = replaces.reduce((own, replace) => replace?.(own) ?? own, text);
    return cutsAtSpaces ? replaced.replace(/\p{White_Space}/gu, " ") : replaced;
  };
  const rules = new Map<string, string>();
  for (const [from, to] of planes)
    for (let code = from; code < to; code++) {
      const character = String.fromCodePoint(code);
      const replaced = whole(character);
      if (replaced !== character) rules.set(character, replaced);
    }
  // Texts that are replaced as they stand: steps before them would have to leave them alone.
  for (const { type, pattern } of steps) {
    const { String: literal } = (pattern ?? {}) as Settings;
    if (type === "Replace" && typeof literal === "string" && [...literal].length > 1)
      rules.set(literal, whole(literal));
  }
  return rules;
}

/** Whether the steps compose characters, as single characters cannot tell. */
export function composes(steps: readonly Settings[]): boolean {
  return steps.some(({ type }) => type === "NFC" || type === "NFKC");
}
