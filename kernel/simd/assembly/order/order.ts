/** Values by their buckets, which _shared.ts tells: pieces of `count` values, finite, from INPUT. */
import { CHOICES, INPUT, OUTPUT, THRESHOLDS, TOTALS } from "./_shared";

function add(bits: u32): void {
  const at = TOTALS + ((<usize>(bits >> 16)) << 3);
  store<u64>(at, load<u64>(at) + (((<u64>1) << 40) | (bits & 0xffff)));
}

/** Adds the values to TOTALS. */
export function addTotals(count: i32): void {
  const end = INPUT + ((<usize>count) << 2);
  let x = INPUT;
  for (; x + 16 <= end; x += 16) {
    const a = load<u64>(x);
    const b = load<u64>(x, 8);
    add(<u32>a);
    add(<u32>(a >> 32));
    add(<u32>b);
    add(<u32>(b >> 32));
  }
  for (; x < end; x += 4) add(load<u32>(x));
}

/** Writes the values of chosen buckets, in their order, to OUTPUT, and returns how many they are. CHOICES (BUCKETS) u8: 4 where a bucket is
 *  chosen, else 0. */
export function pickChosen(count: i32): i32 {
  const end = INPUT + ((<usize>count) << 2);
  let to = OUTPUT;
  for (let x = INPUT; x < end; x += 4) {
    const bits = load<u32>(x);
    store<u32>(to, bits);
    to += <usize>load<u8>(CHOICES + <usize>(bits >> 16));
  }
  return <i32>((to - OUTPUT) >> 2);
}

/** The last bin from `low` to `high` whose threshold is not above the value; `low` where all are. */
function search(value: f32, low: u32, high: u32): u32 {
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (load<f32>(THRESHOLDS + ((<usize>middle) << 2)) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

function codeOf(bits: u32): u32 {
  const range = <u32>load<u16>(CHOICES + ((<usize>(bits >> 16)) << 1));
  const low = range & 0xff;
  const high = range >> 8;
  return low == high ? low : search(reinterpret<f32>(bits), low, high);
}

/** Writes the bin of each value (count) u8 to OUTPUT: the last whose threshold is not above it. CHOICES (BUCKETS) u16: the lowest bin of the
 *  bucket's values, and 256 times the highest. */
export function encodeBins(count: i32): void {
  const end = INPUT + ((<usize>count) << 2);
  let to = OUTPUT;
  let x = INPUT;
  for (; x + 16 <= end; x += 16, to += 4) {
    const a = load<u64>(x);
    const b = load<u64>(x, 8);
    const first = codeOf(<u32>a) | (codeOf(<u32>(a >> 32)) << 8);
    store<u32>(to, first | (codeOf(<u32>b) << 16) | (codeOf(<u32>(b >> 32)) << 24));
  }
  for (; x < end; x += 4, to++) store<u8>(to, codeOf(load<u32>(x)));
}
