/** How far a model's probabilities are from a reference's on the same text. */
import { OptionError } from "../errors";
import type { Displayed } from "../static/display";
import type { Model } from "../tensor/model";
import type { Runner } from "../threads/runner";
import type { Network } from "./architectures/network";
import { shownDivergence } from "./forms";
import { headOf, statesOf } from "./forward";
import { interval, meanOf, percentile } from "./intervals";
import { perWindow, prepare, rowShares, scoredRows, type EvaluateOptions } from "./perplexity";
import type { LoadedHead } from "./wasm/loaded";
import type { Divergence, DivergenceSpread, Mean } from "./results";
import { tasks, type Compared } from "./wasm/tasks";

/** KL in nats between the same weights in two engines, float32 each. Measured: 4.5e-11 on SmolLM2-135M beside llama.cpp (25 tokens; the full run
 *  holds it), 7.5e-13 on the small language model beside transformers (2,048 tokens). */
export const numericFloor = 4.6e-11;

/** KL divergence both ways, agreement of the most probable token, and what the model loses in perplexity, on the tokens that a protocol scores.
 *  Both models read the same tokens by the reference's tokenizer; their vocabularies are of one size. Errors are those of `perplexity`. */
export async function divergence(
  model: Model,
  reference: Model,
  text: string,
  options: EvaluateOptions = {},
): Promise<Divergence & Displayed> {
  const { runner, engine, text: tokenized, protocol, windows } = await prepare(reference, text, options, "divergence");
  const sequences = windows.map(({ tokens }) => tokens);
  const { onProgress } = options;
  const before = await statesOf(reference, sequences, { runner, onProgress });
  const after = await statesOf(model, sequences, { runner, onProgress });
  const heads = await headsOf(model, reference, after.network, before.network, runner);
  const { rows, targets, counts } = scoredRows(windows);
  const judged = {
    head: heads.own,
    referenceHead: heads.reference,
    values: after.values,
    referenceValues: before.values,
  };
  const all = await comparedRows(judged, rows, targets, runner);
  const forward = spreadOf(all.forward, counts);
  const changes = all.logProbability.map((q, i) => (Math.exp(q) - Math.exp(all.reference[i])) ** 2);
  const squares = mean(changes, counts, Math.sqrt);
  const losses = all.logProbability.map((q, i) => all.reference[i] - q);
  const negative = (values: Float64Array) => Math.exp(-values.reduce((sum, value) => sum + value, 0) / rows.length);
  return shownDivergence({
    forward,
    backward: spreadOf(all.backward, counts),
    sameTop: mean(Float64Array.from(all.sameTop), counts),
    rmsProbability: squares,
    logPerplexityRatio: mean(losses, counts),
    perplexity: negative(all.logProbability),
    referencePerplexity: negative(all.reference),
    isIndistinguishable: forward.mean < 3 * numericFloor,
    scored: rows.length,
    windows: windows.length,
    ...{ protocol, engine, model: model.name, reference: reference.name },
    text: { sha256: tokenized.sha256, bytes: tokenized.bytes, characters: tokenized.characters },
  });
}

/** The heads of two models. `OptionError` where their vocabularies differ in size. */
export async function headsOf(
  model: Model,
  reference: Model,
  network: Network,
  referenceNetwork: Network,
  runner: Runner,
): Promise<{ readonly own: LoadedHead; readonly reference: LoadedHead }> {
  const referenceHead = await headOf(reference, referenceNetwork, runner);
  const own = model === reference ? referenceHead : await headOf(model, network, runner);
  if (own.linear.columns !== referenceHead.linear.columns)
    throw new OptionError(
      `divergence(): ${model.name} has ${own.linear.columns} tokens and ${reference.name} ${referenceHead.linear.columns}; probabilities over different tokens are not compared`,
    );
  return { own, reference: referenceHead };
}

/** The states before two heads. */
export interface JudgedStates {
  /** Of the model. */
  readonly head: LoadedHead;
  /** Of the reference. */
  readonly referenceHead: LoadedHead;
  /** (rows, width) of the model. */
  readonly values: Float32Array;
  /** (rows, width) of the reference. */
  readonly referenceValues: Float32Array;
}

/** What the scored rows say, on all threads. */
export async function comparedRows(
  { head, referenceHead, values, referenceValues }: JudgedStates,
  rows: Int32Array,
  targets: Int32Array,
  runner: Runner,
): Promise<Compared> {
  const states = { head, referenceHead, states: values, referenceStates: referenceValues };
  const parts = await runner.each(rowShares(rows, runner.workers), ({ from, to }) => {
    const own = { rows: rows.slice(from, to), targets: targets.slice(from, to) };
    return runner.run(tasks, "compare", { ...states, ...own }, [], "the heads");
  });
  return joined(parts, rows.length);
}

function joined(parts: readonly Compared[], length: number): Compared {
  const all: Compared = {
    logProbability: new Float64Array(length),
    reference: new Float64Array(length),
    forward: new Float64Array(length),
    backward: new Float64Array(length),
    sameTop: new Uint8Array(length),
  };
  let at = 0;
  for (const part of parts) {
    for (const key of Object.keys(all) as (keyof Compared)[]) all[key].set(part[key], at);
    at += part.forward.length;
  }
  return all;
}

function mean(values: Float64Array, counts: Float64Array, form: (mean: number) => number = (one) => one): Mean {
  const sums = perWindow(values, counts);
  const range = interval(counts.length, (times) => form(meanOf(sums, times)));
  return { mean: form(meanOf(sums)), ...(range && { interval: range }) };
}

/** Mean, median, percentiles and greatest of one number a scored token. */
export function spreadOf(values: Float64Array, counts: Float64Array): DivergenceSpread {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => percentile(sorted, share);
  return {
    ...mean(values, counts),
    median: at(0.5),
    percentiles: { p90: at(0.9), p95: at(0.95), p99: at(0.99), p999: at(0.999) },
    maximum: sorted[sorted.length - 1],
  };
}
