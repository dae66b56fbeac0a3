/** Added tokens: those that are cut out of a text before anything else. tokenizers takes the leftmost, of several the longest, and may take
 *  the white space beside it as well. llama.cpp takes the longest token first, wherever it stands, and takes white space for a few networks
 *  only, which it knows by name. What would come out otherwise is refused.
 *
 *  Source: ggml-org/llama.cpp v0.5.0, src/llama-vocab.cpp (tokenizer_st_partition, "Handle per token attributes"). */
import { pieceTypes } from "./sentencepiece-model";
import { refuseTokenizer, type AddedToken, type Tokens } from "./tokenizer-json";

/** A rule by which llama.cpp takes white space beside markup: none; before "<mask>", which `tokenizer.ggml.pre` turns on; behind all markup but
 *  three tokens, as Phi-3 has it; before "[MASK]", as ModernBERT has it. `general.name` turns on the last two. */
export type Strips = "none" | "mask" | "phi-3" | "modern-bert";

/** Tokens of Phi-3 behind which white space stays. */
const phiKeeps = ["<unk>", "<s>", "<|endoftext|>"];

/** The rule that these tokens follow. `UnsupportedError` where llama.cpp has none for them. */
export function stripsOf(kind: string, added: readonly AddedToken[], { texts, types }: Tokens): Strips {
  const lone = added.find(({ single_word: isWord }) => isWord === true);
  if (lone) refuseTokenizer(kind, `whose added token ${JSON.stringify(lone.content)} has single_word`);
  const left = added.filter(({ lstrip }) => lstrip === true);
  const right = added.filter(({ rstrip }) => rstrip === true);
  if (left.length + right.length === 0) return "none";
  if (right.length === 0 && left.length === 1) {
    if (left[0].content === "<mask>") return "mask";
    if (left[0].content === "[MASK]") return "modern-bert";
  }
  const isPhi =
    left.length === 0 &&
    added.every(({ content, rstrip = false }) => rstrip !== phiKeeps.includes(content)) &&
    [...phiKeeps, "</s>"].every((text) => texts.includes(text)) &&
    texts.every((text, i) => types[i] !== pieceTypes.unknown || phiKeeps.includes(text));
  if (isPhi) return "phi-3";
  const [first] = [...left, ...right];
  return refuseTokenizer(
    kind,
    `whose added token ${JSON.stringify(first.content)} has ${first.lstrip === true ? "lstrip" : "rstrip"}`,
  );
}

/** The note that of the white space beside markup llama.cpp takes ASCII's only; `where`: "before <mask>". */
export function asciiSpaces(where: string): string {
  return `llama.cpp takes away ASCII's white space ${where} only`;
}

/** Words in `general.name` by which llama.cpp takes white space beside markup. */
const nameWords = /phi-?3|modern-bert/gi;

/** `name` with the word that llama.cpp needs in it, and without those that it must not find there. */
export function nameWith(name: string, word: string | undefined): string {
  if (word !== undefined && name.toLowerCase().includes(word)) return name;
  const plain = name.replace(nameWords, (found) => (found.toLowerCase() === "modern-bert" ? "modern bert" : "phi 3"));
  return word === undefined ? plain : `${word} ${plain}`;
}

/** Refuses added tokens that may overlap in a text, so that it matters which is looked for first; those of one character repeated, such as runs
 *  of spaces, come out alike. Also those that hold one another and are looked for at different times. */
export function checkOverlaps(kind: string, added: readonly AddedToken[]): void {
  const beginnings = new Map<string, string[]>();
  for (const { content } of added)
    for (let end = 1; end < content.length; end++) {
      const start = content.slice(0, end);
      const known = beginnings.get(start);
      if (known) known.push(content);
      else beginnings.set(start, [content]);
    }
  for (const { content } of added)
    for (let at = 1; at < content.length; at++) {
      const other = beginnings
        .get(content.slice(at))
        ?.find((one) => one !== content && !(isRun(one) && isRun(content)));
      if (other !== undefined)
        refuseTokenizer(kind, `whose added tokens ${JSON.stringify(content)} and ${JSON.stringify(other)} may overlap`);
    }
  const late = added.filter(({ normalized }) => normalized === true);
  const early = added.filter(({ normalized }) => normalized !== true);
  for (const one of late) {
    const inner = early.find(({ content }) => content !== one.content && one.content.includes(content));
    if (inner)
      refuseTokenizer(
        kind,
        `that looks for the added token ${JSON.stringify(inner.content)} before ${JSON.stringify(one.content)}, which holds it,`,
      );
  }
}

function isRun(text: string): boolean {
  const [first = ""] = text;
  return text === first.repeat(text.length / (first.length || 1));
}

/** Texts that llama.cpp takes for markup whatever the file says of them: ends of a turn, and parts of a text to be filled in. */
const markup = new Set(
  [
    "<|eot_id|> <|im_end|> <|end|> <end_of_turn> <|endoftext|> <|end_of_text|> <EOT> _<EOT> [EOT] <｜end▁of▁sentence｜> <end_of_utterance>",
    "<|eom_id|> <|fim_prefix|> <fim-prefix> <fim_prefix> <｜fim▁begin｜> <PRE> ▁<PRE> <|code_prefix|> <|prefix|> <|fim_suffix|> <fim-suffix>",
    "<fim_suffix> <｜fim▁hole｜> <SUF> ▁<SUF> <|code_suffix|> <|suffix|> <|fim_middle|> <fim-middle> <fim_middle> <｜fim▁end｜> <MID> ▁<MID>",
    "<|code_middle|> <|middle|> <|fim_pad|> <fim-pad> <fim_pad> <PAD> [PAD] <|fim_repo|> <|repo_name|> <fim-repo> <REPO> <reponame>",
    "<|file_sep|> <|return|> <|call|> <|flush|> <|calls|> </s> [EOS] <eos> <turn|> <|tool_response> [e~[ <|channel|> <|message|> <|start|>",
    "<|constrain|>",
  ].flatMap((line) => line.split(" ")),
);

/** Refuses a plain token that llama.cpp takes for markup and cuts out of a text. `texts` as GGUF has them. */
export function checkMarkup(kind: string, texts: readonly string[], types: readonly number[]): void {
  const at = texts.findIndex((text, i) => types[i] === pieceTypes.normal && markup.has(text));
  if (at >= 0) refuseTokenizer(kind, `whose plain token ${JSON.stringify(texts[at])} llama.cpp takes for markup`);
}

/** Refuses tokens that are looked for behind a normalizer, in a text that it has changed; `isHarmless`: kinds of steps that change no token. */
export function checkNormalized(
  kind: string,
  added: readonly AddedToken[],
  normalizer: readonly { readonly type?: unknown }[],
  isHarmless: (type: unknown) => boolean,
): void {
  const step = normalizer.find(({ type }) => !isHarmless(type));
  const token = added.find(({ normalized, special }) => normalized === true && !special);
  if (step && token)
    refuseTokenizer(
      kind,
      `whose added token ${JSON.stringify(token.content)} is looked for behind ${JSON.stringify(step.type)}`,
    );
}
