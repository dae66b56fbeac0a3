/** SentencePiece's BPE with bytes to fall back on, as llama.cpp reads it ("llama"): of a tokenizer.json, whose merges name the pairs that
 *  join, the scores by which llama.cpp chooses among neighbours that make a token.
 *
 *  llama.cpp joins any two neighbours that make a token, the highest score first, then the leftmost; tokenizers joins pairs that are
 *  merges, the lowest rank first. So every such pair has to be a merge, and scores have to fall from merge to merge, but for runs of
 *  spaces that both join alike. Those of tokenizer.model are taken where they do. Else a token has the score 0 − r, r the rank of the
 *  first merge that makes it, and 0 without one. Between merges to one token, which scores cannot order, llama.cpp takes the leftmost.
 *
 *  Two things remain otherwise. A Metaspace step puts no "▁" before a text that begins with a space or, "first", behind a token of
 *  markup; llama.cpp and SentencePiece put it there. And llama.cpp finds tokens of markup in the text as it was given, also those that
 *  tokenizers looks for behind its normalizer.
 *
 *  Sources: ggml-org/llama.cpp, src/llama-vocab.cpp (llm_tokenizer_spm), convert_hf_to_gguf.py; huggingface/tokenizers, Metaspace. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileSource } from "../bytes/source";
import { FormatError, UnsupportedError } from "../errors";
import { GgufValue, type GgufMetadataInput } from "../formats/gguf/values";
import { pieceTypes, readSentencePiece, type Piece, type SentencePieceModel } from "./sentencepiece-model";
import { addedTokens, stepsOf, type Settings, type Tokens } from "./tokenizer-json";

export interface SentencePieceFolder {
  readonly folder: string;
  /** Of tokenizer.json, whose content is `tokenizer`, with `model` in it. */
  readonly path: string;
  readonly tokenizer: Settings;
  readonly model: Settings;
  readonly tokens: Tokens;
  /** tokenizer_config.json */
  readonly settings: Settings;
  /** Numbers of special tokens, by GGUF's keys. */
  readonly special: GgufMetadataInput;
}

const space = "\u2581";

const cutOut: ReadonlySet<number> = new Set([pieceTypes.unknown, pieceTypes.control, pieceTypes.userDefined]);

/** A token's characters; the longest known have 64. */
const maxLength = 256;

/** The score that llama.cpp's converter gives to rows without a token. */
const unusedScore = -10_000;

interface Merge {
  readonly left: string;
  readonly right: string;
  /** The token that it makes. */
  readonly text: string;
}

export async function sentencePiecePairs(given: SentencePieceFolder): Promise<GgufMetadataInput> {
  const { folder, path, tokenizer, model, tokens, settings, special } = given;
  checkModel(model);
  const added = addedTokens(tokenizer);
  const types = typesOf(tokens, model);
  const file = join(folder, "tokenizer.model");
  const pieces = (await isFile(file)) ? await piecesOf(file, tokens, new Set(added.map(({ id }) => id)), types) : [];
  const vocabulary = new Vocabulary(tokens.texts, types);
  const merges = mergesOf(path, model.merges).filter(({ text }) => vocabulary.has(text));
  checkBytes(vocabulary);
  checkPairs(vocabulary, merges);
  const ranks = ranksOf(tokens, merges, types);
  const trained = ranks.map((rank, i) => pieces[i]?.score ?? rank);
  const scores = disorder(vocabulary, merges, trained) === undefined ? trained : ranks;
  const reason = disorder(vocabulary, merges, scores);
  if (reason !== undefined) refuse(reason);
  const texts = addedTexts(tokens.texts, added, stepsOf(tokenizer.normalizer));
  checkDistinct(texts);
  return {
    "tokenizer.ggml.model": "llama",
    "tokenizer.ggml.pre": "default",
    "tokenizer.ggml.tokens": new GgufValue("string", texts),
    "tokenizer.ggml.scores": new GgufValue("float32", scores),
    "tokenizer.ggml.token_type": new GgufValue("int32", types),
    "tokenizer.ggml.add_space_prefix": addsSpace(tokenizer, vocabulary),
    ...addedEnds(tokenizer.post_processor, settings, tokens.texts, special),
  };
}

function refuse(problem: string): never {
  throw new UnsupportedError(`saveGguf(): a SentencePiece tokenizer ${problem} is not written; llama.cpp has none`);
}

function checkModel(model: Settings): void {
  for (const key of ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "ignore_merges"])
    if (![undefined, null, false, "", 0].includes(model[key] as null))
      refuse(`with ${key} ${JSON.stringify(model[key])}`);
}

function typesOf({ texts, types }: Tokens, { unk_token: unknown }: Settings): number[] {
  return texts.map((text, i) => {
    if (text === unknown) return pieceTypes.unknown;
    return types[i] === pieceTypes.normal && /^<0x[0-9A-F]{2}>$/.test(text) ? pieceTypes.byte : types[i];
  });
}

