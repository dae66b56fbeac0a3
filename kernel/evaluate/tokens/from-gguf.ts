/** The tokenizer of a GGUF file as a tokenizer.json says it: byte-level BPE, whose way of cutting a text into words the file names. */
import { OptionError, UnsupportedError } from "../../errors";
import { wordCuts } from "../../llama-cpp/word-cuts";
import type { Model } from "../../tensor/model";

/** A tokenizer.json, and a tokenizer_config.json. */
export interface TokenizerRules {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** llama.cpp's other names of a way that the table has. */
const otherNames: Readonly<Record<string, string>> = {
  gpt2: "gpt-2",
  default: "gpt-2",
  llama3: "llama-bpe",
  "llama-v3": "llama-bpe",
  "deepseek-r1-qwen": "qwen2",
  mpt: "gpt-2",
  olmo: "gpt-2",
  "jina-es": "gpt-2",
  "jina-de": "gpt-2",
};

/** Kinds of tokens in `tokenizer.ggml.token_type`. */
const [control, userDefined] = [3, 4];

/** The rules. `UnsupportedError` for a tokenizer of another kind, or a way of cutting that is not known; `OptionError` without one. */
export function tokenizerOfGguf({ name, metadata }: Model): TokenizerRules {
  const kind = metadata["tokenizer.ggml.model"];
  const texts = metadata["tokenizer.ggml.tokens"];
  if (kind === undefined || !Array.isArray(texts))
    throw new OptionError(`${name} holds no tokenizer, without which a text has no tokens`);
  if (kind !== "gpt2")
    throw new UnsupportedError(
      `${name}: tokenizers of kind ${JSON.stringify(kind)} are not read from GGUF; "gpt2" (byte-level BPE) is. Open the Hugging Face folder of the model`,
    );
  const types = (metadata["tokenizer.ggml.token_type"] ?? []) as readonly number[];
  const merges = (metadata["tokenizer.ggml.merges"] ?? []) as readonly string[];
  const way = String(metadata["tokenizer.ggml.pre"] ?? "default");
  const cut = wordCuts.find((one) => one.name === (otherNames[way] ?? way) && !one.stripsMask);
  if (!cut)
    throw new UnsupportedError(
      `${name}: its tokenizer cuts text in the way "${way}", which is not known here; known are ${[...new Set(wordCuts.map((one) => one.name))].join(", ")}`,
    );
  const list = texts as readonly string[];
  const added = list.flatMap((content, id) => {
    if (types[id] !== control && types[id] !== userDefined) return [];
    const flags = { single_word: false, lstrip: false, rstrip: false, normalized: false };
    return [{ id, content, ...flags, special: types[id] === control }];
  });
  const begin = metadata["tokenizer.ggml.bos_token_id"];
  const adds = metadata["tokenizer.ggml.add_bos_token"] === true && typeof begin === "number";
  const token = adds ? list[begin] : "";
  const ids = { [token]: { id: token, ids: [begin], tokens: [token] } };
  return {
    rules: {
      version: "1.0",
      added_tokens: added,
      normalizer: null,
      pre_tokenizer: { type: "Sequence", pretokenizers: stepsOf(cut.steps) },
      post_processor: adds
        ? {
            type: "TemplateProcessing",
            single: [{ SpecialToken: { id: token, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
            pair: [],
            special_tokens: ids,
          }
        : null,
      decoder: { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true },
      model: {
        type: "BPE",
        vocab: Object.fromEntries(list.map((text, id) => [text, id])),
        merges,
        ignore_merges: cut.ignoresMerges === true,
      },
    },
    settings: { tokenizer_class: "PreTrainedTokenizerFast", clean_up_tokenization_spaces: false },
  };
}

function stepsOf(steps: readonly string[]): readonly object[] {
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true };
  const written = steps.map((step): object => {
    switch (step) {
      case "gpt2":
        return { ...byteLevel, use_regex: true };
      case "digits":
        return { type: "Digits", individual_digits: true };
      case "digit-runs":
        return { type: "Digits", individual_digits: false };
      case "punctuation":
        return { type: "Punctuation", behavior: "Contiguous" };
      default:
        return { type: "Split", pattern: { Regex: step }, behavior: "Isolated", invert: false };
    }
  });
  return steps.includes("gpt2") ? written : [...written, { ...byteLevel, use_regex: false }];
}
