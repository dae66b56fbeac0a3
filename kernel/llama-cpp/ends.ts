/** The tokens that a post-processor of tokenizer.json puts before and behind a text, and how GGUF states them: one token at each end at most, the
 *  "bos" before, the "eos" behind. */
import type { GgufMetadataInput } from "../formats/gguf/values";
import { refuseTokenizer, type Settings } from "./tokenizer-json";

/** The numbers of the tokens at the ends of a text. */
export interface Ends {
  readonly before: readonly number[];
  readonly behind: readonly number[];
}

const none: Ends = { before: [], behind: [] };

/** What a post-processor adds to a single text. `UnsupportedError` for a post-processor of another kind. */
export function endsOf(kind: string, post: unknown, texts: readonly string[]): Ends {
  if (typeof post !== "object" || post === null) return none;
  const settings = post as Settings;
  switch (settings.type) {
    case "ByteLevel":
      return none;
    case "Sequence": {
      const inner = (Array.isArray(settings.processors) ? settings.processors : []).map((one) =>
        endsOf(kind, one, texts),
      );
      return { before: inner.flatMap(({ before }) => before), behind: inner.flatMap(({ behind }) => behind) };
    }
    case "BertProcessing":
    case "RobertaProcessing":
      return { before: [pairId(kind, settings.cls)], behind: [pairId(kind, settings.sep)] };
    case "TemplateProcessing":
      return templateEnds(kind, settings, texts);
    default:
      return refuseTokenizer(kind, `with the post-processor ${JSON.stringify(settings.type)}`);
  }
}

/** The number in [text, number]. */
function pairId(kind: string, pair: unknown): number {
  const [, id] = Array.isArray(pair) ? (pair as unknown[]) : [];
  return typeof id === "number"
    ? id
    : refuseTokenizer(kind, `whose post-processor has the token ${JSON.stringify(pair)}`);
}

function templateEnds(kind: string, { single, special_tokens: named }: Settings, texts: readonly string[]): Ends {
  const parts = (Array.isArray(single) ? single : []) as ({ SpecialToken?: { id?: unknown } } | null)[];
  const at = parts.findIndex((part) => part?.SpecialToken === undefined);
  if (at < 0) refuseTokenizer(kind, `whose template is ${JSON.stringify(single)}`);
  const idsOf = (some: typeof parts): number[] =>
    some.flatMap((part) => {
      const name = String(part?.SpecialToken?.id);
      const own = (named as Record<string, { ids?: unknown } | undefined> | undefined)?.[name]?.ids;
      if (Array.isArray(own)) return own as number[];
      const id = texts.indexOf(name);
      return id >= 0 ? [id] : refuseTokenizer(kind, `whose template has the unknown token ${JSON.stringify(name)}`);
    });
  return { before: idsOf(parts.slice(0, at)), behind: idsOf(parts.slice(at + 1)) };
}

const bosKey = "tokenizer.ggml.bos_token_id";
const eosKey = "tokenizer.ggml.eos_token_id";

/** What GGUF says of the ends. */
export interface WrittenEnds {
  readonly addsBos: boolean;
  readonly addsEos: boolean;
  /** The numbers of the two tokens, where a text gets them. */
  readonly ids: GgufMetadataInput;
}

/** The ends as GGUF states them. Where tokenizer_config.json says `add_bos_token` or `add_eos_token`, that holds, as in transformers; else what
 *  tokenizer.json does. `special`: the numbers of the special tokens by GGUF's keys. `UnsupportedError` for two tokens at one end, and for
 *  another token than the special one of that end. */
export function writtenEnds(
  kind: string,
  post: unknown,
  settings: Settings,
  texts: readonly string[],
  special: GgufMetadataInput,
): WrittenEnds {
  const words = [settings.add_bos_token, settings.add_eos_token];
  if (words.some((word) => typeof word === "boolean")) {
    const [addsBos, addsEos] = words.map((word, i) => word === true && special[[bosKey, eosKey][i]] !== undefined);
    return { addsBos, addsEos, ids: {} };
  }
  const { before, behind } = endsOf(kind, post, texts);
  const ids: Record<string, unknown> = {};
  for (const [key, found, roles] of [
    [bosKey, before, ["bos_token", "cls_token"]],
    [eosKey, behind, ["eos_token", "sep_token"]],
  ] as const) {
    if (found.length === 0) continue;
    const [id] = found;
    const isNamed =
      special[key] === undefined || special[key] === id || roles.some((role) => textOf(settings[role]) === texts[id]);
    if (found.length > 1 || !isNamed)
      refuseTokenizer(kind, `that adds ${found.map((one) => JSON.stringify(texts[one])).join(" ")} to a text`);
    ids[key] = id;
  }
  return { addsBos: before.length > 0, addsEos: behind.length > 0, ids };
}

/** The text of a token in tokenizer_config.json: itself, or the content of an object. */
export function textOf(token: unknown): string | undefined {
  const text = typeof token === "object" && token !== null ? (token as { content?: unknown }).content : token;
  return typeof text === "string" ? text : undefined;
}
