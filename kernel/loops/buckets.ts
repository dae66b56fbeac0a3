/** Equally filled bins without sorting all values. A bucket holds the values whose patterns share their upper 16 bits: sign, exponent and
 *  seven digits. The kernel counts the values of each and adds them up (simd/order.ts); sorted are only the values of buckets in which a cut
 *  falls, and of those whose sum depends on the order of its terms.
 *
 *  The reference adds up the sorted values in float64. Where all sums on the way through a bucket are multiples of a grain g and below
 *  2^53·g, float64 holds each of them exactly, and the order does not matter: g is the least of the last digits of the bucket's values and
 *  of the sum before it, and sums on the way lie between those at the ends, because a bucket's values have one sign. What is not exact is
 *  about one value in a hundred: those so small that the sum of all large ones of their sign has no digits left for theirs. */
import { equalCuts, nearerEnd } from "../grid/bins";
import { sortValues } from "../grid/order";
import { bucketTotals, valuesOfBuckets, type BucketTotals } from "../simd/order";

const buckets = 65_536;
const negative = 0x8000;

/** One bucket that is not empty; the two of ±0 are one, because −0 and 0 are equal. */
interface Bucket {
  readonly patterns: readonly number[];
  /** Its values have the positions start … end − 1 among all that are sorted. */
  readonly start: number;
  readonly end: number;
  /** The sum of its values, exactly. */
  readonly sum: number;
  /** All its values are multiples of that; Infinity where all are zeros, and 0 where nothing holds on the way to the sum. */
  readonly unit: number;
}

/** What the kernel needs to write the codes, and the bins' means. */
export interface EqualBins {
  readonly ranges: Uint16Array;
  readonly thresholds: Float64Array;
  readonly means: number[];
}

/** The bins of `levels` different values or more; undefined where more than half of the values would have to be sorted. */
export function findEqualBins(values: Float32Array, levels: number): EqualBins | undefined {
  const n = values.length;
  const all = bucketsOf(bucketTotals(values));
  const cuts = equalCuts(n, levels);
  const chosen = all.filter(isNeeded(cuts));
  const count = chosen.reduce((sum, { start, end }) => sum + end - start, 0);
  if (2 * count > n) return undefined;
  const patterns = chosen.flatMap((bucket) => bucket.patterns);
  const ordered = sortValues(valuesOfBuckets(values, patterns, count));
  return binsAlong(all, elementsOf(chosen, ordered), cuts);
}

/** The upper bits of patterns in the order of their values, i = 0 … 65,535; those of ±0 are neighbours. */
function patternAt(i: number): number {
  return i < negative ? buckets - 1 - i : i - negative;
}

/** The buckets that are not empty, by ascending values. */
function bucketsOf({ counts, lowerBits }: BucketTotals): Bucket[] {
  const all: Bucket[] = [];
  let start = 0;
  for (let i = 0; i < buckets; i++) {
    const pattern = patternAt(i);
    if (pattern === negative) continue;
    const isZero = pattern === 0;
    const count = isZero ? counts[0] + counts[negative] : counts[pattern];
    if (count === 0) continue;
    const end = start + count;
    all.push(isZero ? zeroBucket(start, end, lowerBits) : bucketOf(pattern, start, end, lowerBits[pattern]));
    start = end;
  }
  return all;
}

const leastUnit = 2 ** -149;

/** The values next to 0: it alone, or numbers of both signs. */
function zeroBucket(start: number, end: number, lowerBits: Float64Array): Bucket {
  const isNothing = lowerBits[0] + lowerBits[negative] === 0;
  const sum = leastUnit * (lowerBits[0] - lowerBits[negative]);
  return { patterns: [negative, 0], start, end, sum, unit: isNothing ? Infinity : 0 };
}

/** Its sum is Σ ±(2^23 + upper digits + lower digits)·2^(exponent − 150): a whole number of less than 53 bits, times a power of two. */
function bucketOf(pattern: number, start: number, end: number, lowerBits: number): Bucket {
  const exponent = (pattern >> 7) & 0xff;
  const unit = units[exponent];
  const digits = ((pattern & 0x7f) << 16) | (exponent > 0 ? 1 << 23 : 0);
  const sum = unit * ((end - start) * digits + lowerBits);
  return { patterns: [pattern], start, end, sum: pattern & negative ? -sum : sum, unit };
}

const units = Float64Array.from({ length: 256 }, (_, exponent) => leastUnit * 2 ** Math.max(0, exponent - 1));

const number = new Float64Array(1);
const words = new Uint32Array(number.buffer);
const [low, high] = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? [0, 1] : [1, 0];

/** The digit of a float64 that stands for the least of its 53 places; Infinity for 0. Its magnitude is 2^-900 or more. */
function lastPlaceOf(sum: number): number {
  if (sum === 0) return Infinity;
  number[0] = sum;
  return 2 ** (((words[high] >>> 20) & 0x7ff) - 1075);
}

