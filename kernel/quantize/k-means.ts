/** Codebook quantization by k-means over single weights: 2^bits values of (nearly) least squared error.
 *
 *  weights (out, in) f32 → codes (out, in) u8 + codebook (1, levels), or (out, levels) per channel; w′ = codebook[code], the values
 *  ascending. Each value is the mean of its weights, each weight has the value of its interval.
 *
 *  exact:    dynamic programming over the sorted weights (optimal-codebook.ts): no codebook of that many values has a smaller error.
 *            For up to 2^26 / 2^bits distinct weights; where float64 cannot tell cuts apart it needs seconds and up to 256 MB.
 *  Lloyd:    seeds by k-means++ (Arthur & Vassilvitskii 2007): the first drawn evenly, each next with probability in proportion to the
 *            squared distance to the nearest seed, among 65,536 weights at even ranks (or all, when fewer); then Lloyd's iterations
 *            (1982) on all weights until none moves, or `iterations` rounds. The best of `restarts` runs. Same seed, same result.
 *  With `exact` unset, exact where the size allows, else Lloyd.
 *
 *  With 2^bits or fewer distinct weights each gets its own value, and nothing is lost. Means are sums in float64 over the sorted
 *  weights; values are rounded once to `valueDtype`. A row with fewer values than another repeats its last one. */
