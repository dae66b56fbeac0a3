/** How far the states inside a network drift from a reference's on the same inputs: works for networks that give no probabilities too. */
import { OptionError } from "../errors";
import { currentHost } from "../host";
import { checkNumber, checkOptionNames, describe } from "../options";
import type { Displayed } from "../static/display";
import type { Model } from "../tensor/model";
import { defaultWorkers } from "../threads/pool";
import { Runner } from "../threads/runner";
import { engineOf } from "./engine";
import { shownDrift } from "./forms";
import { Pass } from "./forward";
import { interval, meanOf } from "./intervals";
import type { EvaluateOptions } from "./perplexity";
import type { BlockDrift, Drift } from "./results";
import { tokenize } from "./text";

/** Options of `drift`: those of `perplexity` that fit. */
export type DriftOptions = Pick<EvaluateOptions, "engine" | "workers" | "signal" | "onProgress">;

/** Drift of a model's states from a reference's, block by block, on texts by the reference's tokenizer, each an input of its own with the tokens
 *  that the tokenizer puts around it. Memory: the states of both. Errors are those of `perplexity`. */
export async function drift(
  model: Model,
  reference: Model,
  inputs: string | readonly string[],
  options: DriftOptions = {},
): Promise<Drift & Displayed> {
  checkOptionNames("drift", options, ["engine", "workers", "signal", "onProgress"]);
  const { workers = defaultWorkers(), signal = currentHost().signal, onProgress } = options;
  const engine = engineOf(options.engine, "drift");
  checkNumber("drift", "workers", workers, { integer: true, minimum: 1, maximum: 64 });
  const texts: readonly unknown[] = typeof inputs === "string" ? [inputs] : inputs;
  if (!Array.isArray(texts) || texts.length === 0)
    throw new OptionError(`drift(): the inputs are ${describe(inputs)}; they are a text or a list of texts`);
  const runner = new Runner(workers, signal);
  const tokenized = [];
  for (const text of texts) tokenized.push(await tokenize(reference, text as string, "drift", runner, true));
  const sequences = tokenized.map(({ tokens }) => tokens);
  const own = await Pass.begin(model, sequences, { runner, onProgress });
  const other = await Pass.begin(reference, sequences, { runner, onProgress });
  const { width } = other.network;
  if (own.network.width !== width || own.network.blocks.length !== other.network.blocks.length)
    throw new OptionError(
      `drift(): ${model.name} has ${own.network.blocks.length} blocks of width ${own.network.width}, ${reference.name} ${other.network.blocks.length} of ${width}; their states are not compared`,
    );
  const blocks = [apart("embedding", own.values, other.values, width)];
  while (other.isUnfinished) {
    await other.advance();
    await own.advance();
    blocks.push(apart(other.network.blocks[other.done - 1].name, own.values, other.values, width));
  }
  const cosines = other.sequences.map(({ start, length }) =>
    cosine(pooled(own.values, start, length, width), pooled(other.values, start, length, width)),
  );
  const sums = { sums: cosines, counts: cosines.map(() => 1) };
  const range = interval(cosines.length, (times) => meanOf(sums, times));
  return shownDrift({
    blocks,
    output: blocks[blocks.length - 1],
    pooledCosine: { mean: meanOf(sums), ...(range && { interval: range }) },
    inputs: sequences.length,
    tokens: sequences.reduce((sum, { length }) => sum + length, 0),
    ...{ engine, model: model.name, reference: reference.name },
    texts: tokenized.map(({ sha256 }) => sha256),
  });
}

/** How far states (rows, width) are apart. */
export function apart(name: string, own: Float32Array, reference: Float32Array, width: number): BlockDrift {
  const rows = reference.length / width;
  let [cosines, signal, noise] = [0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const [a, b] = [own, reference].map((values) => values.subarray(row * width, (row + 1) * width));
    cosines += cosine(a, b);
    for (let i = 0; i < width; i++) {
      signal += b[i] * b[i];
      noise += (a[i] - b[i]) ** 2;
    }
  }
  return { name, cosine: cosines / rows, sqnrDb: noise === 0 ? null : 10 * Math.log10(signal / noise) };
}

function pooled(values: Float32Array, start: number, length: number, width: number): Float64Array {
  const mean = new Float64Array(width);
  for (let row = start; row < start + length; row++)
    for (let i = 0; i < width; i++) mean[i] += values[row * width + i] / length;
  return mean;
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, first, second] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    product += a[i] * b[i];
    first += a[i] * a[i];
    second += b[i] * b[i];
  }
  // Two states of zeros point the same way; one of them to none.
  if (first === 0 || second === 0) return first === second ? 1 : 0;
  return product / Math.sqrt(first * second);
}