/** The last digit of a float64 that is not 0: the largest power of two of which it is a multiple. */
function grainOf(sum: number): number {
  const place = lastPlaceOf(sum);
  const digits = words[low] !== 0 ? words[low] : words[high] | 0x100000;
  const zeros = (words[low] !== 0 ? 0 : 32) + 31 - Math.clz32(digits & -digits);
  return place * 2 ** zeros;
}

/** Whether float64 holds every sum from `sum`, a multiple of `grain`, through the bucket. */
function isExact(sum: number, grain: number, bucket: Bucket): boolean {
  const most = Math.max(Math.abs(sum), Math.abs(sum + bucket.sum));
  return most < 2 ** 53 * Math.min(grain, bucket.unit);
}

/** Tells of one bucket after another whether its values must be known one by one. Sums behind a bucket that is not exact are known nearly
 *  only; `binsAlong` notices where that was not enough. */
function isNeeded(cuts: readonly number[]): (bucket: Bucket) => boolean {
  let sum = 0;
  let grain = Infinity;
  let next = 0;
  return (bucket) => {
    const exact = isExact(sum, grain, bucket);
    sum += bucket.sum;
    grain = exact ? Math.min(grain, bucket.unit) : lastPlaceOf(sum);
    const first = next;
    while (next < cuts.length && cuts[next] < bucket.end) next++;
    return !exact || (next > first && bucket.unit !== Infinity);
  };
}

function elementsOf(chosen: readonly Bucket[], ordered: Float32Array): Map<Bucket, Float32Array> {
  let at = 0;
  return new Map(chosen.map((bucket) => [bucket, ordered.subarray(at, (at += bucket.end - bucket.start))]));
}

/** The bins, from the buckets one after another; undefined where a sum needs values that are not there. */
function binsAlong(
  all: readonly Bucket[],
  elements: ReadonlyMap<Bucket, Float32Array>,
  cuts: readonly number[],
): EqualBins | undefined {
  const n = all[all.length - 1].end;
  const ranges = new Uint16Array(buckets);
  const thresholds = new Float64Array(256);
  const starts = [0];
  /** Σ of the values before each start. */
  const sums = [0];
  let sum = 0;
  let cut = 0;
  let isBorder = false;
  for (const bucket of all) {
    const { start, end, patterns } = bucket;
    const own = elements.get(bucket);
    const firstCut = cut;
    while (cut < cuts.length && cuts[cut] < end) cut++;
    const places = cut === firstCut ? [] : cuts.slice(firstCut, cut).map((position) => placeOf(position, bucket, own));
    if (start > 0 && (isBorder || places[0] === 0)) {
      starts.push(start);
      sums.push(sum);
    }
    const lowest = starts.length - 1;
    let done = 0;
    for (const place of places) {
      if (!own || place === done || place === end - start) continue;
      sum = addUp(sum, own.subarray(done, place));
      done = place;
      thresholds[starts.length] = own[place];
      starts.push(start + place);
      sums.push(sum);
    }
    if (own) sum = addUp(sum, own.subarray(done));
    else if (isExact(sum, grainOf(sum), bucket)) sum += bucket.sum;
    else return undefined;
    for (const pattern of patterns) ranges[pattern] = lowest | ((starts.length - 1) << 8);
    isBorder = places[places.length - 1] === end - start;
  }
  sums.push(sum);
  const means = starts.map((start, b) => (sums[b + 1] - sums[b]) / ((starts[b + 1] ?? n) - start));
  return { ranges, thresholds, means };
}

/** Where in the bucket a bin begins that is cut at a position: the nearer end of the run of equal values. */
function placeOf(position: number, { start, end }: Bucket, own: Float32Array | undefined): number {
  const place = position - start;
  if (own) return nearerEnd(own, place);
  // A bucket whose values are not there is a run of zeros.
  const count = end - start;
  return place <= count - place ? 0 : count;
}

function addUp(sum: number, values: Float32Array): number {
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);
function valueOf(pattern: number, lowerBits: number): number {
  bits[0] = ((pattern << 16) | lowerBits) >>> 0;
  return float[0];
}

/** For each bucket the bin of its least value, and 256 times that of its greatest: the last whose threshold is not above it, or 0. */
export function rangesOfThresholds(thresholds: Float32Array): Uint16Array {
  const ranges = new Uint16Array(buckets);
  let bin = 0;
  const binOf = (value: number): number => {
    while (bin + 1 < thresholds.length && thresholds[bin + 1] <= value) bin++;
    return bin;
  };
  for (let i = 0; i < buckets; i++) {
    const pattern = patternAt(i);
    const isNegative = (pattern & negative) !== 0;
    const lowest = binOf(valueOf(pattern, isNegative ? 0xffff : 0));
    ranges[pattern] = lowest | (binOf(valueOf(pattern, isNegative ? 0 : 0xffff)) << 8);
  }
  return ranges;
}
