/** How well a language model foretells a text: perplexity, bits per byte, bits per character. */
import { OptionError } from "../errors";
import { currentHost, type Progress } from "../host";
import { checkNumber, checkOptionNames } from "../options";
import type { Model } from "../tensor/model";
import { defaultWorkers } from "../threads/pool";
import { Runner } from "../threads/runner";
import type { Displayed } from "../static/display";
import { engineOf, type Engine } from "./engine";
import { shownScore } from "./forms";
import { headOf, statesOf } from "./forward";
import { interval, meanOf, type WindowSums } from "./intervals";
import type { TextScore } from "./results";
import { tokenize, type TokenizedText } from "./text";
import { protocolName, windowsOf, type Protocol, type Window } from "./windows";
import { tasks } from "./wasm/tasks";

/** How a text is measured. */
export interface EvaluateOptions {
  /** How the text is cut and what is scored; "llama.cpp-512" unless told. */
  readonly protocol?: Protocol;
  /** The first so many windows only; all unless told. */
  readonly windows?: number;
  /** "auto" unless told, which is "wasm": Codebook's own engine. */
  readonly engine?: "auto" | "wasm";
  /** Threads that work at a time, 1–64; one for each core unless told, 8 at most. The result does not depend on it. */
  readonly workers?: number;
  /** Stops the work; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** Told at most ten times a second; by default the running cell shows a bar. */
  readonly onProgress?: (progress: Progress) => void;
}

/** The names of `EvaluateOptions`. */
export const evaluateOptionNames = ["protocol", "windows", "engine", "workers", "signal", "onProgress"] as const;

/** What a measure works with. */
export interface Prepared {
  /** Threads and the signal. */
  readonly runner: Runner;
  /** What computes. */
  readonly engine: Engine;
  /** The text in tokens. */
  readonly text: TokenizedText;
  /** The protocol's name. */
  readonly protocol: string;
  /** The text cut. */
  readonly windows: readonly Window[];
}

/** Checks options, and cuts the text. */
export async function prepare(
  model: Model,
  text: string,
  options: EvaluateOptions,
  method: string,
  usual: Protocol = "llama.cpp-512",
): Promise<Prepared> {
  checkOptionNames(method, options, evaluateOptionNames);
  const { protocol = usual, windows: most, workers = defaultWorkers(), signal = currentHost().signal } = options;
  const engine = engineOf(options.engine, method);
  if (most !== undefined) checkNumber(method, "windows", most, { integer: true, minimum: 1, maximum: Infinity });
  checkNumber(method, "workers", workers, { integer: true, minimum: 1, maximum: 64 });
  const runner = new Runner(workers, signal);
  const tokenized = await tokenize(model, text, method, runner);
  const windows = windowsOf(tokenized.tokens, protocol, tokenized.begin).slice(0, most);
  return { runner, engine, text: tokenized, protocol: protocolName(protocol), windows };
}

/** The rows whose next token is scored, and that token, window after window. */
export function scoredRows(windows: readonly Window[]): {
  rows: Int32Array;
  targets: Int32Array;
  counts: Float64Array;
} {
  const counts = Float64Array.from(windows, ({ from, to }) => to - from);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const [rows, targets] = [new Int32Array(total), new Int32Array(total)];
  let [at, start] = [0, 0];
  for (const { tokens, from, to } of windows) {
    for (let i = from; i < to; i++) {
      rows[at] = start + i - 1;
      targets[at++] = tokens[i];
    }
    start += tokens.length;
  }
  return { rows, targets, counts };
}

/** Parts of the scored rows for the threads. */
export function rowShares(rows: Int32Array, workers: number): { from: number; to: number }[] {
  const size = Math.ceil(rows.length / workers);
  return Array.from({ length: Math.ceil(rows.length / size) }, (_, i) => {
    return { from: i * size, to: Math.min(rows.length, (i + 1) * size) };
  });
}

