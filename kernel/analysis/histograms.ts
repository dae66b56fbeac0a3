/** Histograms of a model's tensors, on demand: opening a model reads no values, this does. */
import { throwIfStopped } from "../bytes/pause";
import { OptionError, UnsupportedError } from "../errors";
import { currentHost } from "../host";
import type { Progress } from "../host";
import { checkNumber, checkOptionNames } from "../options";
import { displayModelView, modelView } from "../static/display";
import type { Displayed } from "../static/display";
import type { ModelView } from "../report/model";
import type { Histogram } from "../report/types";
import { isWeight } from "../network";
import { layerMatcher, type LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { sharedPool } from "../threads/pool";
import { tasks } from "./tasks";
import { histogramBins } from "../measure/histogram";

/** Options of `histograms()`. */
export interface HistogramsOptions {
  /** Which tensors to read: a glob, a RegExp, a function, or a list of those; by default the weights of
   *  linear, convolution and embedding layers. */
  readonly only?: LayerPattern | readonly LayerPattern[];
  /** Equal bins for each tensor, 1–512; 64 by default. */
  readonly bins?: number;
  /** Stops the reading; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** Called at each tensor; by default the running cell shows a bar. */
  readonly onProgress?: (progress: Progress) => void;
}

/** Reads tensors and counts their weights over equal bins. Shown in a cell, the result is the table of the model with a small histogram
 *  in each row.
 *
 *  The range of a tensor holds 99.9 % of its weights and zero; what lies outside is counted in `below` and `above`. Weights that are NaN
 *  or infinite are left out. A tensor of a type that cannot be read yet has no histogram, unless `only` asked for it: then its error
 *  is thrown. `CancelledError` when stopped, `OptionError` when `only` fits no tensor. */
export async function histograms(model: Model, options: HistogramsOptions = {}): Promise<ModelView & Displayed> {
  checkOptionNames("histograms", options, ["only", "bins", "signal", "onProgress"]);
  const bins = checkNumber("histograms", "bins", options.bins ?? histogramBins, {
    minimum: 1,
    maximum: 512,
    integer: true,
  });
  const host = currentHost();
  const signal = options.signal ?? host.signal;
  const onProgress = options.onProgress ?? host.progress?.bind(host);
  const { only } = options;
  const chosen = model.tensors.filter(only === undefined ? isWeight : layerMatcher(only));
  if (chosen.length === 0 && only !== undefined)
    throw new OptionError(`histograms(): only fits none of the ${model.tensors.length} tensors of ${model.name}`);
  const total = chosen.reduce((sum, tensor) => sum + tensor.parameters, 0);
  const found = new Map<string, Histogram>();
  let done = 0;
  for (const tensor of chosen) {
    throwIfStopped(signal, "reading histograms");
    onProgress?.({ task: "reading histograms", done, total, unit: "weights", item: tensor.name });
    const values = await readWhereKnown(tensor, only !== undefined, signal);
    if (values) found.set(tensor.name, await countOnThread(tensor.name, values, bins, signal));
    done += tensor.parameters;
  }
  onProgress?.({ task: "reading histograms", done, total, unit: "weights" });
  return displayModelView(modelView(model, found));
}

async function readWhereKnown(
  tensor: Tensor,
  asked: boolean,
  signal: AbortSignal | undefined,
): Promise<Float32Array | undefined> {
  try {
    return await tensor.read(signal ? { signal } : {});
  } catch (error) {
    if (!asked && error instanceof UnsupportedError) return undefined;
    throw error;
  }
}

/** Sorting some millions of weights takes a while; the main thread has other things to do. The values move to the thread. */
async function countOnThread(
  label: string,
  values: Float32Array,
  bins: number,
  signal: AbortSignal | undefined,
): Promise<Histogram> {
  // A tensor in memory keeps its own array.
  const own = values.slice();
  const run = { label, transfer: [own.buffer], ...(signal ? { signal } : {}) };
  return sharedPool().run(tasks, "histogram", { values: own, bins }, run);
}