import { Random } from "../bytes/random";
import { OptionError } from "../errors";
import { checkFinite } from "../measure/finite";
import { checkChoice, checkFlag, checkNumber, checkOptionNames } from "../options";
import { parametersOf, type Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { binsOfRuns, distinctRuns, meansOf, prefixSums, type Bins } from "../grid/bins";
import { freezeStep } from "../grid/groups";
import type { ScaleType } from "../grid/scale";
import {
  binSorted,
  dequantizeByCodebook,
  lloydBins,
  memoryOfSorting,
  optimalBins,
  optimalLimit,
  quantizeByBins,
} from "./cuts/bins";
import type { Quantized, Quantizer } from "./quantizer";

const kind = "kMeans";
const seedingSample = 65_536;

/** Options of `kMeans()`. */
export interface KMeansOptions {
  /** Bits per weight, 1–8: 2^bits values. */
  bits: number;
  /** One codebook for the tensor (default) or one per row. */
  per?: "tensor" | "channel";
  /** true: the least error or an `OptionError` when the tensor is too large; false: Lloyd; default: exact where the size allows. */
  exact?: boolean;
  /** Rounds of Lloyd's iterations at most, 1 to a million; default 100. */
  iterations?: number;
  /** Runs from different seeds, of which the best counts, where it is not exact, 1–1000; default 1. */
  restarts?: number;
  /** Seed of the random draws, a whole number from 0; default 0. */
  seed?: number;
  /** How the codebook's values are stored; default "F32" per tensor, "F16" per channel. */
  valueDtype?: ScaleType;
}

/** The step that `kMeans()` gives, checked and frozen. */
export interface KMeansStep extends Step {
  /** Names the method. */
  readonly kind: "kMeans";
  /** Bits per weight, 1–8: 2^bits values. */
  readonly bits: number;
  /** One codebook for the tensor, or one per row. */
  readonly per: "tensor" | "channel";
  /** True: the least error; false: Lloyd; absent: exact where the size allows. */
  readonly exact?: boolean;
  /** Rounds of Lloyd's iterations at most. */
  readonly iterations: number;
  /** Runs from different seeds, of which the best counts. */
  readonly restarts: number;
  /** Seed of the random draws. */
  readonly seed: number;
  /** How the codebook's values are stored. */
  readonly valueDtype: ScaleType;
}

/** The step "k-means codebook": `kMeans({ bits: 4 })`, `kMeans({ bits: 3, per: "channel", exact: true })`. Throws `OptionError` for an
 *  unknown option or a value out of range. */
export function kMeans(options: KMeansOptions): KMeansStep {
  checkOptionNames(kind, options, ["bits", "per", "exact", "iterations", "restarts", "seed", "valueDtype"]);
  const whole = (name: "bits" | "iterations" | "restarts" | "seed", natural: number, limits: [number, number]) =>
    checkNumber(kind, name, options[name] ?? natural, { minimum: limits[0], maximum: limits[1], integer: true });
  const bits = whole("bits", NaN, [1, 8]);
  const per = checkChoice(kind, "per", options.per ?? "tensor", ["tensor", "channel"]);
  const exact = options.exact === undefined ? undefined : checkFlag(kind, "exact", options.exact);
  for (const name of ["iterations", "restarts", "seed"] as const)
    if (exact && options[name] !== undefined)
      throw new OptionError(`kMeans(): ${name} goes with exact: false; the exact codebook needs none`);
  return freezeStep({
    kind,
    bits,
    per,
    exact,
    iterations: whole("iterations", 100, [1, 1_000_000]),
    restarts: whole("restarts", 1, [1, 1000]),
    seed: whole("seed", 0, [0, 2 ** 53 - 1]),
    valueDtype: checkChoice(kind, "valueDtype", options.valueDtype ?? (per === "tensor" ? "F32" : "F16"), [
      "F32",
      "F16",
    ]),
  } as const);
}

function quantize(weights: Float32Array, shape: Shape, step: KMeansStep, name = "weights"): Quantized {
  checkFinite(weights, kind, name);
  const random = new Random(step.seed);
  return quantizeByBins(weights, shape, step, kind, (part, codes) =>
    binSorted(part, codes, (ordered) => findBins(ordered, step, random, name)),
  );
}

function findBins(ordered: Float32Array, step: KMeansStep, random: Random, name: string): Bins {
  const levels = 2 ** step.bits;
  const runs = distinctRuns(ordered, step.exact === false ? levels : optimalLimit / levels);
  if (runs.length <= levels) return binsOfRuns(ordered, runs);
  const small = runs.length * levels <= optimalLimit;
  if (step.exact ?? small) {
    if (!small)
      throw new OptionError(
        `kMeans(): ${name} has more than ${optimalLimit / levels} distinct weights, too many for exact: true at ` +
          `${step.bits} bits. Leave exact out, or take per: "channel"`,
      );
    return optimalBins(ordered, runs, levels);
  }
  const sums = prefixSums(ordered);
  let best: Bins | undefined;
  let bestGain = -Infinity;
  for (let run = 0; run < step.restarts; run++) {
    const bins = lloydBins(ordered, seedBins(ordered, levels, random), sums, step.iterations);
    const values = meansOf(bins.starts, sums);
    // Σ(w − mean)² = Σw² − Σ n·mean²: the greatest second sum has the least error.
    const gain = values.reduce((sum, mean, b) => {
      const end = b + 1 < bins.starts.length ? bins.starts[b + 1] : ordered.length;
      return sum + (end - bins.starts[b]) * mean * mean;
    }, 0);
    if (gain > bestGain) [best, bestGain] = [bins, gain];
  }
  return best as Bins;
}

/** Seeds by k-means++ as the values of bins; their starts follow in the first round of Lloyd's iterations. */
function seedBins(ordered: Float32Array, levels: number, random: Random): Bins {
  const count = Math.min(ordered.length, seedingSample);
  const sample = Float64Array.from(
    { length: count },
    (_, i) => ordered[Math.floor(((i + 0.5) * ordered.length) / count)],
  );
  const distance = new Float64Array(count).fill(Infinity);
  const seeds: number[] = [];
  let at = random.below(count);
  for (;;) {
    seeds.push(sample[at]);
    let total = 0;
    for (let i = 0; i < count; i++) {
      const d = sample[i] - sample[at];
      if (d * d < distance[i]) distance[i] = d * d;
      total += distance[i];
    }
    if (seeds.length === levels || total === 0) break;
    let left = random.uniform() * total;
    at = 0;
    while (at < count - 1 && left >= distance[at]) left -= distance[at++];
    while (distance[at] === 0) at--; // rounding ran past the last that may be drawn
  }
  return { starts: [], values: seeds.sort((a, b) => a - b) };
}

/** "kMeans 4-bit", "kMeans 3-bit per channel exact". */
function label(step: KMeansStep): string {
  const words = [`kMeans ${step.bits}-bit`];
  if (step.per === "channel") words.push("per channel");
  if (step.exact !== undefined) words.push(step.exact ? "exact" : "lloyd");
  return words.join(" ");
}

/** The quantizer of `kMeans()` steps. */
export const kMeansQuantizer: Quantizer<KMeansStep> = {
  kind,
  quantize,
  dequantize: dequantizeByCodebook,
  label,
  memory: ({ per }, shape) => memoryOfSorting(per === "tensor" ? parametersOf(shape) : rowLengthOf(shape)),
  pieces: {
    // Where Lloyd's seeds are drawn, each row's draws follow those of the row before.
    rows: ({ per, bits, exact }, shape) =>
      per === "channel" && exact !== false && 2 ** bits * rowLengthOf(shape) <= optimalLimit ? 1 : undefined,
  },
};

const rowLengthOf = ([, ...rest]: Shape): number => parametersOf(rest);
