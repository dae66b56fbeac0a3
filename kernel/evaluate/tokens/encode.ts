/** Tokens of a text by the tokenizer.json of a model's folder, or by what a GGUF file says of its own. Ids are those of Python's `tokenizers`,
 *  which reads the same rules. */
import { join } from "node:path";
import type * as Tokenizers from "@huggingface/tokenizers" with { "resolution-mode": "import" };
import { OptionError } from "../../errors";
import { readJsonFile } from "../../formats/config";
import type { TokenizerRules } from "./from-gguf";

// The package has a CommonJS form beside the one that its types are of.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { Tokenizer } = require("@huggingface/tokenizers") as typeof Tokenizers;
type Tokenizer = Tokenizers.Tokenizer;

/** Where a tokenizer's rules are: a folder of files, or the rules themselves under a name of their own. */
export type TokenizerPlace = { readonly folder: string } | (TokenizerRules & { readonly key: string });

const known = new Map<string, Promise<Tokenizer>>();
/** Tokenizers that a thread keeps: their tables take tens of megabytes. */
const mostKept = 4;

async function readTokenizer(place: TokenizerPlace): Promise<Tokenizer> {
  if ("key" in place) return new Tokenizer(place.rules, place.settings);
  const { folder } = place;
  const rules = await readJsonFile(join(folder, "tokenizer.json"));
  if (!rules) throw new OptionError(`${folder} has no tokenizer.json, without which a text has no tokens`);
  const settings = (await readJsonFile(join(folder, "tokenizer_config.json"))) ?? {};
  return new Tokenizer(rules, settings);
}

function tokenizerAt(place: TokenizerPlace): Promise<Tokenizer> {
  const key = "key" in place ? place.key : place.folder;
  const found = known.get(key) ?? readTokenizer(place);
  known.delete(key);
  known.set(key, found);
  if (known.size > mostKept) known.delete(known.keys().next().value ?? "");
  found.catch(() => known.delete(key));
  return found;
}

/** The ids of a text, with the tokens that the tokenizer puts around it where `special`. */
export async function encodeText(place: TokenizerPlace, text: string, special: boolean): Promise<number[]> {
  const tokenizer = await tokenizerAt(place);
  return text === "" && !special ? [] : tokenizer.encode(text, { add_special_tokens: special }).ids;
}
