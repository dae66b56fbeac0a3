/** The empirical rate–distortion curve of quantization schemes, beside what theory allows.
 *
 *  A point is a run of `compress()`: bits per weight with everything stored, SQNR = 10·log10(Σw² / Σ(w′ − w)²) in dB.
 *  Bounds, at one squared error D for every layer (reverse water-filling; nᵢ weights, variance σᵢ², differential entropy hᵢ in bits):
 *    gaussian  R(D) = Σ nᵢ·max(0, ½·log2(σᵢ²/D)) / n:  what the best code needs for a normal source of these variances, and no
 *              source of these variances needs more;
 *    shannon   R(D) = Σ nᵢ·max(0, hᵢ − ½·log2(2πe·D)) / n:  the Shannon lower bound; no code needs less for the weights' own density.
 *  For one normal layer both are D(R) = σ²·2^(−2R), 6.02 dB a bit. Both take weights as independent draws: a code that knows more may
 *  go below. hᵢ is the plug-in estimate −Σ p·log2(p/width) over the 65,536 classes of the upper 16 bits of float32, plus Miller and
 *  Madow's (classes in use − 1)/(2n) nats; it means little for weights of few distinct values, whose h is −∞. */
import { float32FromBits } from "../bytes/half-float";
import { pause } from "../bytes/pause";
import { rans } from "../encode";
import { OptionError } from "../errors";
import { weightsOf, type TensorInput } from "../measure";
import { checkOptionNames } from "../options";
import { linear, mxfp4, nf4, nvfp4, sorted } from "../quantize";
import { countByClass } from "../quantize/target/entropy-step";
import { curvesBundle } from "../static/curves";
import { displayed, type Displayed } from "../static/display";
import { formatShort } from "../report/numbers";
import { alignColumns } from "../static/text-table";
import type { CurvePoint, CurvesView } from "../report/curves";
import { fromArrays } from "../tensor/memory";
import type { Model } from "../tensor/model";
import type { Shape } from "../tensor/tensor";
import { compress, type CompressOptions } from "../recipe/compress";
import type { Recipe } from "../recipe/recipe";

/** Options of `rateDistortion()`; `only`, `skip`, `signal`, `onProgress` and `workers` as of `compress()`. */
export interface RateDistortionOptions extends Pick<
  CompressOptions,
  "only" | "skip" | "signal" | "onProgress" | "workers"
> {
  /** Recipes by name; a function is asked for each of `bits`. By default linear and sorted codes, entropy-coded linear, nf4, mxfp4, nvfp4. */
  readonly schemes?: Readonly<Record<string, Recipe | ((bits: number) => Recipe)>>;
  /** Bits per weight for which functions among `schemes` are asked; default 2, 3, 4, 5, 6, 8. */
  readonly bits?: readonly number[];
  /** Shape of the values, where the input is values. */
  readonly shape?: Shape;
}

/** A point of rate and distortion. */
export interface RatePoint {
  /** Bits per weight of the touched layers. */
  readonly bits: number;
  /** Signal-to-quantization-noise ratio in dB; null: nothing lost. */
  readonly sqnrDb: number | null;
}

/** What a scheme reached. */
export interface SchemePoint extends RatePoint {
  /** Its name among `schemes`. */
  readonly scheme: string;
  /** "linear 4-bit g128". */
  readonly label: string;
  /** dB below the Gaussian bound at these bits; negative: above it. null: nothing lost. */
  readonly belowGaussianDb: number | null;
}

/** Plain JSON. */
export interface RateDistortion {
  /** Version of this form. */
  readonly version: 1;
  /** Tells it from other results. */
  readonly kind: "rateDistortion";
  /** The model's name; "weights" of values without a model. */
  readonly name: string;
  /** Number of weights that were measured. */
  readonly weights: number;
  /** What was measured, scheme by scheme. */
  readonly points: readonly SchemePoint[];
  /** The Gaussian bound: the rate–distortion function of normal layers of these variances. */
  readonly gaussian: readonly RatePoint[];
  /** Shannon's lower bound, from the differential entropies of the layers' own distributions. */
  readonly shannon: readonly RatePoint[];
}

