/** The values that stand at a rank near either end of an order, without putting all in order: those beyond a guess are collected, and the one
 *  that is sought is selected among them. The guess is from a sample, and the answer does not depend on it. */
import { selectRank } from "../bytes/select";
import { valueOfRank } from "../grid/order";
import { loops } from "../loops/loops";

/** One value from each end. */
export interface Outermost {
  /** The one near the lower end. */
  readonly low: number;
  /** The one near the upper end. */
  readonly high: number;
}

/** The values of rank `cut` and of rank n − 1 − cut among n ≥ 1 (0 is the smallest), −0 as 0. No NaN. */
export function outermostValues(values: Float32Array, cut: number): Outermost {
  const sample = OutermostSearch.fits(values.length, cut) ? sampleOf(values, sampleLengthOf(values.length)) : undefined;
  const search = sample && new OutermostSearch(values.length, cut, sample);
  search?.add(values);
  return search?.finish() ?? plainOutermost(values, cut);
}

/** The same by counting all values twice. A NaN ranks above all numbers. */
export function plainOutermost(values: Float32Array, cut: number): Outermost {
  return { low: valueOfRank(values, cut) + 0, high: valueOfRank(values, values.length - 1 - cut) + 0 };
}

/** Values of the sample, in runs of neighbours, each of which costs one trip to memory. */
export const sampleLength = 2048;
/** The sample of more values than `manyValues`: its guess leaves half as many beyond, among which the one that is sought is selected. */
const largeSampleLength = 8192;
const manyValues = 1 << 18;

/** How many of `count` values make a sample. */
export function sampleLengthOf(count: number): number {
  return count < manyValues ? sampleLength : largeSampleLength;
}

const runLength = 16;
const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** `count`, a multiple of 16, of at least as many values. Runs begin at multiples of the golden ratio: even steps would meet the same few columns in
 *  every row. */
export function sampleOf(values: Float32Array, count = sampleLength): Float32Array {
  const sample = new Float32Array(count);
  const places = values.length - runLength;
  for (let i = 0; i < count; i += runLength) {
    const from = Math.floor(((i * goldenRatio) % 1) * places);
    for (let k = 0; k < runLength; k++) sample[i + k] = values[from + k];
  }
  return sample;
}

/** The search over values that come piece by piece. */
export class OutermostSearch {
  private readonly edges: Outermost;
  private readonly below: Float32Array[] = [];
  private readonly above: Float32Array[] = [];
  private atLow = 0;
  private atHigh = 0;

  /** `count` values will come, of which `sample` (sampleLengthOf(count)) holds some. */
  constructor(
    count: number,
    private readonly cut: number,
    sample: Float32Array,
  ) {
    // Three times as many beyond as are wanted, and some more.
    this.edges = edgesOf(sample, Math.ceil((3 * cut * sample.length) / count) + 4);
  }

  /** Whether the search is worth its sample: for many values, and a cut that is a small part of them. */
  static fits(count: number, cut: number): boolean {
    return count >= 4 * sampleLength && cut <= count / 256;
  }

  /** The next values. */
  add(values: Float32Array): void {
    const { low, high } = this.edges;
    const { below, above, atLow, atHigh } = loops.values.beyond(values, low, high);
    this.below.push(below);
    this.above.push(above);
    this.atLow += atLow;
    this.atHigh += atHigh;
  }

  /** max|v| of all values that came: the edges are two of them, and what is larger lies beyond. */
  largest(): number {
    let largest = Math.max(Math.abs(this.edges.low), Math.abs(this.edges.high));
    for (const part of [...this.below, ...this.above])
      for (const value of part) if (Math.abs(value) > largest) largest = Math.abs(value);
    return largest;
  }

  /** Both values; `undefined` where the guess left out one of them. */
  finish(): Outermost | undefined {
    const { low, high } = this.edges;
    const lowest = fromTheEnd(this.below, this.atLow, low, this.cut, () => this.cut);
    const highest = fromTheEnd(this.above, this.atHigh, high, this.cut, (length) => length - 1 - this.cut);
    return lowest === undefined || highest === undefined ? undefined : { low: lowest + 0, high: highest + 0 };
  }
}

/** The values of rank `rank` from either end of a sample: few, and so kept in order while they are looked for. */
function edgesOf(sample: Float32Array, rank: number): Outermost {
  const least = new Float32Array(rank + 1).fill(Infinity);
  const greatest = new Float32Array(rank + 1).fill(-Infinity);
  for (let i = 0; i < sample.length; i++) {
    const value = sample[i];
    if (value < least[rank]) {
      let place = rank;
      for (; place > 0 && least[place - 1] > value; place--) least[place] = least[place - 1];
      least[place] = value;
    }
    if (value > greatest[rank]) {
      let place = rank;
      for (; place > 0 && greatest[place - 1] < value; place--) greatest[place] = greatest[place - 1];
      greatest[place] = value;
    }
  }
  return { low: least[rank], high: greatest[rank] };
}

/** The value number `cut` counted from the outer end, among those beyond an edge and the edge itself, at or beyond which `reached` values
 *  lie. */
function fromTheEnd(
  parts: readonly Float32Array[],
  reached: number,
  edge: number,
  cut: number,
  rankAmong: (length: number) => number,
): number | undefined {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (reached <= cut) return undefined;
  if (length <= cut) return edge;
  const all = new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return selectRank(all, rankAmong(length));
}
