/** SentencePiece's Unigram written for llama.cpp (its tokenizer "t5"): pieces with their logarithmic probabilities, of which the likeliest row is
 *  taken. Each is made a token of its own number; what a text goes through before is SentencePiece's own table of characters
 *  (`precompiled_charsmap`), and runs of spaces made one.
 *
 *  Sources: ggml-org/llama.cpp v0.5.0, src/llama-vocab.cpp (llm_tokenizer_ugm); huggingface/tokenizers, models/unigram, normalizers/precompiled. */
import { FormatError } from "../errors";
import { GgufValue } from "../formats/gguf/values";
import { asciiSpaces, checkMarkup, checkNormalized, checkOverlaps, stripsOf } from "./added-tokens";
import { typeCount } from "./byte-level";
import { characterRules, composes } from "./character-rules";
import { charsmapOf } from "./charsmap";
import { writtenEnds } from "./ends";
import { pieceTypes } from "./sentencepiece-model";
import {
  checkDistinct,
  refuseTokenizer,
  stepsOf,
  type Settings,
  type TokenizerFolder,
  type WrittenTokenizer,
} from "./tokenizer-json";
import { space } from "./vocabulary";

const kind = "Unigram";

/** The score of rows without a piece, too low ever to be taken. */
const unusedScore = -10_000;

/** The tokenizer's keys and values. `FormatError` for a file that goes wrong, `UnsupportedError` for a tokenizer that llama.cpp has no equal
 *  of. */
export function unigramPairs(given: TokenizerFolder): WrittenTokenizer {
  const { path, tokenizer, model, tokens, added, settings, special, shared } = given;
  const { texts } = tokens;
  if (model.byte_fallback === true) refuseTokenizer(kind, "with byte_fallback");
  const types = typesOf(path, given);
  const steps = stepsOf(tokenizer.normalizer);
  const { charsmap, notes } = preparation(tokenizer, path);
  texts.forEach((text, i) => {
    if (types[i] === pieceTypes.normal && text.includes(space, 1))
      refuseTokenizer(kind, `that cuts at every space and has the token ${JSON.stringify(text)}`);
  });
  if (!texts.includes(space)) refuseTokenizer(kind, `without the token ${JSON.stringify(space)}`);
  checkDistinct(kind, texts);
  checkMarkup(kind, texts, types);
  checkOverlaps(kind, added);
  checkNormalized(kind, added, steps, () => false);
  const strips = stripsOf(kind, added, tokens);
  const { addsBos, addsEos, ids } = writtenEnds(kind, tokenizer.post_processor, settings, texts, special);
  return {
    pairs: {
      "tokenizer.ggml.model": "t5",
      ...typeCount(given),
      // llama.cpp looks up in this name whether spaces before <mask> go with it; for this kind it has no other meaning.
      "tokenizer.ggml.pre": strips === "mask" ? "jina-v2-de" : "default",
      "tokenizer.ggml.tokens": new GgufValue("string", texts),
      "tokenizer.ggml.scores": new GgufValue("float32", scoresOf(path, model, texts.length)),
      ...shared,
      "tokenizer.ggml.token_type": new GgufValue("int32", types),
      "tokenizer.ggml.unknown_token_id": model.unk_id,
      "tokenizer.ggml.add_space_prefix": true,
      "tokenizer.ggml.remove_extra_whitespaces": true,
      "tokenizer.ggml.precompiled_charsmap": new GgufValue("uint8", [...charsmap]),
      "tokenizer.ggml.add_bos_token": addsBos,
      "tokenizer.ggml.add_eos_token": addsEos,
      ...ids,
    },
    notes: [
      ...notes,
      ...(strips === "mask" ? [asciiSpaces("before <mask>")] : []),
      ...(strips === "phi-3" ? [asciiSpaces("behind markup")] : []),
    ],
    nameWord: strips === "phi-3" || strips === "modern-bert" ? strips : undefined,
  };
}

function typesOf(path: string, { model: { unk_id: unknown }, tokens: { types } }: TokenizerFolder): readonly number[] {
  if (typeof unknown !== "number" || !Number.isInteger(unknown) || unknown < 0 || unknown >= types.length)
    throw new FormatError(
      path,
      0,
      `"unk_id" is ${JSON.stringify(unknown)}`,
      `the number of a token, 0 to ${types.length - 1}`,
    );
  return types.map((type, i) => (i === unknown ? pieceTypes.unknown : type));
}

function scoresOf(path: string, { vocab }: Settings, size: number): number[] {
  const pieces = Array.isArray(vocab) ? (vocab as unknown[]) : [];
  return Array.from({ length: size }, (_, i) => {
    if (i >= pieces.length) return unusedScore;
    const [, score] = pieces[i] as unknown[];
    if (typeof score === "number") return score;
    throw new FormatError(
      path,
      0,
      `entry ${i} of "vocab" is ${JSON.stringify(pieces[i]).slice(0, 80)}`,
      "[text, score]",
    );
  });
}

/** What a text goes through before its pieces are looked for. */
interface Preparation {
  readonly charsmap: Uint8Array;
  readonly notes: readonly string[];
}

/** The table of characters, of a tokenizer that makes runs of spaces one, puts one before every text and drops those behind it: its own, or one
 *  made of its other steps. `UnsupportedError` for any other. */
function preparation({ normalizer, pre_tokenizer: pre }: Settings, path: string): Preparation {
  const steps = stepsOf(normalizer);
  const cuts = stepsOf(pre);
  const metaspace = cuts.at(-1);
  const cutsAtSpaces = cuts.length === 2 && cuts[0].type === "WhitespaceSplit";
  const isCleaning = (step: Settings): boolean => cleaningOf(step) !== "other";
  const first = steps.findIndex(isCleaning);
  const [before, behind] = first < 0 ? [steps, []] : [steps.slice(0, first), steps.slice(first)];
  const cleans = behind.map(cleaningOf);
  const scheme = metaspace?.prepend_scheme ?? (metaspace?.add_prefix_space === false ? "never" : "always");
  const isKnown =
    metaspace?.type === "Metaspace" &&
    metaspace.replacement === space &&
    metaspace.split !== false &&
    scheme === "always" &&
    !cleans.includes("other") &&
    (cutsAtSpaces || (cuts.length === 1 && cleans.includes("joins") && cleans.includes("strips")));
  const [table] = before;
  if (isKnown && before.length === 1 && table.type === "Precompiled" && typeof table.precompiled_charsmap === "string")
    return {
      charsmap: Buffer.from(table.precompiled_charsmap, "base64"),
      notes: ["llama.cpp cuts at no U+0085, a line end of old mainframes"],
    };
  const rules = isKnown ? characterRules(before, cutsAtSpaces, path) : undefined;
  if (!rules)
    refuseTokenizer(kind, `that prepares text so: ${JSON.stringify({ normalizer, pre_tokenizer: pre }).slice(0, 300)}`);
  return {
    charsmap: charsmapOf(rules),
    notes: composes(before) ? ["llama.cpp composes no characters: a text must be in Unicode's form NFKC"] : [],
  };
}

/** What a step behind the table does: it makes runs of spaces one, or takes those behind a text away. */
function cleaningOf({ type, strip_right: right, pattern, content }: Settings): "joins" | "strips" | "other" {
  if (type === "Strip") return right === true ? "strips" : "other";
  const { Regex: regex } = (pattern ?? {}) as Settings;
  return type === "Replace" && regex === " {2,}" && (content === " " || content === space) ? "joins" : "other";
}
