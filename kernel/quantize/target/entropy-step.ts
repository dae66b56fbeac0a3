/** The common step Δ of a uniform grid for a budget of bits, the codes being entropy coded.
 *
 *  With w′ = Δ·rint(w/Δ) and one Δ for all layers, every layer bears the same distortion D ≈ Δ²/12, and its rate follows from its own
 *  spread: R ≈ h(w) − log2 Δ, h the differential entropy. That is reverse water-filling, the best split of a budget among sources with
 *  squared error (Cover & Thomas, Elements of Information Theory, 10.3.3): a layer that lies below the water gets (nearly) no bits. An
 *  entropy-coded uniform grid is within ½·log2(πe/6) = 0.255 bit of the Shannon bound at any rate, and at high rates no scalar quantizer
 *  needs fewer bits for its error (Gish & Pierce 1968).
 *
 *  The search: layers are counted once, by the upper 16 bits of each float32 (sign, exponent, 7 bits of fraction), weights taken as even
 *  within a class. From the counts follows the estimated size at any Δ: Σ over layers of n·H(codes) + 10 bits for each code in use.
 *  The size falls as Δ grows, so bisection finds the Δ whose estimate is the budget. Then the real size is measured at that Δ, and the
 *  estimate, corrected by the difference, gives the next, until the size lies within 0.001 bit per weight below the budget. */
import { float32FromBits } from "../../bytes/half-float";
import { OptionError } from "../../errors";
import { loops } from "../../loops/loops";
import { entropyOfCounts } from "../../measure/entropy";
import { rint } from "../../grid/scale";

/** Bits that an entropy coder's table is taken to spend on each code in use. */
export const tableBitsPerCode = 10;

const classes = 0x10000;
const tolerancePerWeight = 0.001;
const mostRounds = 10;
/** Codes −32767 … 32767 at most: what a coder's table holds. */
const mostCode = 32_767;

/** Counts of a layer's weights by the upper 16 bits of float32: 65,536 classes. */
export function countByClass(weights: Float32Array): Float64Array {
  return new Float64Array(loops.pruning.countClasses(weights));
}

/** Estimated bits of a layer's codes at step Δ, table included, from its counts by class. */
export function estimateBits(counts: Float64Array, step: number): number {
  const ofCode = expectedCounts(counts, step);
  let weights = 0;
  let used = 0;
  for (const count of ofCode) {
    weights += count;
    if (count >= 0.5) used++;
  }
  return weights * entropyOfCounts(ofCode) + (used > 1 ? used * tableBitsPerCode : 0);
}

/** How many weights have each code, from the least code to the greatest. */
function expectedCounts(counts: Float64Array, step: number): Float64Array {
  const { counted, signs, lows, highs, largest } = usedClasses(counts);
  const reach = Math.round(largest / step);
  const ofCode = new Float64Array(2 * reach + 1);
  for (let i = 0; i < counted.length; i++) {
    const count = counted[i];
    const sign = signs[i];
    const low = lows[i];
    const high = highs[i];
    const first = Math.round(low / step);
    const last = Math.min(Math.round(high / step), reach);
    for (let k = first; k <= last; k++) {
      const from = k === first ? low : (k - 0.5) * step;
      const to = k === last ? high : (k + 0.5) * step;
      ofCode[reach + sign * k] += (count * (to - from)) / (high - low);
    }
  }
  return ofCode;
}

/** The classes of a layer that hold weights, ascending: how many, the sign, the first magnitude and that of the next class. */
interface UsedClasses {
  readonly counted: Float64Array;
  readonly signs: Int8Array;
  readonly lows: Float64Array;
  readonly highs: Float64Array;
  /** Upper edge of the highest class; 0 when all weights are 0. */
  readonly largest: number;
}

/** A layer is estimated at some thirty steps, and most of its classes are empty. */
const usedOfLayer = new WeakMap<Float64Array, UsedClasses>();

