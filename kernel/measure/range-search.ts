/** The robust range of values that come piece by piece. */
import { rangeBetween, rangeOfLargest, robustCut, robustRange, type ValueRange } from "./histogram";
import { OutermostSearch, sampleLengthOf } from "./outermost";

/** `add` each piece in turn, then `finish`: the range that `robustRange` gives of all values. The values must be finite. */
export class RangeSearch {
  private readonly search: OutermostSearch | undefined;

  /** `count` values will come; `sample` gives some of them, spread over all, where it is asked. */
  constructor(count: number, sample: (count: number) => Float32Array) {
    const cut = robustCut(count);
    const fits = OutermostSearch.fits(count, cut);
    this.search = fits ? new OutermostSearch(count, cut, sample(sampleLengthOf(count))) : undefined;
  }

  /** The next values. */
  add(values: Float32Array): void {
    this.search?.add(values);
  }

  /** The range; `whole` gives all values, for what pieces do not tell. */
  finish(whole: () => Float32Array): ValueRange {
    const ends = this.search?.finish();
    if (!this.search || !ends) return robustRange(whole());
    return rangeBetween(ends) ?? rangeOfLargest(this.search.largest());
  }
}
