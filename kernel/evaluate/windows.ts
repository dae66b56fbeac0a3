/** How a long text is cut into windows, and which of their tokens are scored. */
import { OptionError } from "../errors";
import { checkOptionNames, describe } from "../options";

/** What is scored and how.
 *  - "llama.cpp-512": windows of 512 tokens that do not overlap, the rest of the text is dropped, at least two; the second half of each is scored
 *    (255 tokens). Source: llama.cpp, tools/perplexity.
 *  - "gptq-2048": windows of 2,048, as the papers on GPTQ and its kin report; all tokens of a window but its first are scored.
 *  - `context`, `stride`: windows of `context` tokens, one every `stride`; each token but the first of the text is scored once, with at least
 *    `context − stride` tokens before it where the text has them. */
export type Protocol =
  "llama.cpp-512" | "gptq-2048" | { readonly context: number; readonly stride?: number; readonly scored?: "all" };

/** A window of tokens. */
export interface Window {
  /** Its tokens: the first of them may be the one with which texts begin. */
  readonly tokens: Int32Array;
  /** The first token that is scored, at least 1, and the one after the last. */
  readonly from: number;
  /** The token after the last that is scored. */
  readonly to: number;
}

/** What a protocol is called in reports. */
export function protocolName(protocol: Protocol): string {
  if (typeof protocol === "string") return protocol;
  return `context ${protocol.context}, stride ${protocol.stride ?? protocol.context}`;
}

/** The windows of a text. `begin`: the token with which texts begin, where the tokenizer puts one; it stands first in `tokens` then. */
export function windowsOf(tokens: Int32Array, protocol: Protocol, begin: number | undefined): Window[] {
  if (protocol === "llama.cpp-512") {
    const windows = whole(tokens, 512, protocol).map((window) => ({ tokens: window, from: 257, to: 512 }));
    if (windows.length < 2) throw tooShort(tokens.length, 1024, protocol);
    if (begin !== undefined) for (const window of windows) window.tokens[0] = begin;
    return windows;
  }
  if (protocol === "gptq-2048")
    return whole(tokens, 2048, protocol).map((window) => ({ tokens: window, from: 1, to: 2048 }));
  if (typeof protocol !== "object" || protocol === null)
    throw new OptionError(
      `protocol is ${describe(protocol)}; it is "llama.cpp-512", "gptq-2048", or { context, stride, scored: "all" }`,
    );
  checkOptionNames("protocol", protocol, ["context", "stride", "scored"]);
  const { context, stride = context } = protocol;
  if (!Number.isInteger(context) || context < 2)
    throw new OptionError(`protocol: context is ${describe(context)}; it is a whole number of tokens, at least 2`);
  if (!Number.isInteger(stride) || stride < 1 || stride > context)
    throw new OptionError(`protocol: stride is ${describe(stride)}; it is a whole number of tokens, 1 to ${context}`);
  if (protocol.scored !== undefined && protocol.scored !== "all")
    throw new OptionError(`protocol: scored is ${describe(protocol.scored)}; it is "all"`);
  return sliding(tokens, context, stride);
}

function sliding(tokens: Int32Array, context: number, stride: number): Window[] {
  if (tokens.length < 2) throw tooShort(tokens.length, 2, "every protocol");
  const windows: Window[] = [];
  for (let scored = 1; scored < tokens.length;) {
    // At least one token stands before the first that is scored.
    const first = Math.max(0, Math.min(scored - 1, scored + stride - context));
    const end = Math.min(tokens.length, windows.length === 0 ? context : Math.min(scored + stride, first + context));
    windows.push({ tokens: tokens.slice(first, end), from: scored - first, to: end - first });
    scored = end;
  }
  return windows;
}

function whole(tokens: Int32Array, size: number, protocol: string): Int32Array[] {
  const count = Math.floor(tokens.length / size);
  if (count === 0) throw tooShort(tokens.length, size, protocol);
  return Array.from({ length: count }, (_, i) => tokens.slice(i * size, (i + 1) * size));
}

function tooShort(length: number, least: number, protocol: string): OptionError {
  return new OptionError(
    `the text has ${length} tokens; ${protocol} needs at least ${least}. Take a longer text, or { context, stride }, which scores any`,
  );
}