interface LayerStatistics {
  readonly weights: number;
  readonly sumOfSquares: number;
  readonly variance: number;
  /** Differential entropy, bits. */
  readonly entropy: number;
}

const natural: NonNullable<RateDistortionOptions["schemes"]> = {
  linear: (bits) => linear({ bits, group: 128 }),
  sorted: (bits) => sorted({ bits, refine: "lloyd" }),
  "entropy-coded": (bits) => [linear({ targetBits: bits }), rans()],
  nf4: nf4(),
  mxfp4: mxfp4(),
  nvfp4: nvfp4(),
};

/** Runs each scheme at each number of bits over a model's weight matrices, or over one array of values, and gives the points beside the
 *  Gaussian and the Shannon bound; a cell shows them as curves. Throws what `compress()` throws, and `OptionError` for no schemes or no bits. */
export async function rateDistortion(
  input: Model | TensorInput,
  options: RateDistortionOptions = {},
): Promise<RateDistortion & Displayed> {
  const names = ["schemes", "bits", "shape", "only", "skip", "signal", "onProgress", "workers"];
  checkOptionNames("rateDistortion", options, names);
  const { schemes = natural, bits = [2, 3, 4, 5, 6, 8], shape, ...rest } = options;
  const model = isModel(input) ? input : modelOf(input, shape);
  const chosen = isModel(input) ? rest : { ...rest, only: "weights" };
  const points: Omit<SchemePoint, "belowGaussianDb">[] = [];
  let layers: readonly string[] = [];
  for (const [scheme, make] of Object.entries(schemes))
    for (const recipe of typeof make === "function" ? bits.map(make) : [make]) {
      const { report } = await compress(model, recipe, chosen);
      const { name: label, touched } = report.variants[0];
      points.push({ scheme, label, bits: touched.bitsPerWeight, sqnrDb: touched.sqnrDb });
      layers = report.layers.map((layer) => layer.name);
    }
  if (points.length === 0) throw new OptionError("rateDistortion(): there are no schemes, or no bits, to run");
  const statistics: LayerStatistics[] = [];
  for (const layer of layers) {
    statistics.push(statisticsOf(await model.tensor(layer).read({ signal: options.signal })));
    await pause();
  }
  const gaussian = boundOf(statistics, ({ variance }) => 0.5 * Math.log2(variance));
  const shannon = boundOf(statistics, ({ entropy }) => entropy - 0.5 * Math.log2(2 * Math.PI * Math.E));
  // The bounds reach a little beyond the last point.
  const most = points.reduce((highest, point) => Math.max(highest, point.bits), 8);
  const rates = Array.from({ length: 4 * Math.ceil(most) + 1 }, (_, i) => i / 4);
  const result: RateDistortion = {
    version: 1,
    kind: "rateDistortion",
    name: model.name,
    weights: statistics.reduce((sum, layer) => sum + layer.weights, 0),
    points: points.map((point) => ({
      ...point,
      belowGaussianDb: point.sqnrDb === null ? null : (gaussian(point.bits) ?? 0) - point.sqnrDb,
    })),
    gaussian: rates.map((rate) => ({ bits: rate, sqnrDb: gaussian(rate) })),
    shannon: rates.map((rate) => ({ bits: rate, sqnrDb: shannon(rate) })),
  };
  return displayed(result, (data) => curvesBundle(rateDistortionCurves(data)));
}

