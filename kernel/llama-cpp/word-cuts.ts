/** How a pre-tokenizer of tokenizer.json cuts a text into words, and the name of llama.cpp's `tokenizer.ggml.pre` that cuts it so.
 *
 *  llama.cpp has the patterns in its source, by name; a file only says the name. The table below holds the steps of tokenizer.json for each,
 *  as texts: "gpt2" is GPT-2's pattern, "digits" one digit a word, "digit-runs" all neighbouring digits, "punctuation" its runs, and anything
 *  else a regular expression whose matches become words. Spellings of one expression are made alike before they are compared.
 *
 *  Source: ggml-org/llama.cpp v0.5.0, src/llama-vocab.cpp (llm_tokenizer_bpe; the names: llama_vocab::impl::load). */
import { stepsOf, type Settings } from "./tokenizer-json";

/** A name of `tokenizer.ggml.pre`, and what llama.cpp does for it. */
export interface WordCut {
  readonly name: string;
  /** The steps of tokenizer.json. */
  readonly steps: readonly string[];
  /** True where a word that is a token is taken whole, whatever its merges are. */
  readonly ignoresMerges?: true;
  /** True where white space before "<mask>" goes with it. */
  readonly stripsMask?: true;
  /** Matches tokens across which tokenizers would cut and llama.cpp would not. A vocabulary without such tokens comes out alike. */
  readonly uncut?: RegExp;
}

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const ends = String.raw` ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const qwen2 = `${contractions}|${String.raw`[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|`}${ends}`;
const llama3 = qwen2.replace(String.raw`\p{N}| ?`, String.raw`\p{N}{1,3}| ?`);
const qwen35 = `${contractions}|${String.raw`[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`}`;
const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const begin = String.raw`[^\r\n\p{L}\p{N}]?`;
const slashes = String.raw` ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const gpt4o = `${begin}${upper}*${lower}+${contractions}?|${begin}${upper}+${lower}*${contractions}?|${String.raw`\p{N}{1,3}|`}${slashes}`;
const tekken = `${begin}${upper}*${lower}+|${begin}${upper}+${lower}*|${String.raw`\p{N}|`}${slashes}`;
const deepseek3 = String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_${"`"}{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
const bloom = String.raw` ?[^(\s|[.,!?…。，、।۔،])]+`;

/** The names, those that are known best first. */
export const wordCuts: readonly WordCut[] = [
  { name: "gpt-2", steps: ["gpt2"] },
  { name: "jina-v2-code", steps: ["gpt2"], stripsMask: true },
  { name: "smollm", steps: ["digits", "gpt2"] },
  { name: "llama-bpe", steps: [llama3], ignoresMerges: true },
  { name: "smaug-bpe", steps: [llama3] },
  { name: "qwen2", steps: [qwen2] },
  { name: "qwen35", steps: [qwen35] },
  // The pattern called "gpt-4o" takes combining marks for punctuation; this one is the same otherwise.
  { name: "granite-embed-multi-97m", steps: [gpt4o], ignoresMerges: true },
  { name: "granite-embed-multi-97m", steps: [tekken], ignoresMerges: true, uncut: /\p{L}'|\p{N}\p{N}/u },
  { name: "deepseek-v3", steps: [String.raw`\p{N}{1,3}`, "[一-龥぀-ゟ゠-ヿ]+", deepseek3] },
  {
    name: "deepseek-coder",
    steps: [String.raw`[\r\n]`, String.raw`\s?\p{L}+`, String.raw`\s?\p{P}+`, "[一-龥ࠀ-一가-퟿]+", "digits"],
  },
  // Digits are cut behind the bytes were made characters, some of which are digits themselves.
  {
    name: "falcon",
    steps: ["punctuation", "gpt2", "digit-runs", "[0-9][0-9][0-9]"],
    uncut: /[²³¹¼½¾][^0-9²³¹¼½¾]|[^0-9²³¹¼½¾][²³¹¼½¾]/,
  },
  { name: "bloom", steps: [bloom] },
];

/** A regular expression with the spellings of one meaning made one. */
function plainPattern(pattern: string): string {
  return pattern
    .replaceAll("\r", String.raw`\r`)
    .replaceAll("\n", String.raw`\n`)
    .replaceAll("(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])", contractions)
    .replaceAll("'(?i:[sdmt]|ll|ve|re)", contractions)
    .replaceAll("?+", "?")
    .replaceAll("++", "+")
    .replaceAll("{1}", "")
    .replaceAll(String.raw`\s*[\r\n]|`, String.raw`\s*[\r\n]+|`)
    .replace(
      /^'s\|'t\|'re\|'ve\|'m\|'ll\|'d\| \?\\p\{L\}\+\| \?\\p\{N\}\+\| \?\[\^\\s\\p\{L\}\\p\{N\}\]\+\|\\s\+\(\?!\\S\)\|\\s\+$/,
      "gpt2",
    );
}

/** The steps of a pre-tokenizer as the table has them; `undefined` where one is of another kind, or where the bytes of a text do not become
 *  characters. */
export function wordSteps(pre: unknown): readonly string[] | undefined {
  const given = stepsOf(pre);
  const steps = given.map(stepOf);
  if (steps.includes(undefined) || !given.some(({ type }) => type === "ByteLevel")) return undefined;
  return steps.filter((step): step is string => step !== undefined && step !== "");
}

/** One step; "" for one that cuts nothing, `undefined` for one that llama.cpp has not. */
function stepOf(step: Settings): string | undefined {
  switch (step.type) {
    case "ByteLevel":
      if (step.add_prefix_space === true) return undefined;
      return step.use_regex === false ? "" : "gpt2";
    case "Digits":
      return step.individual_digits === true ? "digits" : "digit-runs";
    case "Punctuation":
      return step.behavior === "Contiguous" ? "punctuation" : undefined;
    case "Split": {
      const { Regex: regex } = (step.pattern ?? {}) as Settings;
      if (typeof regex !== "string") return undefined;
      const pattern = plainPattern(regex);
      // An expression that matches every character leaves nothing between its matches.
      const isWhole = pattern === "gpt2" || pattern.endsWith(String.raw`|\s+`);
      if (step.behavior === "Isolated" && step.invert !== true) return pattern;
      return step.behavior === "Removed" && step.invert === true && isWhole ? pattern : undefined;
    }
    default:
      return undefined;
  }
}

/** The rows of the table for a pre-tokenizer: none where llama.cpp cuts no text so. */
export function cutsFor(pre: unknown): readonly WordCut[] {
  const own = wordSteps(pre);
  return own === undefined
    ? []
    : wordCuts.filter(({ steps }) => steps.length === own.length && steps.every((step, i) => step === own[i]));
}
