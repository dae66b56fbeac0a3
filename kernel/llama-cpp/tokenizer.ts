/** The tokenizer of a Hugging Face folder (tokenizer.json, tokenizer_config.json) as the keys that llama.cpp reads: WordPiece ("bert"),
 *  byte-level BPE ("gpt2", with the name of the pattern that cuts text into words) and SentencePiece's BPE ("llama",
 *  sentencepiece.ts).
 *
 *  Tokens stand in the order of their numbers, with the types of SentencePiece; a number without a token is "[PADn]", unused. llama.cpp
 *  holds WordPiece otherwise than the folder does: "##x" is "x", and a token that begins a word has "▁" before it. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { attempt } from "../bytes/source";
import { decodeUtf8, firstInvalidUtf8 } from "../bytes/utf8";
import { FormatError, UnsupportedError } from "../errors";
import { readJsonFile } from "../formats/config";
import { siblingFile } from "../formats/siblings";
import { sentencePiecePairs } from "./sentencepiece";
import { GgufValue, type GgufMetadataInput } from "../formats/gguf/values";
import { pieceTypes } from "./sentencepiece-model";
import { settingsOf, stepsOf, tokensOf, type Settings, type Tokens } from "./tokenizer-json";

/** Files of tokenizers without tokenizer.json; they lack what it says, such as the pattern that cuts text into words. */
const slowFiles = ["tokenizer.model", "vocab.json", "vocab.txt"];

/** The tokenizer's keys and values; the model "none" where the folder has no tokenizer. `size` is the number of rows of the token
 *  embeddings. `UnsupportedError` where the folder has a tokenizer and no tokenizer.json, or one that llama.cpp has no equal of. */
export async function tokenizerPairs(folder: string, config: Settings, size: number): Promise<GgufMetadataInput> {
  const path = join(folder, "tokenizer.json");
  const tokenizer = await readJsonFile(path);
  if (!tokenizer) {
    const names = await attempt(folder, () => readdir(folder));
    const slow = slowFiles.find((name) => names.includes(name));
    if (slow === undefined) return { "tokenizer.ggml.model": "none" };
    throw new UnsupportedError(
      `saveGguf(): ${folder} has ${slow} and no tokenizer.json; transformers makes it: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)`,
    );
  }
  const settings = (await readJsonFile(join(folder, "tokenizer_config.json"))) ?? {};
  const model = settingsOf(tokenizer.model, path, "model");
  if (model.type !== "WordPiece" && model.type !== "BPE")
    throw new UnsupportedError(
      `saveGguf(): a tokenizer of kind ${JSON.stringify(model.type)} is not written; WordPiece, byte-level BPE and SentencePiece's BPE are`,
    );
  const tokens = tokensOf(path, model, tokenizer, size);
  const special = specialIds(tokens, { unk_token: model.unk_token, ...settings }, config);
  const template = await chatTemplate(folder, settings);
  const shared = {
    "tokenizer.ggml.token_type": new GgufValue("int32", tokens.types),
    ...special,
    ...(template === undefined ? {} : { "tokenizer.chat_template": template }),
  };
  if (model.type === "WordPiece") {
    checkUncased(tokenizer.normalizer);
    return {
      "tokenizer.ggml.model": "bert",
      "tokenizer.ggml.token_type_count": typeof config.type_vocab_size === "number" ? config.type_vocab_size : 1,
      "tokenizer.ggml.tokens": new GgufValue(
        "string",
        tokens.texts.map((text, i) => phantom(text, tokens.types[i])),
      ),
      ...shared,
    };
  }
  if (model.byte_fallback === true)
    return { ...shared, ...(await sentencePiecePairs({ folder, path, tokenizer, model, tokens, settings, special })) };
  return {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": patternName(tokenizer.pre_tokenizer, tokenizer.normalizer),
    "tokenizer.ggml.tokens": new GgufValue("string", tokens.texts),
    "tokenizer.ggml.merges": new GgufValue("string", mergesOf(path, model.merges)),
    "tokenizer.ggml.add_bos_token": beginsWithSpecial(tokenizer.post_processor),
    ...shared,
  };
}

/** Refuses a tokenizer that keeps case or accents: llama.cpp's WordPiece always takes both away. */
function checkUncased(normalizer: unknown): void {
  const { type, lowercase, strip_accents: stripped } = (normalizer ?? {}) as Settings;
  if (type !== "BertNormalizer" || lowercase === false || stripped === false)
    throw new UnsupportedError(
      "saveGguf(): a WordPiece tokenizer that keeps case or accents is not written; llama.cpp has the uncased one only",
    );
}

/** A token of WordPiece as llama.cpp holds it. */
function phantom(text: string, type: number): string {
  if (type !== pieceTypes.normal || (text.startsWith("[") && text.endsWith("]"))) return text;
  return text.startsWith("##") ? text.slice(2) : `\u2581${text}`;
}

