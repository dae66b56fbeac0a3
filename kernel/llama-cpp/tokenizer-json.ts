/** What the kinds of tokenizers share in `tokenizer.json`, the file of Hugging Face's tokenizers. */
import { FormatError, UnsupportedError } from "../errors";
import type { GgufMetadataInput } from "../formats/gguf/values";
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

/** A folder with a tokenizer, as the writers of the kinds are given it. */
export interface TokenizerFolder {
  readonly folder: string;
  /** The path of tokenizer.json. */
  readonly path: string;
  /** The content of tokenizer.json. */
  readonly tokenizer: Settings;
  /** Its `model`: vocabulary and, where it has some, merges. */
  readonly model: Settings;
  readonly tokens: Tokens;
  readonly added: readonly AddedToken[];
  /** The content of tokenizer_config.json. */
  readonly settings: Settings;
  /** The content of config.json. */
  readonly config: Settings;
  /** Numbers of special tokens, by GGUF's keys. */
  readonly special: GgufMetadataInput;
  /** Keys that all kinds have: types of the tokens, special tokens, the chat template. */
  readonly shared: GgufMetadataInput;
}

/** A tokenizer as GGUF has it. */
export interface WrittenTokenizer {
  readonly pairs: GgufMetadataInput;
  /** Texts that llama.cpp cuts otherwise than tokenizers does, each kind in a sentence. */
  readonly notes: readonly string[];
  /** A word that `general.name` must hold, because llama.cpp tells by it how to treat spaces beside markup. */
  readonly nameWord?: string | undefined;
}

/** `UnsupportedError` for a tokenizer that llama.cpp has no equal of; `kind`: "byte-level". */
export function refuseTokenizer(kind: string, problem: string): never {
  throw new UnsupportedError(`saveGguf(): a ${kind} tokenizer ${problem} is not written; llama.cpp has none`);
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
  for (const [text, id] of vocabularyOf(path, model)) put(text, id, pieceTypes.normal);
  for (const { content, id, special } of addedTokens(path, tokenizer))
    put(content, id, special ? pieceTypes.control : pieceTypes.userDefined);
  return { texts, types };
}

/** The texts of the vocabulary with their numbers: an object { text: number }, or, for Unigram, a list of [text, score] in their order. */
function vocabularyOf(path: string, { vocab }: Settings): (readonly [string, unknown])[] {
  if (!Array.isArray(vocab)) return Object.entries(settingsOf(vocab, path, "vocab"));
  return vocab.map((entry: unknown, id) => {
    const [text] = Array.isArray(entry) ? (entry as unknown[]) : [];
    if (typeof text === "string") return [text, id];
    throw new FormatError(
      path,
      0,
      `entry ${id} of "vocab" is ${JSON.stringify(entry).slice(0, 80)}`,
      "a token with its score, [text, score]",
    );
  });
}

/** Options of a BPE model that change what it does; those that are off are left out. */
export function unusualOptions(model: Settings, ...keys: readonly string[]): readonly string[] {
  return keys.filter((key) => ![undefined, null, false, "", 0].includes(model[key] as null));
}

/** Refuses a vocabulary that llama.cpp would not open or would read otherwise: two tokens with one text, and one without a text. */
export function checkDistinct(kind: string, texts: readonly string[]): void {
  const seen = new Map<string, number>();
  texts.forEach((text, i) => {
    const other = seen.get(text);
    if (other !== undefined) refuseTokenizer(kind, `whose tokens ${other} and ${i} are both ${JSON.stringify(text)}`);
    if (text === "") refuseTokenizer(kind, `whose token ${i} has no text`);
    seen.set(text, i);
  });
}

/** The steps of a normalizer or pre-tokenizer in one list, those of a sequence among them. */
export function stepsOf(step: unknown): Settings[] {
  if (typeof step !== "object" || step === null) return [];
  const { type, normalizers, pretokenizers } = step as Settings;
  const inner = normalizers ?? pretokenizers;
  return type === "Sequence" && Array.isArray(inner) ? inner.flatMap(stepsOf) : [step as Settings];
}
