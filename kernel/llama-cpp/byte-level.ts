/** Byte-level BPE written for llama.cpp (its tokenizer "gpt2"): tokens, merges, and the name of the way in which text is cut into words before
 *  (word-cuts.ts). Every byte must have a token, for llama.cpp leaves out one that has none. */
import { UnsupportedError } from "../errors";
import { GgufValue } from "../formats/gguf/values";
import { asciiSpaces, checkMarkup, checkNormalized, checkOverlaps, stripsOf } from "./added-tokens";
import { writtenEnds } from "./ends";
import { mergesOf, unmerged } from "./merges";
import { pieceTypes } from "./sentencepiece-model";
import {
  checkDistinct,
  refuseTokenizer,
  stepsOf,
  unusualOptions,
  type TokenizerFolder,
  type WrittenTokenizer,
} from "./tokenizer-json";
import { cutsFor, wordCuts, type WordCut } from "./word-cuts";

const kind = "byte-level";

/** The tokenizer's keys and values. `FormatError` for a file that goes wrong, `UnsupportedError` for a tokenizer that llama.cpp has no equal
 *  of. */
export function byteLevelPairs(given: TokenizerFolder): WrittenTokenizer {
  const { path, tokenizer, model, tokens, added, settings, special, shared } = given;
  const { texts, types } = tokens;
  const [option] = unusualOptions(model, "dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback");
  if (option !== undefined) refuseTokenizer(kind, `with ${option} ${JSON.stringify(model[option])}`);
  const steps = stepsOf(tokenizer.normalizer);
  const other = steps.find(({ type }) => type !== "NFC");
  if (other) refuseTokenizer(kind, `behind a normalizer (${JSON.stringify(other.type)})`);
  const merges = mergesOf(path, model.merges);
  checkBytes(texts);
  checkDistinct(kind, texts);
  checkMarkup(kind, texts, types);
  checkOverlaps(kind, added);
  checkNormalized(kind, added, steps, (type) => type === "NFC");
  const strips = stripsOf(kind, added, tokens);
  if (strips === "phi-3") refuseTokenizer(kind, "whose added tokens have rstrip");
  const cut = cutOf(given, merges, strips === "mask");
  const { addsBos, addsEos, ids } = writtenEnds(kind, tokenizer.post_processor, settings, texts, special);
  const hasSeparator = special["tokenizer.ggml.seperator_token_id"] !== undefined;
  return {
    pairs: {
      "tokenizer.ggml.model": "gpt2",
      ...typeCount(given),
      "tokenizer.ggml.pre": cut.name,
      "tokenizer.ggml.tokens": new GgufValue("string", texts),
      "tokenizer.ggml.merges": new GgufValue(
        "string",
        merges.map((pair) => pair.map((part) => part.replaceAll(" ", "\u0120")).join(" ")),
      ),
      "tokenizer.ggml.add_bos_token": addsBos,
      ...(addsEos ? { "tokenizer.ggml.add_eos_token": true } : {}),
      // By its name llama.cpp takes this one for RoBERTa's, which has a separator.
      ...(cut.stripsMask && !hasSeparator ? { "tokenizer.ggml.add_sep_token": false } : {}),
      ...shared,
      ...ids,
    },
    notes: [
      ...(steps.length > 0 ? ["llama.cpp does not compose characters: a text must be in Unicode's form NFC"] : []),
      ...(strips === "mask" ? [asciiSpaces("before <mask>")] : []),
    ],
    nameWord: strips === "modern-bert" ? strips : undefined,
  };
}

/** The number of token types, of an encoder that has them. */
export function typeCount({ config }: Pick<TokenizerFolder, "config">): Record<string, number> {
  const { type_vocab_size: count } = config;
  return typeof count === "number" ? { "tokenizer.ggml.token_type_count": count } : {};
}

/** The characters that stand for the bytes 0 to 255: printable ones for themselves, the others those from 256 on. */
const byteCharacters: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte).reduce<string[]>(
  (found, byte) => {
    const isPrintable = (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
    const shifted = found.filter((one) => (one.codePointAt(0) ?? 0) > 255).length;
    return [...found, String.fromCodePoint(isPrintable ? byte : 256 + shifted)];
  },
  [],
);

function checkBytes(texts: readonly string[]): void {
  const known = new Set(texts);
  const missing = byteCharacters.findIndex((character) => !known.has(character));
  if (missing >= 0) refuseTokenizer(kind, `without a token for the byte ${missing}`);
}

/** The text that a token stands for; "\ufffd" where its bytes are a part of a character. */
function decoded(token: string): string {
  const bytes = [...token].map((character) => byteCharacters.indexOf(character));
  return Buffer.from(bytes.filter((byte) => byte >= 0)).toString("utf8");
}

/** The row of word-cuts.ts that gives the tokens of this tokenizer. */
function cutOf(
  { tokenizer, model, tokens: { texts, types } }: TokenizerFolder,
  merges: readonly (readonly [left: string, right: string])[],
  stripsMask: boolean,
): WordCut {
  const pre = tokenizer.pre_tokenizer;
  const shown = JSON.stringify(pre ?? null).slice(0, 600);
  if (stepsOf(pre).some(({ add_prefix_space: space }) => space === true))
    refuseTokenizer(kind, "that puts a space before a text");
  const rows = cutsFor(pre);
  if (rows.length === 0)
    throw new UnsupportedError(
      `saveGguf(): the tokenizer cuts text by a pattern that llama.cpp has under no name known here: ${shown}; known are ${[...new Set(wordCuts.map(({ name }) => name))].join(", ")}`,
    );
  const stripping = rows.filter((row) => (row.stripsMask === true) === stripsMask);
  if (stripping.length === 0)
    refuseTokenizer(kind, `that takes the spaces before <mask> away and cuts text by ${shown}`);
  const plain = texts.filter((_, i) => types[i] === pieceTypes.normal);
  const ignores = model.ignore_merges === true;
  let reason = "";
  for (const row of stripping) {
    const { uncut } = row;
    const across = uncut && plain.find((text) => uncut.test(decoded(text)) || uncut.test(text));
    const unmade = (row.ignoresMerges === true) === ignores ? undefined : unmerged(plain, merges);
    if (across === undefined && unmade === undefined) return row;
    reason ||=
      across === undefined
        ? `whose token ${JSON.stringify(unmade)} no merges make, with ignore_merges ${String(ignores)}, cutting text by ${shown},`
        : `whose token ${JSON.stringify(across)} goes across the words of ${shown}`;
  }
  return refuseTokenizer(kind, reason);
}
