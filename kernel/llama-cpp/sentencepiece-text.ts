/** What a SentencePiece tokenizer does to a text besides merging: markup that is cut out, the space before it, the tokens at its ends. */
import type { GgufMetadataInput } from "../formats/gguf/values";
import { stepsOf, type AddedToken, type Settings } from "./tokenizer-json";
import { refuse, space, type Vocabulary } from "./vocabulary";

/** The texts of all tokens as llama.cpp looks for them in the text that it is given. tokenizers looks for some added tokens in the text
 *  behind its normalizer, which has made spaces "▁": these get their spaces back. */
export function addedTexts(
  texts: readonly string[],
  added: readonly AddedToken[],
  normalizer: readonly Settings[],
): string[] {
  const own = [...texts];
  for (const { id, content, special, normalized, ...rest } of added) {
    for (const key of ["lstrip", "rstrip", "single_word"] as const)
      if (rest[key] === true) refuse(`whose added token ${JSON.stringify(content)} has ${key}`);
    if (special || normalized !== true || normalizer.length === 0) continue;
    if (normalizer.some(({ type }) => type !== "Replace"))
      refuse(`whose added token ${JSON.stringify(content)} is looked for behind ${JSON.stringify(normalizer[0].type)}`);
    own[id] = content.replaceAll(space, " ");
  }
  return own;
}

/** True where the tokenizer reads a text as if a space stood before it. Refuses steps that llama.cpp does not have. */
export function addsSpace({ normalizer, pre_tokenizer: pre }: Settings, vocabulary: Vocabulary): boolean {
  const [steps, cuts] = [stepsOf(normalizer), stepsOf(pre)];
  const kinds = steps.map(normalizerKind);
  const [metaspace] = cuts;
  if (kinds.includes("other") || cuts.length > 1) refuse(described(normalizer, pre));
  const prepends = kinds.includes("prepends");
  const doubles = kinds.includes("doubles");
  if (metaspace === undefined) {
    if (!kinds.includes("replaces") || doubles) refuse(described(normalizer, pre));
    return prepends;
  }
  const {
    type,
    replacement,
    prepend_scheme: scheme = metaspace.add_prefix_space === false ? "never" : "always",
  } = metaspace;
  if (type !== "Metaspace" || replacement !== space || !["first", "always", "never"].includes(String(scheme)))
    refuse(described(normalizer, pre));
  if (doubles && (prepends || scheme !== "always")) refuse(described(normalizer, pre));
  if (metaspace.split !== false)
    for (const text of vocabulary.ids.keys())
      if (text.includes(space, 1)) refuse(`that cuts at every space and has the token ${JSON.stringify(text)}`);
  return prepends || scheme !== "never";
}

function described(normalizer: unknown, pre: unknown): string {
  const steps = JSON.stringify({ normalizer, pre_tokenizer: pre });
  return `that prepares text so: ${steps.slice(0, 300)}`;
}

/** What a step of the normalizer does: it puts "▁" before a text, makes every space "▁", or doubles a "▁" at the beginning. transformers 5
 *  writes the last for a tokenizer.model, because a Metaspace step puts no "▁" before a text that begins with one. */
function normalizerKind({ type, prepend, pattern, content }: Settings): "prepends" | "replaces" | "doubles" | "other" {
  if (type === "Prepend" && prepend === space) return "prepends";
  if (type !== "Replace") return "other";
  const { String: literal, Regex: regex } = (pattern ?? {}) as Settings;
  if (literal === " " && content === space) return "replaces";
  return regex === `\\A${space}` && content === space + space ? "doubles" : "other";
}

/** Whether a text gets the token that begins, and the one that ends, a text. Where tokenizer_config.json says so, that holds; else the
 *  template of tokenizer.json does. */
export function addedEnds(
  post: unknown,
  settings: Settings,
  texts: readonly string[],
  special: GgufMetadataInput,
): GgufMetadataInput {
  const ids = [special["tokenizer.ggml.bos_token_id"], special["tokenizer.ggml.eos_token_id"]];
  const words = [settings.add_bos_token, settings.add_eos_token];
  const isSaid = words.some((word) => typeof word === "boolean");
  const [bos, eos] = isSaid
    ? words.map((word, i) => word === true && ids[i] !== undefined)
    : templateEnds(post).map((names, i) => {
        if (names.length > 0 && (names.length > 1 || texts[ids[i] as number] !== names[0]))
          refuse(`that adds ${names.map((name) => JSON.stringify(name)).join(" ")} to a text`);
        return names.length > 0;
      });
  return { "tokenizer.ggml.add_bos_token": bos, "tokenizer.ggml.add_eos_token": eos };
}

/** The names of the tokens before and behind a text in the template of a post-processor. */
function templateEnds(post: unknown): [before: string[], behind: string[]] {
  if (typeof post !== "object" || post === null) return [[], []];
  const { type, single, processors } = post as Settings;
  const inner: unknown[] = type === "Sequence" && Array.isArray(processors) ? processors : [];
  if (inner.length === 1) return templateEnds(inner[0]);
  if (type !== "TemplateProcessing" || !Array.isArray(single))
    return refuse(`with the post-processor ${JSON.stringify(type)}`);
  const names = single.map((part: { SpecialToken?: { id?: unknown } | null } | null) => part?.SpecialToken?.id);
  const at = names.indexOf(undefined);
  return [names.slice(0, at).map(String), names.slice(at + 1).map(String)];
}
