/** Quantile quantization: sort the weights, cut them into 2^bits equally filled bins, one value (the bin's mean) per bin.
 *
 *  weights (out, in) f32 → codes (out, in) u8 + codebook (1, levels), or (out, levels) per channel; w′ = codebook[code].
 *
 *  Start: bin b of K = 2^bits takes the sorted positions ⌊b·n/K⌋ … ⌊(b+1)·n/K⌋ − 1. Equal weights share a bin: a cut inside a
 *  run of equal weights moves to the nearer end of the run (to its start, when both are as near), and a bin left empty is
 *  dropped. With K or fewer distinct weights each gets its own value, and nothing is lost.
 *  refine "none":    as it is.
 *  refine "lloyd":   repeat: each weight to the nearest value (on a tie the smaller value), each value to its bin's mean; until no
 *                    weight moves, or `iterations` rounds (default 100). The squared error never grows. (Lloyd 1982)
 *  refine "optimal": the codebook of least squared error, exactly, by dynamic programming (optimal-codebook.ts). Takes tensors
 *                    (or rows) of up to 2^26 / K distinct weights, and refuses more; where float64 cannot tell cuts apart it needs
 *                    seconds and up to 256 MB.
 *
 *  Means are sums in float64 over the sorted weights; each value is rounded once, to nearest, to `valueDtype`: by default "F32"
 *  for one codebook, "F16" for one per channel. A row with fewer values than another repeats its last one. */
import { OptionError } from "../errors";
import { checkFinite } from "../measure/finite";
import { checkChoice, checkNumber, checkOptionNames } from "../options";
import { parametersOf, type Shape } from "../tensor/tensor";
import type { Step } from "../tensor/step";
import { equalCuts, binsOfRuns, distinctRuns, meansOf, prefixSums, startsOfCuts, type Bins } from "../grid/bins";
import { loops } from "../loops/loops";
import {
  binSorted,
  dequantizeByCodebook,
  lloydBins,
  memoryOfSorting,
  optimalBins,
  optimalLimit,
  quantizeByBins,
} from "./cuts/bins";
import { freezeStep } from "../grid/groups";
import type { Quantized, Quantizer } from "./quantizer";
import type { ScaleType } from "../grid/scale";

const method = "sorted";

/** Options of `sorted()`. */
export interface SortedOptions {
  /** Bits per weight, 1–8: 2^bits values. */
  bits: number;
  /** One codebook for the tensor (default) or one per row. */
  per?: "tensor" | "channel";
  /** What follows the equally filled bins: nothing (default), Lloyd's iterations, or the codebook of least squared error. */
  refine?: "none" | "lloyd" | "optimal";
  /** Rounds of Lloyd's refinement at most, 1 to a million; default 100. */
  iterations?: number;
  /** How the codebook's values are stored; default "F32" per tensor, "F16" per channel. */
  valueDtype?: ScaleType;
}

/** The step that `sorted()` gives, checked and frozen. */
export interface SortedStep extends Step {
  /** Names the method. */
  readonly kind: "sorted";
  /** Bits per weight, 1–8: 2^bits values. */
  readonly bits: number;
  /** One codebook for the tensor, or one per row. */
  readonly per: "tensor" | "channel";
  /** What follows the equally filled bins. */
  readonly refine: "none" | "lloyd" | "optimal";
  /** Rounds of Lloyd's refinement at most, with refine: "lloyd". */
  readonly iterations?: number;
  /** How the codebook's values are stored. */
  readonly valueDtype: ScaleType;
}

/** The step "quantile quantization": `sorted({ bits: 4 })`, `sorted({ bits: 4, refine: "lloyd" })`. Throws `OptionError` for an
 *  unknown option or a value out of range. */
export function sorted(options: SortedOptions): SortedStep {
  checkOptionNames(method, options, ["bits", "per", "refine", "iterations", "valueDtype"]);
  const bits = checkNumber(method, "bits", options.bits, { minimum: 1, maximum: 8, integer: true });
  const per = checkChoice(method, "per", options.per ?? "tensor", ["tensor", "channel"]);
  const refine = checkChoice(method, "refine", options.refine ?? "none", ["none", "lloyd", "optimal"]);
  if (options.iterations !== undefined && refine !== "lloyd")
    throw new OptionError(`sorted(): iterations goes with refine: "lloyd", not "${refine}"`);
  const rounds = { minimum: 1, maximum: 1_000_000, integer: true };
  const iterations =
    refine === "lloyd" ? checkNumber(method, "iterations", options.iterations ?? 100, rounds) : undefined;
  const valueDtype = checkChoice(method, "valueDtype", options.valueDtype ?? (per === "tensor" ? "F32" : "F16"), [
    "F32",
    "F16",
  ]);
  return freezeStep({ kind: method, bits, per, refine, iterations, valueDtype } as const);
}

function quantize(weights: Float32Array, shape: Shape, step: SortedStep, name = "weights"): Quantized {
  checkFinite(weights, method, name);
  const levels = 2 ** step.bits;
  return quantizeByBins(weights, shape, step, method, (part, codes) =>
    step.refine === "none"
      ? loops.bins.equal(part, levels, codes)
      : binSorted(part, codes, (ordered) => findBins(ordered, step, levels, name)),
  );
}

/** The bins of the refinements. */
function findBins(ordered: Float32Array, step: SortedStep, levels: number, name: string): Bins {
  const runs = distinctRuns(ordered, step.refine === "optimal" ? Infinity : levels);
  if (runs.length <= levels) return binsOfRuns(ordered, runs);
  if (step.refine === "optimal") {
    if (runs.length * levels > optimalLimit)
      throw new OptionError(
        `sorted(): ${name} has ${runs.length} distinct weights; refine: "optimal" takes up to ${optimalLimit / levels} at ` +
          `${step.bits} bits. Take refine: "lloyd", which comes close, or per: "channel"`,
      );
    return optimalBins(ordered, runs, levels);
  }
  const sums = prefixSums(ordered);
  const starts = startsOfCuts(ordered, equalCuts(ordered.length, levels));
  return lloydBins(ordered, { starts, values: meansOf(starts, sums) }, sums, step.iterations ?? 100);
}

/** "sorted 4-bit lloyd", "sorted 4-bit per channel optimal". */
function label(step: SortedStep): string {
  const words = [`sorted ${step.bits}-bit`];
  if (step.per === "channel") words.push("per channel");
  if (step.refine !== "none") words.push(step.refine);
  return words.join(" ");
}

/** The quantizer of `sorted()` steps. */
export const sortedQuantizer: Quantizer<SortedStep> = {
  kind: method,
  quantize,
  dequantize: dequantizeByCodebook,
  label,
  memory: ({ per, refine }, shape) =>
    refine === "none" ? 0 : memoryOfSorting(parametersOf(per === "tensor" ? shape : shape.slice(1))),
  pieces: { rows: ({ per }) => (per === "channel" ? 1 : undefined) },
};
