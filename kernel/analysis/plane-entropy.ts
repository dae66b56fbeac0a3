/** Where the redundancy of a model's weights sits: the order-0 entropy of each byte plane of each tensor, H = −Σ p·log2 p over its symbols,
 *  in bits per symbol. No coder that treats the symbols of a plane one by one, without context, takes less than Σ n·H / 8 bytes (Shannon
 *  1948); what `pack` writes lies a little above that sum, by its tables, or below, where a neighbour tells something. */
import { OptionError } from "../errors";
import { currentHost, type Progress } from "../host";
import { entropyOfCounts } from "../measure";
import { checkNumber, checkOptionNames } from "../options";
import type { Counts } from "../encode/byte-planes/field-counts";
import type { countPlanes } from "../encode/byte-planes/plane-counts";
import { displayed, type Displayed } from "../static/display";
import { defaultWorkers } from "../threads/pool";
import { layerMatcher, type LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { planeEntropyBundle } from "./plane-entropy-forms";
import type { Plane, PlaneEntropy, PlaneOfType, TensorPlanes } from "./plane-entropy-result";
import { Runner } from "../threads/runner";
import { tasks } from "./tasks";

/** Options of `planeEntropy()`. */
export interface PlaneEntropyOptions {
  /** Which tensors of a model: a glob, a RegExp, a function, or a list of those; all by default. */
  readonly only?: LayerPattern | readonly LayerPattern[];
  /** Stops the work; by default the running cell's. */
  readonly signal?: AbortSignal;
  /** Called as bytes are read; by default the running cell shows a bar. */
  readonly onProgress?: (progress: Progress) => void;
  /** Threads, 1–8; by default one per core. */
  readonly workers?: number;
}

/** Measures the entropy of every byte plane and every field (sign, exponent, mantissa) of a model, or of one tensor. A cell shows a line for
 *  each plane over the tensors, and tables.
 *
 *      await planeEntropy(await open("all-MiniLM-L6-v2"));      // F32: about 2.7 bits of 8 in the exponents, 8 of 8 in the low mantissas
 *
 *  Off the main thread, a tensor at a time on each worker. `OptionError` when `only` fits no tensor, `CancelledError` when stopped. */
export async function planeEntropy(
  input: Model | Tensor,
  options: PlaneEntropyOptions = {},
): Promise<PlaneEntropy & Displayed> {
  checkOptionNames("planeEntropy", options, ["only", "signal", "onProgress", "workers"]);
  const host = currentHost();
  const limits = { minimum: 1, maximum: 8, integer: true };
  const workers = checkNumber("planeEntropy", "workers", options.workers ?? defaultWorkers(), limits);
  const onProgress = options.onProgress ?? host.progress?.bind(host);
  const { only } = options;
  const all: readonly Tensor[] = "tensors" in input ? input.tensors : [input];
  const chosen = only === undefined ? all : all.filter(layerMatcher(only));
  if (chosen.length === 0 && only !== undefined)
    throw new OptionError(`planeEntropy(): only fits none of the ${all.length} tensors of ${input.name}`);
  const runner = new Runner(workers, options.signal ?? host.signal);
  const total = chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const task = "counting bytes";
  let done = 0;
  const tensors = await runner
    .each(chosen, async (tensor): Promise<TensorPlanes> => {
      onProgress?.({ task, done, total, unit: "bytes", item: tensor.name });
      const bytes = await runner.ownBytes(tensor);
      const argument = { bytes, dtype: tensor.dtype };
      const counted = await runner.run(tasks, "countPlanes", argument, [bytes.buffer], tensor.name);
      done += tensor.sizeBytes;
      return described(tensor, counted);
    })
    .catch((reason: unknown) => {
      throw runner.firstFailure(reason);
    });
  onProgress?.({ task, done, total, unit: "bytes" });
  const result: PlaneEntropy = {
    version: 1,
    kind: "planeEntropy",
    name: input.name,
    bytes: total,
    floorBytes: tensors.reduce((sum, { floorBytes }) => sum + floorBytes, 0),
    planes: summed(tensors, ({ planes }) => planes),
    fields: summed(tensors, ({ fields }) => fields),
    tensors,
  };
  return displayed(result, planeEntropyBundle);
}

type Counted = ReturnType<typeof countPlanes>;

function described({ name, dtype, shape, parameters, sizeBytes }: Tensor, counted: Counted): TensorPlanes {
  const planes = counted.planes.map((plane) => measured(plane.name, [plane]));
  const fields = counted.fields.map((field) => measured(field.name, field.pieces));
  const floorBytes = planes.reduce((sum, plane) => sum + plane.floorBytes, 0);
  return { name, dtype, shape, parameters, bytes: sizeBytes, floorBytes, planes, fields };
}

/** A symbol is one of each piece; their entropies add up. */
function measured(name: string, pieces: readonly Counts[]): Plane {
  const symbols = pieces[0].counts.reduce((sum, count) => sum + count, 0);
  const bits = pieces.reduce((sum, piece) => sum + piece.bits, 0);
  const entropyBits = pieces.reduce((sum, { counts }) => sum + entropyOfCounts(counts), 0);
  return { name, bits, symbols, entropyBits, bytes: (symbols * bits) / 8, floorBytes: (symbols * entropyBits) / 8 };
}

function summed(
  tensors: readonly TensorPlanes[],
  partsOf: (tensor: TensorPlanes) => readonly Plane[],
): readonly PlaneOfType[] {
  const sums = new Map<string, PlaneOfType>();
  for (const tensor of tensors)
    for (const part of partsOf(tensor)) {
      const key = `${tensor.dtype} ${part.name}`;
      const before = sums.get(key);
      const symbols = part.symbols + (before?.symbols ?? 0);
      const floorBytes = part.floorBytes + (before?.floorBytes ?? 0);
      const bytes = part.bytes + (before?.bytes ?? 0);
      const entropyBits = symbols === 0 ? 0 : (8 * floorBytes) / symbols;
      sums.set(key, { dtype: tensor.dtype, name: part.name, bits: part.bits, symbols, entropyBits, bytes, floorBytes });
    }
  return [...sums.values()];
}
