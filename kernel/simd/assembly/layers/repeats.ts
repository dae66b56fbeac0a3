/** How often values occur that occur more than once, by their bits in the order of the values, −0 as 0. Values are dealt to buckets by the upper
 *  halves of their keys, and the lower halves are looked at within each. */
import { needChoices, storeChosen } from "./_choices";

/** Bits that order as the values do. */
function keyOf(bits: u32): u32 {
  return bits ^ ((<u32>((<i32>bits) >> 31)) | 0x80000000);
}

/** Values that are looked at at a time, and where those of them lie that are not 0. */
const heldValues: i32 = 2048;
const held = memory.data(8192 + 16, 16);

/** Copies the values that are not 0, at most `heldValues` of them. Returns where they end. */
function holdOthers(x: usize, count: i32): usize {
  needChoices();
  let to = held;
  const end = x + ((<usize>count) << 2);
  const zeros = i32x4.splat(0);
  for (; x + 16 <= end; x += 16) {
    const four = v128.load(x);
    to = storeChosen(to, four, i32x4.bitmask(i32x4.ne(i32x4.shl(four, 1), zeros)));
  }
  for (; x < end; x += 4) {
    const bits = load<u32>(x);
    store<u32>(to, bits);
    to += (<usize>(bits << 1 != 0)) << 2;
  }
  return to;
}

/** Adds 1 to the number of each value's bucket in ends (65,536) u32, zeros left out. */
export function countBuckets(x: usize, count: i32, ends: usize): void {
  for (let done = 0; done < count; done += heldValues) {
    const end = holdOthers(x + ((<usize>done) << 2), min(heldValues, count - done));
    for (let from = held; from < end; from += 4) {
      const at = ends + ((<usize>(keyOf(load<u32>(from)) >> 16)) << 2);
      store<u32>(at, load<u32>(at) + 1);
    }
  }
}

/** Turns numbers of buckets into the places where they begin. Returns how many values there are in all. */
export function beginBuckets(ends: usize): u32 {
  let start: u32 = 0;
  for (let k: usize = 0; k < 4 * 65536; k += 4) {
    const count = load<u32>(ends + k);
    store<u32>(ends + k, start);
    start += count;
  }
  return start;
}

/** Deals the lower halves u16 of the values' keys to `lower`, where their buckets' places are, zeros left out; the places move behind what was
 *  dealt. */
export function dealLowers(x: usize, count: i32, ends: usize, lower: usize): void {
  for (let done = 0; done < count; done += heldValues) {
    const end = holdOthers(x + ((<usize>done) << 2), min(heldValues, count - done));
    for (let from = held; from < end; from += 4) {
      const key = keyOf(load<u32>(from));
      const at = ends + ((<usize>(key >> 16)) << 2);
      const place = load<u32>(at);
      store<u16>(lower + ((<usize>place) << 1), <u16>key);
      store<u32>(at, place + 1);
    }
  }
}

/** Distinct halves of a bucket from which a search through all bits is shorter than putting them in order. */
const mostSorted = 32;

/** The bucket that begins with 0. */
const bucketOfZero: usize = 0x8000;

/** Writes how often each repeated value occurs, 0 of either sign `zeros` times, to `out` u32, ascending by value, and returns how many there
 *  are. `out` may be 4 bytes or more in front of `lower`: a number takes the place of two halves that were read. `scratch` holds zeros,
 *  before and after: a bit for each half that was seen (8 KiB), one for each that was seen again (8 KiB), the numbers of the latter less one
 *  (65,536) u32; behind them the list of these (65,536) u16, which need not be zeros. */
export function countRepeats(lower: usize, ends: usize, scratch: usize, zeros: u32, out: usize): i32 {
  const seen = scratch;
  const again = scratch + 8192;
  const counts = scratch + 16384;
  const list = counts + 4 * 65536;
  const first = out;
  let from = lower;
  for (let k: usize = 0; k < 4 * 65536; k += 4) {
    const to = lower + ((<usize>load<u32>(ends + k)) << 1);
    if (k == 4 * bucketOfZero && zeros > 1) {
      store<u32>(out, zeros);
      out += 4;
    }
    if (to - from >= 4) {
      let repeated = 0;
      for (let at = from; at < to; at += 2) {
        const half = <u32>load<u16>(at);
        const byte = seen + (half >> 3);
        const bits = load<u8>(byte);
        const bit = <u8>((<u32>1) << (half & 7));
        if ((bits & bit) == 0) store<u8>(byte, <u8>(bits | bit));
        else {
          const place = counts + ((<usize>half) << 2);
          const count = load<u32>(place);
          store<u32>(place, count + 1);
          if (count == 0) {
            store<u16>(list + ((<usize>repeated) << 1), <u16>half);
            repeated++;
          }
        }
      }
      if (to - from > 4096) memory.fill(seen, 0, 8192);
      else for (let at = from; at < to; at += 2) store<u8>(seen + (load<u16>(at) >> 3), 0);
      if (repeated <= mostSorted) {
        sortHalves(list, repeated);
        for (let i = 0; i < repeated; i++) out = takeCount(counts, load<u16>(list + ((<usize>i) << 1)), out);
      } else {
        for (let i = 0; i < repeated; i++) {
          const half = <u32>load<u16>(list + ((<usize>i) << 1));
          const byte = again + (half >> 3);
          store<u8>(byte, <u8>(load<u8>(byte) | (<u8>((<u32>1) << (half & 7)))));
        }
        for (let word: usize = 0; word < 8192; word += 8) {
          let bits = load<u64>(again + word);
          if (bits == 0) continue;
          store<u64>(again + word, 0);
          for (; bits != 0; bits &= bits - 1) out = takeCount(counts, ((<u32>word) << 3) + <u32>ctz(bits), out);
        }
      }
    }
    from = to;
  }
  return <i32>((out - first) >> 2);
}

function takeCount(counts: usize, half: u32, out: usize): usize {
  const place = counts + ((<usize>half) << 2);
  store<u32>(out, load<u32>(place) + 1);
  store<u32>(place, 0);
  return out + 4;
}

/** Puts a short list of u16 in order. */
function sortHalves(list: usize, length: i32): void {
  for (let i = 1; i < length; i++) {
    const held = load<u16>(list + ((<usize>i) << 1));
    let k = i;
    for (; k > 0 && load<u16>(list + ((<usize>(k - 1)) << 1)) > held; k--)
      store<u16>(list + ((<usize>k) << 1), load<u16>(list + ((<usize>(k - 1)) << 1)));
    store<u16>(list + ((<usize>k) << 1), held);
  }
}
