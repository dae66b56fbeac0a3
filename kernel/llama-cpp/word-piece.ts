/** WordPiece written for llama.cpp (its tokenizer "bert"). llama.cpp holds it otherwise than the folder does: "##x" is "x", and a token that begins
 *  a word has "▁" before it. It always takes control characters away and cuts at Chinese characters. */
import { GgufValue } from "../formats/gguf/values";
import { checkMarkup, checkNormalized, checkOverlaps, stripsOf } from "./added-tokens";
import { endsOf } from "./ends";
import { pieceTypes } from "./sentencepiece-model";
import {
  checkDistinct,
  refuseTokenizer,
  stepsOf,
  type Settings,
  type TokenizerFolder,
  type WrittenTokenizer,
} from "./tokenizer-json";

const kind = "WordPiece";

/** The tokenizer's keys and values. `UnsupportedError` for a tokenizer that llama.cpp has no equal of. */
export function wordPiecePairs(given: TokenizerFolder): WrittenTokenizer {
  const { tokenizer, model, tokens, added, config, shared } = given;
  if ((model.continuing_subword_prefix ?? "##") !== "##")
    refuseTokenizer(kind, `with continuing_subword_prefix ${JSON.stringify(model.continuing_subword_prefix)}`);
  const { lowercase, strips: stripsAccents } = normalization(tokenizer.normalizer);
  const steps = stepsOf(tokenizer.pre_tokenizer);
  if (steps.length !== 1 || steps[0].type !== "BertPreTokenizer")
    refuseTokenizer(kind, `that cuts text by ${JSON.stringify(tokenizer.pre_tokenizer ?? null).slice(0, 300)}`);
  const texts = tokens.texts.map((text, i) => phantom(text, tokens.types[i]));
  checkDistinct(kind, texts);
  checkMarkup(kind, texts, tokens.types);
  checkOverlaps(kind, added);
  checkNormalized(kind, added, stepsOf(tokenizer.normalizer), () => false);
  const strips = stripsOf(kind, added, tokens);
  if (strips === "phi-3" || strips === "mask") refuseTokenizer(kind, "whose added tokens take spaces with them");
  const { before, behind } = endsOf(kind, tokenizer.post_processor, tokens.texts);
  if (before.length !== 1 || behind.length !== 1)
    refuseTokenizer(
      kind,
      `that adds ${before.length} tokens before a text and ${behind.length} behind it, not one each,`,
    );
  return {
    pairs: {
      "tokenizer.ggml.model": "bert",
      "tokenizer.ggml.token_type_count": typeof config.type_vocab_size === "number" ? config.type_vocab_size : 1,
      "tokenizer.ggml.tokens": new GgufValue("string", texts),
      ...shared,
      "tokenizer.ggml.bos_token_id": before[0],
      "tokenizer.ggml.seperator_token_id": behind[0],
      ...(lowercase ? {} : { "tokenizer.ggml.normalizer.lowercase": false }),
      ...(lowercase === stripsAccents ? {} : { "tokenizer.ggml.normalizer.strip_accents": stripsAccents }),
    },
    notes: [
      ...(stripsAccents
        ? [
            "llama.cpp takes away spacing marks too, as Devanagari's vowels, and of a Hangul syllable all but its first letter",
          ]
        : []),
      "llama.cpp has no longest word; the folder's tokenizer gives the unknown token for words of more than 100 characters",
    ],
    nameWord: strips === "modern-bert" ? strips : undefined,
  };
}

/** What the normalizer does to case and accents. `UnsupportedError` for one that is not BERT's, or leaves control characters or Chinese as they
 *  are. */
function normalization(normalizer: unknown): { readonly lowercase: boolean; readonly strips: boolean } {
  const own = (normalizer ?? {}) as Settings;
  if (own.type !== "BertNormalizer" || own.clean_text === false || own.handle_chinese_chars === false)
    refuseTokenizer(kind, `behind the normalizer ${JSON.stringify(normalizer ?? null).slice(0, 300)}`);
  const lowercase = own.lowercase !== false;
  return { lowercase, strips: typeof own.strip_accents === "boolean" ? own.strip_accents : lowercase };
}

/** A token of WordPiece as llama.cpp holds it. */
function phantom(text: string, type: number): string {
  if (type !== pieceTypes.normal || (text.startsWith("[") && text.endsWith("]"))) return text;
  return text.startsWith("##") ? text.slice(2) : `\u2581${text}`;
}