function mergesOf(path: string, merges: unknown): string[] {
  if (!Array.isArray(merges)) throw new FormatError(path, 0, "the model has no merges", "a list of pairs");
  return merges.map((merge: unknown) => {
    if (typeof merge === "string") return merge;
    if (Array.isArray(merge) && merge.length === 2)
      return merge.map((part) => String(part).replaceAll(" ", "\u0120")).join(" ");
    throw new FormatError(path, 0, `a merge is ${JSON.stringify(merge).slice(0, 80)}`, "a pair");
  });
}

/** The names under which llama.cpp knows the patterns that cut text into words. */
const patterns: readonly (readonly [string, string])[] = [
  [
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "llama-bpe",
  ],
  [
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "qwen2",
  ],
];

function patternName(pre: unknown, normalizer: unknown): string {
  const steps = stepsOf(pre);
  if (steps.some(({ add_prefix_space: space }) => space === true))
    throw new UnsupportedError("saveGguf(): a byte-level tokenizer that puts a space before a text is not written");
  // Qwen's text comes in Unicode's composed form (NFC), which llama.cpp leaves to whoever calls it.
  const { type = "NFC" } = (normalizer ?? {}) as Settings;
  if (type !== "NFC")
    throw new UnsupportedError(
      `saveGguf(): a byte-level tokenizer behind a normalizer (${JSON.stringify(type)}) is not written`,
    );
  const split = steps.find(({ type }) => type === "Split")?.pattern as Settings | undefined;
  if (split) {
    const found = patterns.find(([pattern]) => pattern === split.Regex);
    if (found) return found[1];
  } else if (steps.some(({ type, use_regex: regex }) => type === "ByteLevel" && regex !== false))
    return steps.some(({ type, individual_digits: alone }) => type === "Digits" && alone === true) ? "smollm" : "gpt-2";
  throw new UnsupportedError(
    `saveGguf(): the tokenizer cuts text by a pattern that llama.cpp has under no name known here: ${JSON.stringify(pre).slice(0, 300)}; known are gpt-2, smollm, ${patterns.map(([, name]) => name).join(", ")}`,
  );
}

/** True where the post-processor puts a special token before a text. */
function beginsWithSpecial(post: unknown): boolean {
  if (typeof post !== "object" || post === null) return false;
  const { single, processors } = post as { single?: unknown; processors?: unknown };
  if (Array.isArray(processors)) return processors.some(beginsWithSpecial);
  const [first] = Array.isArray(single) ? (single as unknown[]) : [];
  return typeof first === "object" && first !== null && "SpecialToken" in first;
}

/** GGUF's key of each special token, its name in tokenizer_config.json, and the names that stand in for it. */
const roles: readonly (readonly [string, string, readonly string[]])[] = [
  ["tokenizer.ggml.bos_token_id", "bos_token", ["cls_token"]],
  ["tokenizer.ggml.eos_token_id", "eos_token", ["sep_token"]],
  ["tokenizer.ggml.unknown_token_id", "unk_token", []],
  ["tokenizer.ggml.seperator_token_id", "sep_token", []],
  ["tokenizer.ggml.padding_token_id", "pad_token", []],
  ["tokenizer.ggml.mask_token_id", "mask_token", []],
];

/** The numbers of the special tokens: those of the texts in tokenizer_config.json, else those that config.json says. */
function specialIds({ texts }: Tokens, settings: Settings, config: Settings): GgufMetadataInput {
  const idOf = (role: string): number | undefined => {
    const named = settings[role];
    const text = typeof named === "object" && named !== null ? (named as { content?: unknown }).content : named;
    const id = typeof text === "string" ? texts.indexOf(text) : -1;
    if (id >= 0) return id;
    const given = config[`${role}_id`];
    const [first] = Array.isArray(given) ? (given as unknown[]) : [given];
    return typeof first === "number" && first >= 0 && first < texts.length ? first : undefined;
  };
  return Object.fromEntries(
    roles.flatMap(([key, role, others]) => {
      const id = [role, ...others].map(idOf).find((one) => one !== undefined);
      return id === undefined ? [] : [[key, id]];
    }),
  );
}

/** Templates have some kilobytes. */
const maxTemplateBytes = 2 ** 20;

/** The chat template: in tokenizer_config.json, or, in newer folders, in chat_template.jinja. */
async function chatTemplate(folder: string, { chat_template: template }: Settings): Promise<string | undefined> {
  if (typeof template === "string") return template;
  const source = await siblingFile(join(folder, "chat_template.jinja"));
  if (!source) return undefined;
  const { name, byteLength } = source;
  if (byteLength > maxTemplateBytes)
    throw new FormatError(name, 0, `the template has ${byteLength} bytes`, `at most ${maxTemplateBytes}`);
  const bytes = await source.read(0, byteLength);
  const bad = firstInvalidUtf8(bytes);
  if (bad >= 0) throw new FormatError(name, bad, "this is no text in UTF-8", "a template");
  return decodeUtf8(bytes);
}