/** Sums per window of one number a scored token. */
export function perWindow(values: Float64Array, counts: Float64Array): WindowSums & { readonly sums: Float64Array } {
  const sums = new Float64Array(counts.length);
  let at = 0;
  for (let window = 0; window < counts.length; window++)
    for (const end = at + counts[window]; at < end; at++) sums[window] += values[at];
  return { sums, counts };
}

async function score(model: Model, prepared: Prepared, onProgress: EvaluateOptions["onProgress"]): Promise<TextScore> {
  const { runner, engine, text, protocol, windows } = prepared;
  const { network, values } = await statesOf(
    model,
    windows.map(({ tokens }) => tokens),
    { runner, onProgress },
  );
  const head = await headOf(model, network, runner);
  const { rows, targets, counts } = scoredRows(windows);
  const parts = await runner.each(rowShares(rows, runner.workers), ({ from, to }) =>
    runner.run(
      tasks,
      "judge",
      { head, states: values, rows: rows.slice(from, to), targets: targets.slice(from, to) },
      [],
      "the head",
    ),
  );
  const nats = new Float64Array(rows.length);
  let at = 0;
  for (const part of parts) for (const logarithm of part) nats[at++] = -logarithm;
  const sums = perWindow(nats, counts);
  const mean = meanOf(sums);
  const range = interval(windows.length, (times) => Math.exp(meanOf(sums, times)));
  return {
    perplexity: Math.exp(mean),
    ...(range && { interval: range }),
    bits: (mean * rows.length) / Math.LN2,
    scored: rows.length,
    windows: windows.length,
    tokens: text.tokens.length,
    ...{ protocol, engine, model: model.name },
    text: { sha256: text.sha256, bytes: text.bytes, characters: text.characters },
    perWindow: { sums: [...sums.sums], counts: [...counts] },
  };
}

/** The perplexity of a language model on a text: e to the mean of −ln p over the scored tokens. The model is a folder of a known kind with
 *  tokenizer.json, or what `compress` made of one. Memory: the states of the text (4·width bytes a token), the weights of one block, and the head
 *  for each thread. `OptionError` for a text that is too short and for what the model has not, `UnsupportedError` for a network that is not run,
 *  `NonFiniteError`, which names the block, where the network computes a NaN. */
export async function perplexity(
  model: Model,
  text: string,
  options: EvaluateOptions = {},
): Promise<TextScore & Displayed> {
  return shownScore(await score(model, await prepare(model, text, options, "perplexity"), options.onProgress));
}

/** Protocols that score every token of the text but the first. */
const everyToken: Protocol = { context: 512, stride: 256, scored: "all" };

/** What a coder with the model's probabilities would spend, Σ −log₂ p over all tokens but the first, by byte of the text in UTF-8. Windows of 512
 *  tokens, one every 256, unless told; "llama.cpp-512" is refused, since it scores half of the tokens. */
export async function bitsPerByte(model: Model, text: string, options: EvaluateOptions = {}): Promise<number> {
  const found = await wholeScore(model, text, options, "bitsPerByte");
  return found.bits / found.text.bytes;
}

/** The same by character (Unicode code point). */
export async function bitsPerCharacter(model: Model, text: string, options: EvaluateOptions = {}): Promise<number> {
  const found = await wholeScore(model, text, options, "bitsPerCharacter");
  return found.bits / found.text.characters;
}

async function wholeScore(model: Model, text: string, options: EvaluateOptions, method: string): Promise<TextScore> {
  const prepared = await prepare(model, text, options, method, everyToken);
  const wanted = prepared.text.tokens.length - 1;
  const { counts } = scoredRows(prepared.windows);
  const scored = counts.reduce((sum, count) => sum + count, 0);
  if (scored !== wanted)
    throw new OptionError(
      `${method}(): ${scored} of ${wanted} tokens would be scored; bits by ${method === "bitsPerByte" ? "byte" : "character"} need all of them: take protocol { context, stride } and no limit of windows`,
    );
  return score(model, prepared, options.onProgress);
}
