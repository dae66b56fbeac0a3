/** Round to nearest on a uniform grid, group by group, any shape and 2 to 8 bits: formulas in `kernel/quantize/linear.ts`.
 *
 *  A call works on `rows` rows of `columns` weights. Each row is cut into groups of `group` weights, of which the last is shorter when `group`
 *  does not divide the row. Groups are numbered row by row.
 *
 *  q = rint(w/s), but a division takes as long as ten other operations. So x = w·(1/s) is rounded instead. It gives another q only where x
 *  lies within |x|·2^-22 of the middle of two whole numbers; a group with such an x is encoded again by division. */
import { magic } from "./_floats";
import { encodeByDivision, floatPiece, storeCodes, sumOfLanes } from "./_division";
import { pinned } from "./_pin";
import { fitFour, largestCode } from "./_scales";
import { GRID, Grid, GROUP_TABLES, GroupTables } from "./_shared";

/** Writes the smallest and the largest weight of each group to bounds (groups, 2) f32. No weight is NaN. */
export function linearRanges(weights: usize, rows: i32, columns: i32, group: i32, bounds: usize): void {
  for (let row = 0; row < rows; row++) {
    for (let start = 0; start < columns; start += group) {
      const length = min(group, columns - start);
      const end = weights + ((<usize>length) << 2);
      let low = f32x4.splat(Infinity);
      let high = f32x4.splat(-Infinity);
      let low2 = low;
      let high2 = high;
      for (; weights + 64 <= end; weights += 64) {
        const a = v128.load(weights);
        const b = v128.load(weights, 16);
        low = f32x4.pmin(low, a);
        high = f32x4.pmax(high, a);
        low2 = f32x4.pmin(low2, b);
        high2 = f32x4.pmax(high2, b);
        const c = v128.load(weights, 32);
        const d = v128.load(weights, 48);
        low = f32x4.pmin(low, c);
        high = f32x4.pmax(high, c);
        low2 = f32x4.pmin(low2, d);
        high2 = f32x4.pmax(high2, d);
      }
      for (; weights < end; weights += 4) {
        const a = v128.load32_splat(weights);
        low = f32x4.pmin(low, a);
        high = f32x4.pmax(high, a);
      }
      low = f32x4.pmin(low, low2);
      high = f32x4.pmax(high, high2);
      // The largest is the negative of the smallest negative: one reduction of (low, −high) gives both.
      const minus = f32x4.neg(high);
      const ends = f32x4.pmin(v128.shuffle<f32>(low, minus, 0, 1, 4, 5), v128.shuffle<f32>(low, minus, 2, 3, 6, 7));
      const both = f32x4.pmin(ends, v128.shuffle<f32>(ends, ends, 1, 0, 3, 2));
      store<f32>(bounds, f32x4.extract_lane(both, 0));
      store<f32>(bounds, -f32x4.extract_lane(both, 2), 4);
      bounds += 8;
    }
  }
}

/** Scales, zero points and flags of all groups from their bounds, on the grid at GRID, in the tables at GROUP_TABLES: each holds a multiple
 *  of four groups. Returns false when a range or a scale is too large: nothing else is valid then. */
export function linearFit(groups: i32): bool {
  const tables = changetype<GroupTables>(GROUP_TABLES);
  let bounds = tables.bounds;
  let scales = tables.scales;
  let zeros = tables.zeros;
  let flags = tables.flags;
  // Four groups are fitted at a time: those past the last get its bounds.
  for (let g = groups; (g & 3) != 0; g++) store<u64>(bounds + 8 * g, load<u64>(bounds + 8 * (groups - 1)));
  for (let g = 0; g < groups; g += 4) {
    const first = v128.load(bounds);
    const second = v128.load(bounds, 16);
    const low = v128.shuffle<f32>(first, second, 0, 2, 4, 6);
    const high = v128.shuffle<f32>(first, second, 1, 3, 5, 7);
    if (!fitFour(low, high, scales, zeros, flags)) return false;
    bounds += 32;
    scales += 16;
    zeros += 4;
    flags += 4;
  }
  return true;
}

/** Squared error of the group in hand. */
let groupError: f64 = 0;

/** Encodes `length` weights, a multiple of 16, by the reciprocal of the scale, when all codes lie within the grid. Returns false when a code is
 *  in doubt. The squared error is added to `groupError`. */
