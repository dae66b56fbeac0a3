/** What the kinds of tokenizers share in `tokenizer.json`, the file of Hugging Face's tokenizers. */
import { FormatError } from "../errors";
import { quote } from "../formats/json-reader";
import { pieceTypes } from "./sentencepiece-model";

/** A JSON object of which nothing is known yet. */
export type Settings = Readonly<Record<string, unknown>>;

/** A token that tokenizer.json adds to the vocabulary, as the file describes it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  readonly special: boolean;
  readonly normalized?: boolean;
  readonly lstrip?: boolean;
  readonly rstrip?: boolean;
  readonly single_word?: boolean;
}

/** The tokens by their numbers. */
export interface Tokens {
  readonly texts: readonly string[];
  /** One of `pieceTypes` for each. */
  readonly types: readonly number[];
}

/** `value`, where it is an object; `FormatError` that names `key` else. */
export function settingsOf(value: unknown, path: string, key: string): Settings {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Settings;
  throw new FormatError(path, 0, `"${key}" is no object`, "the tokenizer.json of tokenizers");
}

/** The tokens that tokenizer.json adds; none where it has no list of them. `FormatError` for an entry that is no token, with its place. */
export function addedTokens(path: string, { added_tokens: added }: Settings): readonly AddedToken[] {
  if (added === undefined || added === null) return [];
  if (!Array.isArray(added)) throw new FormatError(path, 0, '"added_tokens" is no list', "a list of tokens");
  return added.map((token: unknown, i) => {
    const { id, content } = (token ?? {}) as Partial<AddedToken>;
    if (typeof content === "string" && Number.isInteger(id)) return token as AddedToken;
    throw new FormatError(
      path,
      0,
      `entry ${i} of "added_tokens" is ${JSON.stringify(token).slice(0, 80)}`,
      'a token, { "id": 0, "content": "…" }',
    );
  });
}

/** The tokens of numbers 0 to `size` − 1, as many as the token embeddings have rows; a number without a token is "[PADn]", unused.
 *  `FormatError` for a token of another number. */
export function tokensOf(path: string, model: Settings, tokenizer: Settings, size: number): Tokens {
  const texts = Array.from({ length: size }, (_, i) => `[PAD${i}]`);
  const types = new Array<number>(size).fill(pieceTypes.unused);
  const put = (text: string, id: unknown, type: number): void => {
    if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= size)
      throw new FormatError(
        path,
        0,
        `the token ${quote(text)} has the number ${quote(JSON.stringify(id) ?? "undefined")}`,
        `0 to ${size - 1}, a row of the token embeddings`,
      );
    texts[id as number] = text;
    types[id as number] = type;
  };
  for (const [text, id] of Object.entries(settingsOf(model.vocab, path, "vocab"))) put(text, id, pieceTypes.normal);
  for (const { content, id, special } of addedTokens(path, tokenizer))
    put(content, id, special ? pieceTypes.control : pieceTypes.userDefined);
  return { texts, types };
}

/** The steps of a normalizer or pre-tokenizer in one list, those of a sequence among them. */
export function stepsOf(step: unknown): Settings[] {
  if (typeof step !== "object" || step === null) return [];
  const { type, normalizers, pretokenizers } = step as Settings;
  const inner = normalizers ?? pretokenizers;
  return type === "Sequence" && Array.isArray(inner) ? inner.flatMap(stepsOf) : [step as Settings];
}