function usedClasses(counts: Float64Array): UsedClasses {
  const known = usedOfLayer.get(counts);
  if (known) return known;
  const places: number[] = [];
  for (let c = 0; c < classes; c++) if (counts[c] !== 0) places.push(c);
  const edge = (above: 0 | 1) =>
    Float64Array.from(new Float32Array(Uint32Array.from(places, (c) => ((c & 0x7fff) + above) << 16).buffer));
  const found = {
    counted: Float64Array.from(places, (c) => counts[c]),
    signs: Int8Array.from(places, (c) => (c < classes / 2 ? 1 : -1)),
    lows: edge(0),
    highs: edge(1),
    largest: largestOf(counts),
  };
  usedOfLayer.set(counts, found);
  return found;
}

/** First magnitude of a class and of the next. */
function classEdges(magnitudeClass: number): [number, number] {
  return [float32FromBits(magnitudeClass << 16), float32FromBits((magnitudeClass + 1) << 16)];
}

/** Upper edge of the highest class in use, that of 0 apart. */
function largestOf(counts: Float64Array): number {
  let largest = 0;
  for (let c = 0; c < classes; c++)
    if (counts[c] > 0 && (c & 0x7fff) > 0) largest = Math.max(largest, classEdges(c & 0x7fff)[1]);
  return largest;
}

/** Seeks the step for a budget. `start`, take `step`, measure the bits of everything at it, `observe` them, and go on until it says true;
 *  then `best` is the step to use. Both work in pieces of some milliseconds, layer by layer, between which others may have their turn. */
export class StepSearch {
  /** The step to try next, a float32. */
  step = 0;
  /** The step with the most bits within the budget (the smaller step on a tie), and those bits. */
  best: { readonly step: number; readonly bits: number } | undefined;

  private weights = 0;
  private budget = 0;
  private smallest = 0;
  private largest = 0;
  /** Steps (log2) that were too small, and that fit: the answer lies between. */
  private tooSmall: { readonly at: number; readonly bits: number } | undefined;
  private fits: { readonly at: number; readonly bits: number } | undefined;
  private rounds = 0;
  /** Estimates by log2 of their step: each search for a guess begins with the same halvings. */
  private readonly estimates = new Map<number, number>();

  /** `layers`: counts by class of each layer. `targetBits`: bits per weight over all of them. */
  constructor(
    private readonly layers: readonly Float64Array[],
    private readonly targetBits: number,
  ) {}

  /** Finds the first step to try. Throws `OptionError` when a weight is beyond 2^126. */
  *start(): Generator<void, void> {
    let largest = 0;
    for (const counts of this.layers) {
      this.weights += counts.reduce((a, b) => a + b, 0);
      largest = Math.max(largest, largestOf(counts));
      yield;
    }
    if (largest > 2 ** 126) throw new OptionError("linear(): a weight is beyond 2^126; scale the weights first");
    this.budget = this.targetBits * this.weights;
    this.smallest = Math.log2(Math.max(largest / mostCode, 2 ** -126));
    this.largest = largest === 0 ? this.smallest : Math.log2(4 * largest);
    this.step = this.stepAt(yield* this.solve(0));
  }

  /** Tells the bits of everything at `step`. True when the search is over. Throws `OptionError` when not even the largest step fits. */
  *observe(bits: number): Generator<void, boolean> {
    this.rounds++;
    const at = Math.log2(this.step);
    if (bits <= this.budget) {
      const { best } = this;
      if (!best || bits > best.bits || (bits === best.bits && this.step < best.step))
        this.best = { step: this.step, bits };
      if (!this.fits || at < this.fits.at) this.fits = { at, bits };
      if (this.budget - bits <= tolerancePerWeight * this.weights || at <= this.smallest + 1e-6) return true;
      if (this.rounds >= mostRounds) return true;
    } else {
      if (at >= this.largest - 1e-6)
        throw new OptionError(
          `linear(): targetBits is ${this.targetBits}, but headers and tables alone take ${(bits / this.weights).toPrecision(3)} bits per weight`,
        );
      if (!this.tooSmall || at > this.tooSmall.at) this.tooSmall = { at, bits };
      if (this.rounds >= mostRounds) {
        if (this.best) return true;
        this.step = this.stepAt(Math.min(this.largest, at + 2 ** (this.rounds - mostRounds)));
        return false;
      }
    }
    const next = this.stepAt(yield* this.nextAt(at, bits));
    if (next === this.step && this.best) return true;
    this.step = next;
    return false;
  }

