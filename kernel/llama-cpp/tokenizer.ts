/** The tokenizer of a Hugging Face folder (tokenizer.json, tokenizer_config.json) as the keys that llama.cpp reads: WordPiece ("bert",
 *  word-piece.ts), byte-level BPE ("gpt2", byte-level.ts, with the name of the pattern that cuts text into words), SentencePiece's BPE
 *  ("llama", sentencepiece.ts) and its Unigram ("t5", unigram.ts).
 *
 *  Tokens stand in the order of their numbers, with the types of SentencePiece; a number without a token is "[PADn]", unused. A tokenizer
 *  whose tokens llama.cpp would not give is refused; texts that it cuts otherwise are told in `notes`. */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { attempt } from "../bytes/source";
import { decodeUtf8, firstInvalidUtf8 } from "../bytes/utf8";
import { FormatError, UnsupportedError } from "../errors";
import { readJsonFile } from "../formats/config";
import { GgufValue } from "../formats/gguf/values";
import { siblingFile } from "../formats/siblings";
import { byteLevelPairs } from "./byte-level";
import { sentencePiecePairs } from "./sentencepiece";
import { specialIds } from "./special-tokens";
import {
  addedTokens,
  settingsOf,
  tokensOf,
  type Settings,
  type TokenizerFolder,
  type WrittenTokenizer,
} from "./tokenizer-json";
import { unigramPairs } from "./unigram";
import { wordPiecePairs } from "./word-piece";

/** Files of tokenizers without tokenizer.json; they lack what it says, such as the pattern that cuts text into words. */
const slowFiles = ["tokenizer.model", "vocab.json", "vocab.txt"];

/** The tokenizer; the model "none" where the folder has no tokenizer. `size` is the number of rows of the token
 *  embeddings. `UnsupportedError` where the folder has a tokenizer and no tokenizer.json, or one that llama.cpp has no equal of. */
export async function writtenTokenizer(folder: string, config: Settings, size: number): Promise<WrittenTokenizer> {
  const path = join(folder, "tokenizer.json");
  const tokenizer = await readJsonFile(path);
  if (!tokenizer) {
    const names = await attempt(folder, () => readdir(folder));
    const slow = slowFiles.find((name) => names.includes(name));
    if (slow === undefined) return { pairs: { "tokenizer.ggml.model": "none" }, notes: [] };
    throw new UnsupportedError(
      `saveGguf(): ${folder} has ${slow} and no tokenizer.json; transformers makes it: AutoTokenizer.from_pretrained(folder).save_pretrained(folder)`,
    );
  }
  const settings = (await readJsonFile(join(folder, "tokenizer_config.json"))) ?? {};
  const model = settingsOf(tokenizer.model, path, "model");
  const write = writerOf(model);
  const tokens = tokensOf(path, model, tokenizer, size);
  const special = specialIds(tokens, { unk_token: model.unk_token, ...settings }, config);
  const template = await chatTemplate(folder, settings);
  const shared = {
    "tokenizer.ggml.token_type": new GgufValue("int32", tokens.types),
    ...special,
    ...(template === undefined ? {} : { "tokenizer.chat_template": template }),
  };
  const added = addedTokens(path, tokenizer);
  return write({ folder, path, tokenizer, model, tokens, added, settings, config, special, shared });
}

/** The writer of a kind of model. */
function writerOf({
  type,
  byte_fallback: fallsBack,
}: Settings): (given: TokenizerFolder) => WrittenTokenizer | Promise<WrittenTokenizer> {
  switch (type) {
    case "WordPiece":
      return wordPiecePairs;
    case "Unigram":
      return unigramPairs;
    case "BPE":
      return fallsBack === true ? sentencePiecePairs : byteLevelPairs;
    default:
      throw new UnsupportedError(
        `saveGguf(): a tokenizer of kind ${JSON.stringify(type)} is not written; WordPiece, byte-level BPE, SentencePiece's BPE and Unigram are`,
      );
  }
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
