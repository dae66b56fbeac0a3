/** The tokens of a SentencePiece tokenizer that merging makes, and what llama.cpp needs of them: a token for every byte, and a merge for
 *  every two symbols that are a token together, because llama.cpp joins any such two. */
import { pieceTypes } from "./sentencepiece-model";
import { refuseTokenizer } from "./tokenizer-json";

/** The kind of these tokenizers, as errors name it. */
export const kind = "SentencePiece";

/** "▁", which stands for a space in the texts of tokens. */
export const space = "\u2581";

/** Types of tokens that are cut out of a text before anything is merged. */
const cutOut: ReadonlySet<number> = new Set([pieceTypes.unknown, pieceTypes.control, pieceTypes.userDefined]);

/** The most UTF-16 units of a token; the longest known have 64. */
const maxLength = 256;

/** Two neighbours that join into a token. A merge's rank is its index in the list of tokenizer.json. */
export interface Merge {
  readonly left: string;
  readonly right: string;
  /** The token that they make: `left` and `right` in one. */
  readonly text: string;
}

/** `UnsupportedError` for a tokenizer that llama.cpp has no equal of. */
export function refuse(problem: string): never {
  return refuseTokenizer(kind, problem);
}

/** The tokens that merging may make of a text; the others are cut out of it before. Of those a text with "▁" is not: what is cut out is the very
 *  character, what merging makes stands for spaces. */
export class Vocabulary {
  /** Each token's number, by its text. */
  readonly ids = new Map<string, number>();

  constructor(texts: readonly string[], types: readonly number[]) {
    texts.forEach((text, i) => {
      if (!cutOut.has(types[i]) || text.includes(space)) this.ids.set(text, i);
    });
  }

  has(text: string): boolean {
    return this.ids.has(text);
  }

  /** True for what llama.cpp may hold as a symbol while it merges: a token, or a single character. */
  isSymbol(text: string): boolean {
    return this.has(text) || text.length === 1 || (text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff);
  }
}

/** Refuses a vocabulary that lacks the token of a byte, such as "<0x0A>". */
export function checkBytes(vocabulary: Vocabulary): void {
  for (let byte = 0; byte < 256; byte++) {
    const name = `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
    if (!vocabulary.has(name)) refuse(`without the byte ${name}`);
  }
}

/** Why llama.cpp would join two symbols that tokenizers would not: they make a token and no merge says so. `undefined` where every such pair has
 *  its merge. */
export function unlistedPair(vocabulary: Vocabulary, merges: readonly Merge[]): string | undefined {
  const cuts = new Map<string, Set<number>>();
  for (const { left, text } of merges) {
    const known = cuts.get(text);
    if (known) known.add(left.length);
    else cuts.set(text, new Set([left.length]));
  }
  for (const text of vocabulary.ids.keys()) {
    if (text.length > maxLength) return `with a token of ${text.length} characters`;
    for (let at = 1; at < text.length; at++) {
      if (isInsideCharacter(text, at) || cuts.get(text)?.has(at)) continue;
      const [left, right] = [text.slice(0, at), text.slice(at)];
      if (vocabulary.isSymbol(left) && vocabulary.isSymbol(right))
        return `that has ${JSON.stringify(text)} and no merge of ${JSON.stringify(left)} and ${JSON.stringify(right)} to it`;
    }
  }
  return undefined;
}

/** True where index `at` of the text lies between the two halves of one character. */
function isInsideCharacter(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff;
}
