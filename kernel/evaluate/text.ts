/** The text that a network is measured on: its tokens, its hash, its windows. */
import { createHash } from "node:crypto";
import { OptionError } from "../errors";
import { describe } from "../options";
import type { Model } from "../tensor/model";
import type { Runner } from "../threads/runner";
import type { TokenizerPlace } from "./tokens/encode";
import { tokenizerOfGguf } from "./tokens/from-gguf";
import { tasks } from "./wasm/tasks";

/** A text in the tokens of a model. */
export interface TokenizedText {
  /** With the token before it with which texts begin, where the tokenizer puts one. */
  readonly tokens: Int32Array;
  readonly begin: number | undefined;
  readonly sha256: string;
  readonly bytes: number;
  readonly characters: number;
}

async function placeOf(model: Model, method: string): Promise<TokenizerPlace> {
  if (model.folder !== undefined) return { folder: model.folder };
  if (model.metadata["tokenizer.ggml.model"] !== undefined)
    return { ...tokenizerOfGguf(model), key: await model.sha256() };
  throw new OptionError(
    `${method}(): ${model.name} was opened neither from a folder with a tokenizer.json nor from a GGUF file with a tokenizer; without one a text has no tokens`,
  );
}

/** The tokens of a text by the tokenizer.json in the model's folder, or the tokenizer of a GGUF file. `OptionError` without one, or for a text that is empty or no text. With
 *  `isInput` the tokens are those of an input as the network was trained with: with all that the tokenizer puts around it. */
export async function tokenize(
  model: Model,
  text: string,
  method: string,
  runner: Runner,
  isInput = false,
): Promise<TokenizedText> {
  if (typeof text !== "string" || text === "")
    throw new OptionError(`${method}(): the text is ${text === "" ? "empty" : describe(text)}; it is a string`);
  const place = await placeOf(model, method);
  const encode = (one: string, special: boolean) =>
    runner.run(tasks, "tokens", { place, text: one, special }, [], "the text's tokens");
  if (isInput) return told(text, await encode(text, true), undefined);
  const [tokens, plain, marked] = await Promise.all([encode(text, false), encode("a", false), encode("a", true)]);
  const begin = marked.length > plain.length && marked[0] !== plain[0] ? marked[0] : undefined;
  return told(text, begin === undefined ? tokens : Int32Array.from([begin, ...tokens]), begin);
}

function told(text: string, tokens: Int32Array, begin: number | undefined): TokenizedText {
  return {
    ...{ tokens, begin },
    sha256: createHash("sha256").update(text, "utf8").digest("hex"),
    bytes: Buffer.byteLength(text, "utf8"),
    characters: [...text].length,
  };
}
