/** SentencePiece's BPE with byte fallback, written for llama.cpp (its tokenizer "llama"): the merges of a tokenizer.json become scores. Merges
 *  that no scores order go as they are, to the tokenizer "gpt2" with the words "sarvam-moe", where no space comes before a text.
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
import { UnsupportedError } from "../errors";
import { siblingFile } from "../formats/siblings";
import { GgufValue, type GgufMetadataInput } from "../formats/gguf/values";
import { asciiSpaces, checkMarkup, checkNormalized, checkOverlaps, stripsOf, type Strips } from "./added-tokens";
import { typeCount } from "./byte-level";
import { writtenEnds } from "./ends";
import { mergesOf } from "./merges";
import { disorder } from "./merge-order";
import { pieceTypes, readSentencePiece, type Piece, type SentencePieceModel } from "./sentencepiece-model";
import { addedTexts, preparation } from "./sentencepiece-text";
import {
  checkDistinct,
  stepsOf,
  unusualOptions,
  type Settings,
  type TokenizerFolder,
  type Tokens,
  type WrittenTokenizer,
} from "./tokenizer-json";
import { checkBytes, kind, refuse, unlistedPair, Vocabulary, type Merge } from "./vocabulary";

/** The score that llama.cpp's converter gives to rows without a token. */
const unusedScore = -10_000;

/** The tokenizer's keys and values. `FormatError` for a file that goes wrong, `UnsupportedError` for a tokenizer that llama.cpp has no equal
 *  of. */
export async function sentencePiecePairs(given: TokenizerFolder): Promise<WrittenTokenizer> {
  const { folder, path, tokenizer, model, tokens, added, settings, special, shared } = given;
  checkModel(model);
  const types = typesOf(tokens, model);
  const file = join(folder, "tokenizer.model");
  const own = await siblingFile(file);
  const pieces = own ? await piecesOf(own, tokens, new Set(added.map(({ id }) => id)), types) : [];
  checkNormalized(kind, added, stepsOf(tokenizer.normalizer), (type) => type === "Replace");
  const texts = addedTexts(tokens.texts, added, stepsOf(tokenizer.normalizer));
  const strips = stripsOf(kind, added, tokens);
  const vocabulary = new Vocabulary(texts, types);
  const merges = mergesOf(path, model.merges)
    .map(([left, right]): Merge => ({ left, right, text: left + right }))
    .filter(({ text }) => vocabulary.has(text));
  checkBytes(vocabulary);
  checkDistinct(kind, texts);
  checkMarkup(kind, texts, types);
  checkOverlaps(kind, added);
  const { prepends, notes } = preparation(tokenizer, vocabulary);
  const { addsBos, addsEos, ids } = writtenEnds(kind, tokenizer.post_processor, settings, tokens.texts, special);
  return {
    pairs: {
      ...shared,
      ...typeCount(given),
      ...mergingPairs({ given, texts, types, pieces, vocabulary, merges, strips, prepends }),
      "tokenizer.ggml.tokens": new GgufValue("string", texts),
      "tokenizer.ggml.token_type": new GgufValue("int32", types),
      "tokenizer.ggml.add_bos_token": addsBos,
      "tokenizer.ggml.add_eos_token": addsEos,
      ...ids,
    },
    notes: strips === "phi-3" ? [...notes, asciiSpaces("behind markup")] : notes,
    nameWord: strips === "phi-3" || strips === "modern-bert" ? strips : undefined,
  };
}

/** A tokenizer on the way to GGUF. */
interface Merging {
  readonly given: TokenizerFolder;
  readonly texts: readonly string[];
  readonly types: readonly number[];
  /** Those of tokenizer.model. */
  readonly pieces: readonly (Piece | undefined)[];
  readonly vocabulary: Vocabulary;
  readonly merges: readonly Merge[];
  readonly strips: Strips;
  readonly prepends: boolean;
}

/** How llama.cpp is to merge: by scores, or, where none order the merges as their ranks do, by the ranks, as byte-level BPE does. For the
 *  latter llama.cpp puts no space before a text, and cuts at line ends. */
function mergingPairs(all: Merging): GgufMetadataInput {
  const { given, texts, types, pieces, vocabulary, merges, strips, prepends } = all;
  const ranks = ranksOf(given.tokens, merges, types);
  const trained = ranks.map((rank, i) => pieces[i]?.score ?? rank);
  const unlisted = unlistedPair(vocabulary, merges);
  const scores = [trained, ranks].find((some) => disorder(vocabulary, merges, some) === undefined);
  if (unlisted === undefined && scores)
    return {
      "tokenizer.ggml.model": "llama",
      // llama.cpp looks up in this name whether spaces before <mask> go with it; for this kind it has no other meaning.
      "tokenizer.ggml.pre": strips === "mask" ? "jina-v2-de" : "default",
      "tokenizer.ggml.scores": new GgufValue("float32", scores),
      "tokenizer.ggml.add_space_prefix": prepends,
    };
  const isAcross = texts.some((text, i) => types[i] === pieceTypes.normal && /\n[^\n]|[^\n]\n/.test(text));
  if (prepends || strips === "mask" || isAcross) refuse(unlisted ?? String(disorder(vocabulary, merges, ranks)));
  return {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "sarvam-moe",
    "tokenizer.ggml.merges": new GgufValue(
      "string",
      merges.map(({ left, right }) => `${left} ${right}`),
    ),
  };
}

/** Refuses options of BPE that llama.cpp does not have. */
function checkModel(model: Settings): void {
  for (const key of unusualOptions(
    model,
    "dropout",
    "continuing_subword_prefix",
    "end_of_word_suffix",
    "ignore_merges",
  ))
    refuse(`with ${key} ${JSON.stringify(model[key])}`);
}

/** The types of the tokens by the texts of tokenizer.json: a token "<0x0A>" is a byte. */
function typesOf({ texts, types }: Tokens, { unk_token: unknown }: Settings): number[] {
  return texts.map((text, i) => {
    if (text === unknown) return pieceTypes.unknown;
    return types[i] === pieceTypes.normal && /^<0x[0-9A-F]{2}>$/.test(text) ? pieceTypes.byte : types[i];
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
