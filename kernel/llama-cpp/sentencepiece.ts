/** SentencePiece's BPE with byte fallback, written for llama.cpp (its tokenizer "llama"): the merges of a tokenizer.json become scores.
 *
 *  tokenizers joins neighbours that are listed as a merge, the lowest rank first. llama.cpp joins any two neighbours that make a token, the
 *  highest score first, and of equal scores the leftmost. The two agree where every such pair is listed (vocabulary.ts) and the scores fall
 *  from merge to merge (merge-order.ts). The scores of tokenizer.model are written where they fall so; else a token's score is −r, where r
 *  is the rank of the first merge that makes it, and 0 for a token that no merge makes. Scores belong to tokens, so they cannot order two
 *  merges that make the same token: of these llama.cpp takes the leftmost.
 *
 *  Two differences remain. A Metaspace step puts no "▁" before a text that begins with a space, nor, with the scheme "first", behind a
 *  token of markup; llama.cpp and SentencePiece do. And llama.cpp looks for tokens of markup in the text as it is given, while tokenizers
 *  looks for some of them behind its normalizer.
 *
 *  Sources: ggml-org/llama.cpp, src/llama-vocab.cpp (llm_tokenizer_spm), convert_hf_to_gguf.py; huggingface/tokenizers, Metaspace. */
import { join } from "node:path";
import type { ByteSource } from "../bytes/source";
import { FormatError, UnsupportedError } from "../errors";
import { siblingFile } from "../formats/siblings";
import { GgufValue, type GgufMetadataInput } from "../formats/gguf/values";
import { pieceTypes, readSentencePiece, type Piece, type SentencePieceModel } from "./sentencepiece-model";
import { disorder } from "./merge-order";
import { addedEnds, addedTexts, addsSpace } from "./sentencepiece-text";
import { addedTokens, stepsOf, type Settings, type Tokens } from "./tokenizer-json";
import { checkBytes, checkPairs, refuse, Vocabulary, type Merge } from "./vocabulary";

/** A folder with such a tokenizer. */
export interface SentencePieceFolder {
  readonly folder: string;
  /** The path of tokenizer.json. */
  readonly path: string;
  /** The content of tokenizer.json. */
  readonly tokenizer: Settings;
  /** Its `model`: vocabulary and merges. */
  readonly model: Settings;
  readonly tokens: Tokens;
  /** The content of tokenizer_config.json. */
  readonly settings: Settings;
  /** Numbers of special tokens, by GGUF's keys. */
  readonly special: GgufMetadataInput;
}

/** The score that llama.cpp's converter gives to rows without a token. */
const unusedScore = -10_000;

/** The tokenizer's keys and values. `FormatError` for a file that goes wrong, `UnsupportedError` for a tokenizer that llama.cpp has no equal
 *  of. */
export async function sentencePiecePairs(given: SentencePieceFolder): Promise<GgufMetadataInput> {
  const { folder, path, tokenizer, model, tokens, settings, special } = given;
  checkModel(model);
  const added = addedTokens(path, tokenizer);
  const types = typesOf(tokens, model);
  const file = join(folder, "tokenizer.model");
  const own = await siblingFile(file);
  const pieces = own ? await piecesOf(own, tokens, new Set(added.map(({ id }) => id)), types) : [];
  const vocabulary = new Vocabulary(tokens.texts, types);
  const merges = mergesOf(path, model.merges).filter(({ text }) => vocabulary.has(text));
  checkBytes(vocabulary);
  checkPairs(vocabulary, merges);
  const ranks = ranksOf(tokens, merges, types);
  const trained = ranks.map((rank, i) => pieces[i]?.score ?? rank);
  const scores = disorder(vocabulary, merges, trained) === undefined ? trained : ranks;
  const reason = disorder(vocabulary, merges, scores);
  if (reason !== undefined) refuse(reason);
  const texts = addedTexts(tokens.texts, added, stepsOf(tokenizer.normalizer));
  checkDistinct(texts);
  return {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.pre": "default",
    "tokenizer.ggml.tokens": new GgufValue("string", texts),
    "tokenizer.ggml.scores": new GgufValue("float32", scores),
    "tokenizer.ggml.token_type": new GgufValue("int32", types),
    "tokenizer.ggml.add_space_prefix": addsSpace(tokenizer, vocabulary),
    ...addedEnds(tokenizer.post_processor, settings, tokens.texts, special),
  };
}