  /** Whether the answer lies between two steps that were tried, so that the next one is likely to be it. */
  get isBracketed(): boolean {
    return this.tooSmall !== undefined && this.fits !== undefined;
  }

  private *nextAt(at: number, bits: number): Generator<void, number> {
    const { tooSmall, fits } = this;
    const guess = yield* this.solve(bits - (yield* this.estimate(at)));
    const stride = 2 ** (this.rounds - 7);
    if (!tooSmall) return Math.max(this.smallest, Math.min(guess, at - stride));
    if (!fits) return Math.min(this.largest, Math.max(guess, at + stride));
    const width = fits.at - tooSmall.at;
    const inside = (x: number) => x > tooSmall.at + width * 0.02 && x < fits.at - width * 0.02;
    if (this.rounds < 4 && inside(guess)) return guess;
    const line = tooSmall.at + (width * (tooSmall.bits - this.aim)) / (tooSmall.bits - fits.bits);
    return inside(line) ? line : (tooSmall.at + fits.at) / 2;
  }

  private get aim(): number {
    return this.budget - 0.4 * tolerancePerWeight * this.weights;
  }

  private *estimate(at: number): Generator<void, number> {
    const known = this.estimates.get(at);
    if (known !== undefined) return known;
    let bits = 0;
    for (const counts of this.layers) {
      bits += estimateBits(counts, 2 ** at);
      yield;
    }
    this.estimates.set(at, bits);
    return bits;
  }

  /** log2 of the step whose estimate plus `correction` is what is aimed at. */
  private *solve(correction: number): Generator<void, number> {
    let low = this.smallest;
    let high = this.largest;
    for (let i = 0; i < 40 && high - low > 1e-5; i++) {
      const middle = (low + high) / 2;
      if ((yield* this.estimate(middle)) + correction > this.aim) low = middle;
      else high = middle;
    }
    return high - this.smallest < 2e-5 ? this.smallest : high;
  }

  private stepAt(at: number): number {
    return Math.fround(2 ** at);
  }
}

/** Runs work in pieces to its end. */
export function atOnce<Result>(work: Generator<void, Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** The step at which the codes of all tensors together, coded by their order-0 entropy with tables of 10 bits per code, take
 *  `targetBits` per weight or up to 0.001 less. A tensor that needs fewer bits at any step gets the smallest, max|w|/32767. Throws
 *  `OptionError` when the tables alone take more. */
export function entropyStep(tensors: readonly Float32Array[], targetBits: number): number {
  const search = new StepSearch(tensors.map(countByClass), targetBits);
  atOnce(search.start());
  for (;;) {
    const bits = tensors.reduce((sum, weights) => sum + entropyBits(weights, search.step), 0);
    if (atOnce(search.observe(bits))) return search.best?.step ?? search.step;
  }
}

function entropyBits(weights: Float32Array, step: number): number {
  const counts = new Map<number, number>();
  const dense = new Float64Array(2 * mostCode + 3);
  for (let i = 0; i < weights.length; i++) {
    const code = rint(Math.fround(weights[i] / step));
    if (code >= -mostCode - 1 && code <= mostCode + 1) dense[code + mostCode + 1]++;
    else counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const all = [...dense.filter((count) => count > 0), ...counts.values()];
  return weights.length * entropyOfCounts(all) + (all.length > 1 ? all.length * tableBitsPerCode : 0);
}
