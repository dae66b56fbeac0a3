/** Which inputs of a matrix count: mean squares of what the network gives it on texts, as llama.cpp's imatrix has them. */
import { OptionError } from "../errors";
import type { ImportanceByName } from "../formats/imatrix";
import { currentHost } from "../host";
import { checkNumber, checkOptionNames, describe } from "../options";
import type { Model } from "../tensor/model";
import { defaultWorkers } from "../threads/pool";
import { Runner } from "../threads/runner";
import type { Block, Linear } from "./architectures/network";
import { engineOf, type Engine } from "./engine";
import { Pass } from "./forward";
import type { EvaluateOptions } from "./perplexity";
import { tokenize } from "./text";
import type { InputSquares } from "./wasm/machine";

/** Options of `calibrate`. */
export interface CalibrateOptions extends Pick<EvaluateOptions, "engine" | "workers" | "signal" | "onProgress"> {
  /** Tokens of a window, 512 unless told, or the network's context where that is shorter; what is left of a text at its end is dropped, but for
   *  texts that are shorter. */
  readonly context?: number;
  /** Windows at most, over all texts; all unless told. */
  readonly windows?: number;
}

/** What `calibrate` found. */
export interface Calibration {
  /** By the name of each matrix of the blocks: mean x² of every input over all tokens, for the option `importance` of `ggml`. */
  readonly importance: ImportanceByName;
  /** Tokens that the means are over. */
  readonly tokens: number;
  /** Windows of the texts. */
  readonly windows: number;
  /** What computed. */
  readonly engine: Engine;
  /** The model's name. */
  readonly model: string;
  /** SHA-256 of each text's UTF-8 form. */
  readonly texts: readonly string[];
}

/** Mean squares of the inputs of every matrix in the blocks of a network, over texts by the model's tokenizer: `importance` of `ggml`, or a
 *  file by `writeImportance`. Sums run in float64 in the order of the texts, whatever the threads. Memory: the
 *  states of all windows (4·width bytes a token). Errors are those of `perplexity`. */
export async function calibrate(
  model: Model,
  texts: string | readonly string[],
  options: CalibrateOptions = {},
): Promise<Calibration> {
  const names = ["context", "windows", "engine", "workers", "signal", "onProgress"];
  checkOptionNames("calibrate", options, names);
  const { context, windows: most = Infinity, workers = defaultWorkers(), signal = currentHost().signal } = options;
  const engine = engineOf(options.engine, "calibrate");
  checkNumber("calibrate", "workers", workers, { integer: true, minimum: 1, maximum: 64 });
  if (context !== undefined)
    checkNumber("calibrate", "context", context, { integer: true, minimum: 1, maximum: 2 ** 20 });
  if (most !== Infinity) checkNumber("calibrate", "windows", most, { integer: true, minimum: 1, maximum: 2 ** 31 });
  const list: readonly unknown[] = typeof texts === "string" ? [texts] : texts;
  if (!Array.isArray(list) || list.length === 0)
    throw new OptionError(`calibrate(): the texts are ${describe(texts)}; they are a text or a list of texts`);
  const runner = new Runner(workers, signal);
  const tokenized = [];
  for (const text of list) tokenized.push(await tokenize(model, text as string, "calibrate", runner));
  const windows = tokenized.flatMap(({ tokens }) => cut(tokens, context ?? 512)).slice(0, most);
  const pass = await Pass.begin(model, windows, { runner, onProgress: options.onProgress });
  const importance: Record<string, Float32Array> = {};
  const tokens = windows.reduce((sum, { length }) => sum + length, 0);
  while (pass.isUnfinished) {
    const block = pass.network.blocks[pass.done];
    const found = await pass.advance(true);
    for (const [tensor, part] of inputsOf(block)) {
      // A fused matrix has one input for all its parts.
      importance[tensor] ??= mean(found, part, tokens);
    }
  }
  return {
    ...{ importance, tokens, windows: windows.length, engine, model: model.name },
    texts: tokenized.map(({ sha256 }) => sha256),
  };
}

function cut(tokens: Int32Array, size: number): Int32Array[] {
  if (tokens.length <= size) return [tokens];
  return Array.from({ length: Math.floor(tokens.length / size) }, (_, i) => tokens.slice(i * size, (i + 1) * size));
}

/** Each matrix of a block, and which input it has. */
function inputsOf({ attention, feedForward }: Block): (readonly [string, keyof InputSquares])[] {
  const of = (part: keyof InputSquares, ...linears: readonly (Linear | undefined)[]) =>
    linears.flatMap((linear) => (linear ? [[linear.weight.tensor, part] as const] : []));
  return [
    ...of("attention", attention.query, attention.key, attention.value),
    ...of("out", attention.out),
    ...of("feedForward", feedForward.gate, feedForward.up),
    ...of("down", feedForward.down),
  ];
}

function mean(found: readonly InputSquares[], part: keyof InputSquares, tokens: number): Float32Array {
  const sums = new Float64Array(found[0]?.[part]?.length ?? 0);
  for (const squares of found) squares[part]?.forEach((value, i) => (sums[i] += value));
  return Float32Array.from(sums, (sum) => sum / tokens);
}
