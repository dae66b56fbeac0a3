/** Tokens of a text by the tokenizer.json of a model's folder. Ids are those of Python's `tokenizers`, which reads the same file. */
import { join } from "node:path";
import type * as Tokenizers from "@huggingface/tokenizers" with { "resolution-mode": "import" };
import { OptionError } from "../../errors";
import { readJsonFile } from "../../formats/config";

// The package has a CommonJS form beside the one that its types are of.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const { Tokenizer } = require("@huggingface/tokenizers") as typeof Tokenizers;
type Tokenizer = Tokenizers.Tokenizer;

const known = new Map<string, Promise<Tokenizer>>();

async function readTokenizer(folder: string): Promise<Tokenizer> {
  const rules = await readJsonFile(join(folder, "tokenizer.json"));
  if (!rules) throw new OptionError(`${folder} has no tokenizer.json, without which a text has no tokens`);
  const settings = (await readJsonFile(join(folder, "tokenizer_config.json"))) ?? {};
  return new Tokenizer(rules, settings);
}

/** The tokenizer of a folder, read once a thread. */
export function tokenizerIn(folder: string): Promise<Tokenizer> {
  const found = known.get(folder) ?? readTokenizer(folder);
  known.set(folder, found);
  found.catch(() => known.delete(folder));
  return found;
}

/** The ids of a text, with the tokens that the tokenizer puts around it where `special`. */
export async function encodeText(folder: string, text: string, special: boolean): Promise<number[]> {
  const tokenizer = await tokenizerIn(folder);
  return text === "" && !special ? [] : tokenizer.encode(text, { add_special_tokens: special }).ids;
}
