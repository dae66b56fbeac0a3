/** Where the redundancy of a model's weights sits: the order-0 entropy of each byte plane of each tensor, H = −Σ p·log2 p over its symbols,
 *  in bits per symbol. No coder that treats the symbols of a plane one by one, without context, takes less than Σ n·H / 8 bytes (Shannon
 *  1948); what `pack` writes lies a little above that sum, by its tables, or below, where a neighbour tells something. */
import { OptionError } from "../errors";
import { currentHost, type Progress } from "../host";
import { entropyOfCounts } from "../measure";
import { checkNumber, checkOptionNames } from "../options";
import type { PlaneCounts } from "../encode/plane-counts";
import { curvesBundle, displayed, type Displayed } from "../report/display";
import { formatBytes } from "../report/numbers";
import type { CurvesView } from "../report/types";
import { defaultWorkers } from "../simd/pool";
import { layerMatcher, type LayerPattern } from "../tensor/match";
import type { Model } from "../tensor/model";
import type { Tensor } from "../tensor/tensor";
import { Runner } from "./runner";

export interface PlaneEntropyOptions {
  /** Which tensors of a model: a glob, a RegExp, a function, or a list of those; all by default. */
  readonly only?: LayerPattern | readonly LayerPattern[];
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Threads, 1–8; by default one per core. */
  readonly workers?: number;
}

/** A byte plane, or a field of ggml's blocks. */
export interface Plane {
  /** "exponent", "mantissa 22–15", "mantissa 6–0, sign"; "byte 0" of integers; "d: exponent, mantissa 9–7", "scales", "codes" of blocks. */
  readonly name: string;
  /** Bits of a symbol as it is stored: 8, or those of a code. */
  readonly bits: number;
  readonly symbols: number;
  /** Bits per symbol, 0 to `bits`. */
  readonly entropyBits: number;
}

export interface TensorPlanes {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly parameters: number;
  readonly bytes: number;
  /** Σ symbols·entropyBits / 8 over its planes. */
  readonly floorBytes: number;
  /** The most significant first. */
  readonly planes: readonly Plane[];
}

export interface PlaneEntropy {
  readonly version: 1;
  readonly kind: "planeEntropy";
  readonly name: string;
  readonly bytes: number;
  readonly floorBytes: number;
  /** Of all tensors of a type together: the mean of their entropies, each symbol counting alike. */
  readonly planes: readonly (Plane & { readonly dtype: string })[];
  /** In the model's order. */
  readonly tensors: readonly TensorPlanes[];
}

/** Measures the entropy of every byte plane of a model, or of one tensor. A cell shows a line for each plane over the tensors.
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
      const counted = await runner.run<PlaneCounts[]>(
        "countPlanes",
        { bytes, dtype: tensor.dtype },
        [bytes.buffer],
        tensor.name,
      );
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
    planes: summed(tensors),
    tensors,
  };
  return displayed(result, (data) => curvesBundle(planeEntropyCurves(data)));
}

function described(
  { name, dtype, shape, parameters, sizeBytes }: Tensor,
  counted: readonly PlaneCounts[],
): TensorPlanes {
  const planes = counted.map(({ name: plane, bits, counts }): Plane => {
    const symbols = counts.reduce((sum, count) => sum + count, 0);
    return { name: plane, bits, symbols, entropyBits: entropyOfCounts(counts) };
  });
  const floorBytes = planes.reduce((sum, { symbols, entropyBits }) => sum + (symbols * entropyBits) / 8, 0);
  return { name, dtype, shape, parameters, bytes: sizeBytes, floorBytes, planes };
}

function summed(tensors: readonly TensorPlanes[]): PlaneEntropy["planes"] {
  const sums = new Map<string, { dtype: string; name: string; bits: number; symbols: number; total: number }>();
  for (const { dtype, planes } of tensors)
    for (const { name, bits, symbols, entropyBits } of planes) {
      const key = `${dtype} ${name}`;
      const sum = sums.get(key) ?? { dtype, name, bits, symbols: 0, total: 0 };
      sum.symbols += symbols;
      sum.total += symbols * entropyBits;
      sums.set(key, sum);
    }
  return [...sums.values()].map(({ total, ...sum }) => ({
    ...sum,
    entropyBits: sum.symbols === 0 ? 0 : total / sum.symbols,
  }));
}

/** The entropy of few symbols says little: 256 of them cannot show more than 8 bits, and show less. */
const fewestSymbols = 16_384;
const mostCurves = 8;

/** A line for each plane, over the tensors that are large enough to tell, in their order. */
export function planeEntropyCurves({ name, bytes, floorBytes, planes, tensors }: PlaneEntropy): CurvesView {
  const types = new Set(tensors.map(({ dtype }) => dtype));
  const large = tensors.filter(({ planes: own }) => own.some(({ symbols }) => symbols >= fewestSymbols));
  const shown = [...planes].sort((a, b) => b.symbols - a.symbols).slice(0, mostCurves);
  const curves = planes
    .filter((plane) => shown.includes(plane))
    .map((plane) => ({
      name: types.size > 1 ? `${plane.dtype} ${plane.name}` : plane.name,
      kind: "measured" as const,
      points: large.flatMap((tensor, at) => {
        const own = tensor.dtype === plane.dtype ? tensor.planes.find((one) => one.name === plane.name) : undefined;
        return own ? [{ x: at + 1, y: own.entropyBits, label: tensor.name }] : [];
      }),
    }))
    .filter(({ points }) => points.length > 0);
  const share = bytes === 0 ? "" : ` (${((100 * floorBytes) / bytes).toFixed(1)} %)`;
  return {
    version: 1,
    kind: "curves",
    name,
    facts: `byte planes: ${formatBytes(bytes)}, order-0 entropy ${formatBytes(floorBytes)}${share}`,
    x: { label: "tensor, in the model's order", unit: "", scale: "linear", better: null },
    y: { label: "entropy", unit: "bits per symbol", scale: "linear", better: null },
    curves,
  };
}
