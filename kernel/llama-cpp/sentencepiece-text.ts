/** What a SentencePiece tokenizer does to a text besides merging: markup that is cut out, the space before it. */
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
  for (const { id, content, special, normalized } of added)
    if (!special && normalized === true && normalizer.length > 0) own[id] = content.replaceAll(space, " ");
  return own;
}

/** How a text is prepared. */
export interface Preparation {
  /** True where the tokenizer reads a text as if a space stood before it. */
  readonly prepends: boolean;
  readonly notes: readonly string[];
}

/** How llama.cpp prepares a text as this tokenizer does. Refuses steps that llama.cpp does not have. */
export function preparation({ normalizer, pre_tokenizer: pre }: Settings, vocabulary: Vocabulary): Preparation {
  const [steps, cuts] = [stepsOf(normalizer), stepsOf(pre)];
  const kinds = steps.map(normalizerKind);
  // Gemma cuts at spaces that its normalizer has replaced before: nowhere.
  const [metaspace] = kinds.includes("replaces") ? cuts.filter((step) => !cutsAtSpaces(step)) : cuts;
  if (kinds.includes("other") || cuts.length > 1) refuse(described(normalizer, pre));
  const prepends = kinds.includes("prepends");
  const doubles = kinds.includes("doubles");
  if (metaspace === undefined) {
    if (!kinds.includes("replaces") || doubles) refuse(described(normalizer, pre));
    return { prepends, notes: [] };
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
  return {
    prepends: prepends || scheme !== "never",
    notes: [
      ...(scheme !== "never" && !doubles && !prepends
        ? ["llama.cpp puts a space before a text that begins with one too, the folder's tokenizer does not"]
        : []),
      ...(scheme === "first"
        ? ["llama.cpp puts a space before text behind markup, the folder's tokenizer does not"]
        : []),
    ],
  };
}

/** True for a step that cuts a text at " ", and at nothing else. */
function cutsAtSpaces({ type, pattern }: Settings): boolean {
  return type === "Split" && ((pattern ?? {}) as Settings).String === " ";
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