/** The curves that a cell shows: a line for each scheme, and the two bounds. */
export function rateDistortionCurves({ name, weights, points, gaussian, shannon }: RateDistortion): CurvesView {
  const byScheme = new Map<string, CurvePoint[]>();
  for (const { scheme, label, bits, sqnrDb } of points)
    byScheme.set(scheme, [...(byScheme.get(scheme) ?? []), { x: bits, y: sqnrDb, label }]);
  const bound = (line: readonly RatePoint[]) =>
    line.flatMap(({ bits, sqnrDb }): CurvePoint[] => (sqnrDb === null ? [] : [{ x: bits, y: sqnrDb }]));
  return {
    version: 1,
    kind: "curves",
    name,
    facts: `${formatShort(weights)} weights`,
    x: { label: "bits per weight", unit: "", scale: "linear", better: "lower" },
    y: { label: "SQNR", unit: "dB", scale: "linear", better: "higher" },
    curves: [
      ...[...byScheme].map(([scheme, line]) => ({
        name: scheme,
        kind: "measured" as const,
        points: line.sort((a, b) => a.x - b.x),
      })),
      { name: "Gaussian bound", kind: "bound", points: bound(gaussian) },
      { name: "Shannon lower bound", kind: "bound", points: bound(shannon) },
    ],
  };
}

/** The points as an aligned table: scheme, bits per weight, SQNR, and how far below the Gaussian bound. */
export function rateDistortionToText({ points }: RateDistortion): string {
  const number = (value: number | null, digits: number) => (value === null ? "lossless" : value.toFixed(digits));
  const rows = points.map((p) => [p.label, number(p.bits, 3), number(p.sqnrDb, 2), number(p.belowGaussianDb, 2)]);
  const head = ["scheme", "bits/weight", "SQNR (dB)", "below Gaussian bound (dB)"];
  return alignColumns([head, ...rows], ["left", "right", "right", "right"]).join("\n");
}

function isModel(input: Model | TensorInput): input is Model {
  return "tensors" in input;
}

function modelOf(input: TensorInput, shape: Shape | undefined): Model {
  const { weights, shape: own } = weightsOf("rateDistortion", input, shape);
  return fromArrays({ weights: { shape: own, values: weights } }, { name: "weights" });
}

function statisticsOf(values: Float32Array): LayerStatistics {
  const n = values.length;
  let sum = 0;
  let sumOfSquares = 0;
  for (let i = 0; i < n; i++) {
    sum += values[i];
    sumOfSquares += values[i] * values[i];
  }
  const counts = countByClass(values);
  let entropy = 0;
  let used = 0;
  counts.forEach((count, c) => {
    if (count === 0) return;
    const magnitude = c & 0x7fff;
    const width = float32FromBits((magnitude + 1) << 16) - float32FromBits(magnitude << 16);
    entropy -= (count / n) * Math.log2(count / n / width);
    used++;
  });
  const variance = Math.max(0, sumOfSquares / n - (sum / n) ** 2);
  return { weights: n, sumOfSquares, variance, entropy: entropy + (used - 1) / (2 * n * Math.LN2) };
}

/** SQNR at a rate, with rates Rᵢ(D) = max(0, levelᵢ − ½·log2 D); null when the weights are all one value. */
function boundOf(
  layers: readonly LayerStatistics[],
  levelOf: (layer: LayerStatistics) => number,
): (rate: number) => number | null {
  const weights = layers.reduce((sum, layer) => sum + layer.weights, 0);
  const signal = layers.reduce((sum, layer) => sum + layer.sumOfSquares, 0);
  const sources = layers
    .map((layer) => ({ weights: layer.weights, level: levelOf(layer) }))
    .filter(({ level }) => level > -Infinity);
  return (rate) => {
    if (sources.length === 0) return null;
    const rateAt = (half: number) =>
      sources.reduce((sum, s) => sum + s.weights * Math.max(0, s.level - half), 0) / weights;
    let high = Math.max(...sources.map(({ level }) => level));
    let low = Math.min(...sources.map(({ level }) => level)) - (rate * weights) / sources[0].weights - 1;
    while (rateAt(low) < rate) low -= 1 + rate;
    for (let i = 0; i < 100; i++) {
      const middle = (low + high) / 2;
      if (rateAt(middle) > rate) low = middle;
      else high = middle;
    }
    const lost = sources.reduce((sum, s) => sum + s.weights * 4 ** Math.min(s.level, high), 0);
    return 10 * Math.log10(signal / lost);
  };
}
