/** What the kinds of tokenizers share in `tokenizer.json`, the file of Hugging Face's tokenizers. */
import { FormatError } from "../errors";
import { pieceTypes } from "./sentencepiece-model";

export type Settings = Readonly<Record<string, unknown>>;

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly single_word?: boolean;
}

export interface Tokens {
  readonly texts: readonly string[];
  readonly types: readonly number[];
}

export function settingsOf(value: unknown, path: string, key: string): Settings {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Settings;
  throw new FormatError(path, 0, `"${key}" is no object`, "the tokenizer.json of tokenizers");
}

export function addedTokens({ added_tokens: added }: Settings): readonly AddedToken[] {
  return Array.isArray(added) ? (added as AddedToken[]) : [];
}

/** Tokens by their numbers, up to `size`, the number of rows of the token embeddings. */
export function tokensOf(path: string, model: Settings, tokenizer: Settings, size: number): Tokens {
  const texts = Array.from({ length: size }, (_, i) => `[PAD${i}]`);
  const types = new Array<number>(size).fill(pieceTypes.unused);
  const put = (text: string, id: unknown, type: number): void => {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= size)
      throw new FormatError(
        path,
        0,
        `the token ${JSON.stringify(text)} has the number ${JSON.stringify(id)}`,
        `0 to ${size - 1}, a row of the token embeddings`,
      );
    texts[id as number] = text;
    types[id as number] = type;
  };
  for (const [text, id] of Object.entries(settingsOf(model.vocab, path, "vocab"))) put(text, id, pieceTypes.normal);
  for (const { content, id, special } of addedTokens(tokenizer))
    put(content, id, special ? pieceTypes.control : pieceTypes.userDefined);
  return { texts, types };
}

/** A normalizer or pre-tokenizer as its steps, sequences laid out. */
export function stepsOf(step: unknown): Settings[] {
  if (typeof step !== "object" || step === null) return [];
  const { type, normalizers, pretokenizers } = step as Settings;
  const inner = normalizers ?? pretokenizers;
  return type === "Sequence" && Array.isArray(inner) ? inner.flatMap(stepsOf) : [step as Settings];
}
