/** Values by buckets: how many lie in each and what they add up to, those of a few buckets, and the bins of all. A bucket is what float32
 *  values share whose patterns have the same upper 16 bits. Values are finite. */
import {
  BUCKETS,
  CHOICES,
  END,
  INPUT,
  MOST_ADDED,
  OUTPUT,
  PIECE,
  THRESHOLDS,
  TOTALS,
  type OrderModule,
} from "./generated/order";
import { instantiate, pageBytes } from "./module";

/** Of each bucket, by the upper 16 bits: how many values it has, and the sum of the lower 16 bits of their patterns. */
export interface BucketTotals {
  readonly counts: Float64Array;
  readonly lowerBits: Float64Array;
}

interface Loaded {
  readonly functions: OrderModule;
  readonly totals: Uint32Array;
  readonly sums: BucketTotals;
  readonly chosen: Uint8Array;
  readonly ranges: Uint16Array;
  readonly thresholds: Float32Array;
  readonly input: Float32Array;
  readonly values: Float32Array;
  readonly codes: Uint8Array;
}

let loaded: Loaded | undefined;

function load(): Loaded {
  if (loaded) return loaded;
  const { functions, buffer } = instantiate<OrderModule>("order", END - pageBytes);
  return (loaded = {
    functions,
    totals: new Uint32Array(buffer, TOTALS, 2 * BUCKETS),
    sums: { counts: new Float64Array(BUCKETS), lowerBits: new Float64Array(BUCKETS) },
    chosen: new Uint8Array(buffer, CHOICES, BUCKETS),
    ranges: new Uint16Array(buffer, CHOICES, BUCKETS),
    thresholds: new Float32Array(buffer, THRESHOLDS, 256),
    input: new Float32Array(buffer, INPUT, PIECE),
    values: new Float32Array(buffer, OUTPUT, PIECE),
    codes: new Uint8Array(buffer, OUTPUT, PIECE),
  });
}

/** Brings one piece of the values after another; `work` gets the number of its first value and how many it has. */
function inPiecesOf(values: Float32Array, work: (first: number, count: number) => void): void {
  const { input } = load();
  for (let first = 0; first < values.length; first += PIECE) {
    const piece = values.subarray(first, first + PIECE);
    input.set(piece);
    work(first, piece.length);
  }
}

/** The totals of all buckets, until the next call. */
export function bucketTotals(values: Float32Array): BucketTotals {
  const { functions, totals, sums } = load();
  const { counts, lowerBits } = sums;
  counts.fill(0);
  lowerBits.fill(0);
  const most = MOST_ADDED - (MOST_ADDED % PIECE);
  for (let start = 0; start < values.length; start += most) {
    totals.fill(0);
    inPiecesOf(values.subarray(start, start + most), (_, count) => functions.addTotals(count));
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const high = totals[2 * bucket + 1];
      counts[bucket] += high >>> 8;
      lowerBits[bucket] += (high & 0xff) * 2 ** 32 + totals[2 * bucket];
    }
  }
  return sums;
}

/** The values of the chosen buckets, `count` of them, in the order of `values`. */
export function valuesOfBuckets(values: Float32Array, buckets: readonly number[], count: number): Float32Array {
  const { functions, chosen, values: output } = load();
  chosen.fill(0);
  for (const bucket of buckets) chosen[bucket] = 4;
  const picked = new Float32Array(count);
  let at = 0;
  inPiecesOf(values, (_, length) => {
    const found = functions.pickChosen(length);
    picked.set(output.subarray(0, found), at);
    at += found;
  });
  return picked;
}

/** Writes to `codes` the bin of each value: the last whose threshold is not above it, 0 where all are. `rangeOf` tells the lowest bin of a
 *  bucket's values and 256 times the highest; where these differ the thresholds (256 at most, ascending) decide. */
export function encodeByBuckets(
  values: Float32Array,
  rangeOf: Uint16Array,
  thresholds: ArrayLike<number>,
  codes: Uint8Array,
): void {
  const { functions, ranges, thresholds: list, codes: output } = load();
  ranges.set(rangeOf);
  list.set(thresholds);
  inPiecesOf(values, (first, count) => {
    functions.encodeBins(count);
    codes.set(output.subarray(0, count), first);
  });
}