/** Refuses options of BPE that llama.cpp does not have. */
function checkModel(model: Settings): void {
  for (const key of ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"])
    if (![undefined, null, false, "", 0].includes(model[key] as null))
      refuse(`with ${key} ${JSON.stringify(model[key])}`);
}

/** The types of the tokens by the texts of tokenizer.json: a token "<0x0A>" is a byte. */
function typesOf({ texts, types }: Tokens, { unk_token: unknown }: Settings): number[] {
  return texts.map((text, i) => {
    if (text === unknown) return pieceTypes.unknown;
    return types[i] === pieceTypes.normal && /^<0x[0-9A-F]{2}>$/.test(text) ? pieceTypes.byte : types[i];
  });
}

/** The merges, written as "left right" or as [left, right]. */
function mergesOf(path: string, merges: unknown): Merge[] {
  if (!Array.isArray(merges)) throw new FormatError(path, 0, "the model has no merges", "a list of pairs");
  return merges.map((merge: unknown) => {
    const parts: unknown[] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    if (parts.length === 2 && typeof left === "string" && typeof right === "string" && left !== "" && right !== "")
      return { left, right, text: left + right };
    throw new FormatError(path, 0, `a merge is ${JSON.stringify(merge).slice(0, 80)}`, "a pair");
  });
}

/** The score of each token by the ranks of the merges: −r, where r is the rank of the first merge that makes it. Tokens whose merges overlap,
 *  so that one is made again behind the first merge of another, share the score of the first of them. */
function ranksOf({ texts }: Tokens, merges: readonly Merge[], types: readonly number[]): number[] {
  const ends = new Map(merges.map(({ text }, rank) => [text, rank]));
  const ranks = new Map<string, number>();
  let [first, end] = [0, -1];
  merges.forEach(({ text }, rank) => {
    if (rank > end) first = rank;
    end = Math.max(end, ends.get(text) ?? rank);
    if (!ranks.has(text)) ranks.set(text, first);
  });
  return texts.map((text, i) => {
    const rank = ranks.get(text);
    return rank === undefined && types[i] === pieceTypes.unused ? unusedScore : 0 - (rank ?? 0);
  });
}

async function readModel(source: ByteSource): Promise<SentencePieceModel> {
  try {
    return await readSentencePiece(source);
  } finally {
    await source.close();
  }
}

/** The pieces of tokenizer.model by their numbers, `undefined` for tokens that tokenizer.json adds. Writes the pieces' types into `types`. */
async function piecesOf(
  source: ByteSource,
  { texts }: Tokens,
  added: ReadonlySet<number>,
  types: number[],
): Promise<readonly (Piece | undefined)[]> {
  const file = source.name;
  const { pieces, modelType } = await readModel(source);
  if (modelType !== 2)
    refuse(`whose tokenizer.model is of kind ${modelType === 1 ? "unigram" : modelType} and tokenizer.json BPE`);
  return pieces.map((piece, i) => {
    if (added.has(i)) return undefined;
    if (piece.text !== texts[i])
      throw new UnsupportedError(
        `saveGguf(): token ${i} is ${JSON.stringify(piece.text)} in ${file} and ${JSON.stringify(texts[i])} in tokenizer.json; take away the file that is wrong`,
      );
    // SentencePiece cuts a user-defined piece out of a text before merging; tokenizers cuts out added tokens only.
    types[i] = piece.type === pieceTypes.userDefined ? pieceTypes.normal : piece.type;
    return piece;
  });
}

/** Refuses two tokens with one text, of which llama.cpp would find one. */
function checkDistinct(texts: readonly string[]): void {
  const seen = new Map<string, number>();
  texts.forEach((text, i) => {
    const other = seen.get(text);
    if (other !== undefined) refuse(`whose tokens ${other} and ${i} are both ${JSON.stringify(text)}`);
    seen.set(text, i);
  });
}