function mergesOf(path: string, merges: unknown): Merge[] {
  if (!Array.isArray(merges)) throw new FormatError(path, 0, "the model has no merges", "a list of pairs");
  return merges.map((merge: unknown) => {
    const parts: unknown[] = typeof merge === "string" ? merge.split(" ") : Array.isArray(merge) ? merge : [];
    const [left, right] = parts;
    if (parts.length === 2 && typeof left === "string" && typeof right === "string" && left !== "" && right !== "")
      return { left, right, text: left + right };
    throw new FormatError(path, 0, `a merge is ${JSON.stringify(merge)}`, "a pair");
  });
}

/** Tokens whose merges lie between each other's share a score. */
function ranksOf({ texts }: Tokens, merges: readonly Merge[], types: readonly number[]): number[] {
  const ends = new Map(merges.map(({ text }, rank) => [text, rank]));
  const ranks = new Map<string, number>();
  let [first, end] = [0, -1];
  merges.forEach(({ text }, rank) => {
    if (rank > end) first = rank;
    end = Math.max(end, ends.get(text) ?? rank);
    if (!ranks.has(text)) ranks.set(text, first);
  });
  return texts.map((text, i) => {
    const rank = ranks.get(text);
    return rank === undefined && types[i] === pieceTypes.unused ? unusedScore : 0 - (rank ?? 0);
  });
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

async function readModel(path: string): Promise<SentencePieceModel> {
  const source = await fileSource(path);
  try {
    return await readSentencePiece(source);
  } finally {
    await source.close();
  }
}

/** The pieces of tokenizer.model by their numbers. Their types go into `types`, but for what tokenizer.json adds. */
async function piecesOf(
  file: string,
  { texts }: Tokens,
  added: ReadonlySet<number>,
  types: number[],
): Promise<readonly (Piece | undefined)[]> {
  const { pieces, modelType } = await readModel(file);
  if (modelType !== 2)
    refuse(`whose tokenizer.model is of kind ${modelType === 1 ? "unigram" : modelType} and tokenizer.json BPE`);
  return pieces.map((piece, i) => {
    if (added.has(i)) return undefined;
    if (piece.text !== texts[i])
      throw new UnsupportedError(
        `saveGguf(): token ${i} is ${JSON.stringify(piece.text)} in ${file} and ${JSON.stringify(texts[i])} in tokenizer.json; take away the file that is wrong`,
      );
    // What SentencePiece cuts out of a text, tokenizers cuts out as an added token only.
    types[i] = piece.type === pieceTypes.userDefined ? pieceTypes.normal : piece.type;
    return piece;
  });
}

/** Tokens that a text may come to by merging; the others are cut out of it before. */
class Vocabulary {
  readonly ids = new Map<string, number>();

  constructor(texts: readonly string[], types: readonly number[]) {
    texts.forEach((text, i) => {
      if (!cutOut.has(types[i])) this.ids.set(text, i);
    });
  }

  has(text: string): boolean {
    return this.ids.has(text);
  }

  /** What llama.cpp may hold as a symbol: a token, or a character by itself. */
  isSymbol(text: string): boolean {
    return this.has(text) || text.length === 1 || (text.length === 2 && (text.codePointAt(0) ?? 0) > 0xffff);
  }
}

function checkBytes(vocabulary: Vocabulary): void {
  for (let byte = 0; byte < 256; byte++) {
    const name = `<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`;
    if (!vocabulary.has(name)) refuse(`without the byte ${name}`);
  }
}

/** What keeps scores from ordering the merges as they are ordered: they have to fall, but for merges that make the same token, and for
 *  runs of one character among which both orders come to the same. */
function disorder(vocabulary: Vocabulary, merges: readonly Merge[], scores: readonly number[]): string | undefined {
  const groups = new Map<number, Merge[]>();
  let last = { text: "", score: Infinity };
  for (const merge of merges) {
    const { text } = merge;
    const score = Math.fround(scores[vocabulary.ids.get(text) ?? 0]);
    if (score > last.score)
      return `whose merge to ${JSON.stringify(text)} comes behind that to ${JSON.stringify(last.text)} and has a higher score`;
    const group = groups.get(score);
    if (group) group.push(merge);
    else groups.set(score, [merge]);
    last = { text, score };
  }
  for (const group of groups.values()) {
    const [{ text }] = group;
    const other = group.find((merge) => merge.text !== text);
    if (other && !areAlikeRuns(group, merges, (merge) => -scores[vocabulary.ids.get(merge.text) ?? 0]))
      return `whose merges to ${JSON.stringify(text)} and ${JSON.stringify(other.text)} have no order`;
  }
  return undefined;
}

/** Whether the tokens of a group are runs of one character, and rows of it are joined in the same way by rank and by `order`, each time
 *  the leftmost. Mistral 7B's runs of spaces, which share a score, are such. */
function areAlikeRuns(
  group: readonly Merge[],
  merges: readonly Merge[],
  order: (merge: Merge, rank: number) => number,
): boolean {
  const character = String.fromCodePoint(group[0].text.codePointAt(0) ?? 0);
  const isRun = ({ text }: Merge): boolean => text === character.repeat(text.length / character.length);
  if (!group.every(isRun)) return false;
  const runs = merges.filter(isRun);
  const longest = runs.reduce((most, { text }) => Math.max(most, text.length / character.length), 0);
  if (longest > 64) return false;
  const ordersOf = (by: (merge: Merge, rank: number) => number) =>
    new Map(runs.map((merge, rank) => [`${merge.left} ${merge.right}`, by(merge, rank)]));
  const [ranks, orders] = [ordersOf((_, rank) => rank), ordersOf(order)];
  return Array.from({ length: 3 * longest }, (_, n) => new Array<string>(n).fill(character)).every(
    (row) => joined(row, ranks) === joined(row, orders),
  );
}

/** The places at which a row is joined, one pair after the other: that of the lowest order, then the leftmost. */
function joined(characters: readonly string[], orders: ReadonlyMap<string, number>): string {
  const row = [...characters];
  const places: number[] = [];
  for (;;) {
    const all = row.slice(1).map((right, i) => orders.get(`${row[i]} ${right}`) ?? Infinity);
    const lowest = all.reduce((least, one) => Math.min(least, one), Infinity);
    if (lowest === Infinity) return places.join();
    const place = all.indexOf(lowest);
    row.splice(place, 2, row[place] + row[place + 1]);
    places.push(place);
  }
}

function checkPairs(vocabulary: Vocabulary, merges: readonly Merge[]): void {
  const cuts = new Map<string, Set<number>>();
  for (const { left, text } of merges) {
    const known = cuts.get(text);
    if (known) known.add(left.length);
    else cuts.set(text, new Set([left.length]));
  }
  for (const text of vocabulary.ids.keys()) {
    if (text.length > maxLength) refuse(`with a token of ${text.length} characters`);
    for (let at = 1; at < text.length; at++) {
      if (isInsideCharacter(text, at) || cuts.get(text)?.has(at)) continue;
      const [left, right] = [text.slice(0, at), text.slice(at)];
      if (vocabulary.isSymbol(left) && vocabulary.isSymbol(right))
        refuse(
          `that has ${JSON.stringify(text)} and no merge of ${JSON.stringify(left)} and ${JSON.stringify(right)} to it`,
        );
    }
  }
}

function isInsideCharacter(text: string, at: number): boolean {
  return (text.codePointAt(at - 1) ?? 0) > 0xffff;
}

/** Texts as they are looked for in what was given: behind a normalizer that makes spaces "▁", those of added tokens have "▁" for them. */
function addedTexts(
  texts: readonly string[],
  added: ReturnType<typeof addedTokens>,
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

function checkDistinct(texts: readonly string[]): void {
  const seen = new Map<string, number>();
  texts.forEach((text, i) => {
    const other = seen.get(text);
    if (other !== undefined) refuse(`whose tokens ${other} and ${i} are both ${JSON.stringify(text)}`);
    seen.set(text, i);
  });
}

/** Whether a text begins as if a space stood before it. */
function addsSpace({ normalizer, pre_tokenizer: pre }: Settings, vocabulary: Vocabulary): boolean {
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

/** "doubles" makes a Metaspace step put its "▁" also before a text that begins with one (transformers 5, for tokenizer.model). */
function normalizerKind({ type, prepend, pattern, content }: Settings): "prepends" | "replaces" | "doubles" | "other" {
  if (type === "Prepend" && prepend === space) return "prepends";
  if (type !== "Replace") return "other";
  const { String: literal, Regex: regex } = (pattern ?? {}) as Settings;
  if (literal === " " && content === space) return "replaces";
  return regex === `\\A${space}` && content === space + space ? "doubles" : "other";
}

/** Which tokens a text gets before and behind it. The words of tokenizer_config.json go before the template of tokenizer.json. */
function addedEnds(
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

function templateEnds(post: unknown): [before: string[], behind: string[]] {
  if (typeof post !== "object" || post === null) return [[], []];
  const { type, single, processors } = post as Settings;
  const inner: unknown[] = type === "Sequence" && Array.isArray(processors) ? processors : [];
  if (inner.length === 1) return templateEnds(inner[0]);
  if (type !== "TemplateProcessing" || !Array.isArray(single))
    return refuse(`with the post-processor ${JSON.stringify(type)}`);
  const names = single.map((part: { SpecialToken?: { id?: unknown } }) => part.SpecialToken?.id);
  const at = names.indexOf(undefined);
  return [names.slice(0, at).map(String), names.slice(at + 1).map(String)];
}