function encodeByReciprocal(weights: usize, length: usize, codes: usize, scale: f32, zero: i32): bool {
  const inverse = pinned(f32x4.splat(1 / scale));
  const scales = pinned(f32x4.splat(scale));
  const magics = pinned(f32x4.splat(magic));
  const toCode = pinned(i32x4.splat(zero - reinterpret<i32>(magic)));
  // A code is in doubt when |w′ − w| comes this near to s/2: x is off by 255·2^-23 at most, and w′ by its rounding.
  const doubt = f32x4.splat(scale * scale * <f32>0.2498);
  let most = f32x4.splat(0);
  let most2 = most;
  for (let start: usize = 0; start < length; start += floatPiece) {
    const end = min(start + floatPiece, length);
    let sums0 = f32x4.splat(0);
    let sums1 = sums0;
    let sums2 = sums0;
    let sums3 = sums0;
    for (let i = start; i < end; i += 16) {
      const at = weights + (i << 2);
      const to = codes + i;
      const w0 = v128.load(at);
      const w1 = v128.load(at, 16);
      const w2 = v128.load(at, 32);
      const w3 = v128.load(at, 48);
      const t0 = f32x4.add(f32x4.mul(w0, inverse), magics);
      const t1 = f32x4.add(f32x4.mul(w1, inverse), magics);
      const t2 = f32x4.add(f32x4.mul(w2, inverse), magics);
      const t3 = f32x4.add(f32x4.mul(w3, inverse), magics);
      storeCodes(to, i32x4.add(t0, toCode), i32x4.add(t1, toCode), i32x4.add(t2, toCode), i32x4.add(t3, toCode));
      let d = f32x4.sub(f32x4.mul(scales, f32x4.sub(t0, magics)), w0);
      d = f32x4.mul(d, d);
      sums0 = f32x4.add(sums0, d);
      most = f32x4.pmax(most, d);
      d = f32x4.sub(f32x4.mul(scales, f32x4.sub(t1, magics)), w1);
      d = f32x4.mul(d, d);
      sums1 = f32x4.add(sums1, d);
      most2 = f32x4.pmax(most2, d);
      d = f32x4.sub(f32x4.mul(scales, f32x4.sub(t2, magics)), w2);
      d = f32x4.mul(d, d);
      sums2 = f32x4.add(sums2, d);
      most = f32x4.pmax(most, d);
      d = f32x4.sub(f32x4.mul(scales, f32x4.sub(t3, magics)), w3);
      d = f32x4.mul(d, d);
      sums3 = f32x4.add(sums3, d);
      most2 = f32x4.pmax(most2, d);
    }
    groupError += <f64>sumOfLanes(f32x4.add(f32x4.add(sums0, sums1), f32x4.add(sums2, sums3)));
  }
  return i32x4.all_true(f32x4.lt(f32x4.pmax(most, most2), doubt));
}

/** The last stretch of fewer than 16 weights is copied here and followed by zeros, whose error is 0. */
const tail = memory.data(64, 16);
const tailCodes = memory.data(16, 16);

/** Encodes `length` weights, a multiple of 16: by division when `exact`, else by the reciprocal. Returns false when that leaves a code in doubt. */
function encodePart(
  weights: usize,
  length: usize,
  exact: bool,
  scale: f32,
  lowest: f32,
  highest: f32,
  zero: i32,
  codes: usize,
): bool {
  if (!exact) return encodeByReciprocal(weights, length, codes, scale, zero);
  groupError += encodeByDivision(weights, length, codes, scale, lowest, highest, zero);
  return true;
}

/** Encodes one group, and leaves its squared error in `groupError`. Returns false when a code is in doubt. */
function encodeGroup(
  weights: usize,
  length: usize,
  exact: bool,
  scale: f32,
  lowest: f32,
  highest: f32,
  zero: i32,
  codes: usize,
): bool {
  groupError = 0;
  const most = length & ~15;
  const rest = length - most;
  let done = true;
  if (most > 0) done = encodePart(weights, most, exact, scale, lowest, highest, zero, codes);
  if (rest > 0) {
    memory.fill(tail, 0, 64);
    memory.copy(tail, weights + (most << 2), rest << 2);
    if (!encodePart(tail, 16, exact, scale, lowest, highest, zero, tailCodes)) done = false;
    memory.copy(codes + most, tailCodes, rest);
  }
  return done;
}

/** Codes (rows, columns) u8 or i8 for groups whose scales, zero points and flags `linearFit` gave. The squared error of each group,
 *  Σ(w′ − w)², is added to that in the tables, unless the address of these is 0. */
export function linearEncode(weights: usize, rows: i32, columns: i32, group: i32, codes: usize): void {
  const tables = changetype<GroupTables>(GROUP_TABLES);
  let scales = tables.scales;
  let zeros = tables.zeros;
  let flags = tables.flags;
  let errors = tables.errors;
  const grid = changetype<Grid>(GRID);
  const maximum = largestCode(grid);
  const minimum = grid.symmetric ? -maximum : 0;
  for (let row = 0; row < rows; row++) {
    for (let start = 0; start < columns; start += group) {
      const length = <usize>min(group, columns - start);
      const scale = load<f32>(scales);
      const zero = <i32>load<u8>(zeros);
      const lowest = <f32>(minimum - zero);
      const highest = <f32>(maximum - zero);
      const exact = load<u8>(flags) != 0;
      if (!encodeGroup(weights, length, exact, scale, lowest, highest, zero, codes))
        encodeGroup(weights, length, true, scale, lowest, highest, zero, codes);
      if (errors != 0) {
        store<f64>(errors, load<f64>(errors) + groupError);
        errors += 8;
      }
      weights += length << 2;
      codes += length;
      scales += 4;
      zeros += 1;
      flags += 1;
    }
  }
}
