/** Range asymmetric numeral systems over symbols of up to 16 bits, as kernel/encode/rans.ts describes them: states in [2^23, 2^31), bytes go
 *  out and come in, symbol i on state i mod `streams`. The states lie at STATES, between calls too: a call works on some of the symbols. */
import { INTERLEAVING, Interleaving, LOWEST_STATE, OWNERS_OF_PLACES, PLACES, RECIPROCALS, STATES } from "./_shared";

const lowest: u32 = LOWEST_STATE;

/** Places of `count` integers i32 at `from`, less `least`, in the table u16 at OWNERS_OF_PLACES, to (count) u16. */
export function placeIntegers(from: usize, count: i32, least: i32, to: usize): void {
  for (const end = from + ((<usize>count) << 2); from < end; from += 4, to += 2)
    store<u16>(to, load<u16>(OWNERS_OF_PLACES + ((<usize>((<u32>(load<i32>(from) - least)) & 0xffff)) << 1)));
}

/** Codes `length` symbols (length) u16 at `from` from the last to the first, which stands on state `lane` first, then the one before it. The
 *  bytes end at `end`; returns where they begin. PLACES (65,536) × (u32 places, u32 places before). */
export function encodeSymbols(from: usize, length: i32, lane: i32, end: usize): usize {
  makeReciprocals();
  const streams = changetype<Interleaving>(INTERLEAVING).streams;
  const bits = changetype<Interleaving>(INTERLEAVING).bits;
  if (streams == 2) return encodeInTurns(from, length, lane, end);
  let out = end;
  let state = lane;
  for (let i = length - 1; i >= 0; i--) {
    const place = placeOf(from, i);
    const at = STATES + ((<usize>state) << 2);
    const x = load<u32>(at);
    const count = bytesOut(x, load<u32>(place) << (31 - bits));
    putBytes(out, x);
    out -= count;
    store<u32>(at, nextState(x >> (8 * count), place, bits));
    state = state == 0 ? streams - 1 : state - 1;
  }
  return out;
}

/** The same for two states, which stay in registers: while one waits for its division, the other goes on. */
function encodeInTurns(from: usize, length: i32, lane: i32, end: usize): usize {
  const bits = changetype<Interleaving>(INTERLEAVING).bits;
  const own = STATES + ((<usize>lane) << 2);
  const other = STATES + ((<usize>(1 - lane)) << 2);
  let x = load<u32>(own);
  let y = load<u32>(other);
  let out = end;
  let i = length - 1;
  for (; i >= 1; i -= 2) {
    const place = placeOf(from, i);
    const count = bytesOut(x, load<u32>(place) << (31 - bits));
    putBytes(out, x);
    out -= count;
    x = nextState(x >> (8 * count), place, bits);
    const place2 = placeOf(from, i - 1);
    const count2 = bytesOut(y, load<u32>(place2) << (31 - bits));
    putBytes(out, y);
    out -= count2;
    y = nextState(y >> (8 * count2), place2, bits);
  }
  if (i == 0) {
    const place = placeOf(from, i);
    const count = bytesOut(x, load<u32>(place) << (31 - bits));
    putBytes(out, x);
    out -= count;
    x = nextState(x >> (8 * count), place, bits);
  }
  store<u32>(own, x);
  store<u32>(other, y);
  return out;
}

/** Makes the table of ⌈2^shift/f⌉ for every f up to 65,536, when it is first needed: x·⌈2^shift/f⌉·2^−shift, cut off, is x/f for every x below
 *  2^31 (Granlund and Montgomery 1994, Division by Invariant Integers using Multiplication). */
function makeReciprocals(): void {
  if (load<u32>(RECIPROCALS) != 0) return;
  for (let f: u64 = 1; f <= 65536; f++)
    store<u32>(RECIPROCALS + ((<usize>f) << 2), <u32>((((<u64>1) << shiftOf(<u32>f)) + f - 1) / f));
  store<u32>(RECIPROCALS, 1);
}

/** 31 + ⌈log2 f⌉. */
function shiftOf(f: u32): u64 {
  return 63 - clz(f - 1);
}

function placeOf(from: usize, i: i32): usize {
  return PLACES + ((<usize>load<u16>(from + ((<usize>i) << 1))) << 3);
}

/** How many bytes go out before a symbol: so many that the state is below `most`; two at most, for a state is below 2^31 and `most` at least
 *  2^15. */
function bytesOut(x: u32, most: u32): i32 {
  return <i32>(x >= most) + <i32>(x >> 8 >= most);
}

/** Writes the two bytes that may go out in front of `out`, the lower one last: to write both is quicker than to ask. */
function putBytes(out: usize, x: u32): void {
  store<u16>(out - 2, <u16>(((x & 255) << 8) | ((x >> 8) & 255)));
}

/** ⌊x/f⌋·2^bits + x mod f + the places before, as x + ⌊x/f⌋·(2^bits − f) + those, which has one product in the way. */
function nextState(x: u32, place: usize, bits: u32): u32 {
  const f = load<u32>(place);
  const quotient = <u32>((<u64>x * <u64>load<u32>(RECIPROCALS + ((<usize>f) << 2))) >> shiftOf(f));
  return quotient * (((<u32>1) << bits) - f) + (x + load<u32>(place, 4));
}

/** Decodes `length` symbols to (length) u16 at `to`, the first on state `lane`, from bytes `from` to `end`; the symbol of each place at
 *  OWNERS_OF_PLACES (2^bits) u16. Returns where the bytes go on, or 0 when they end too early. */
export function decodeSymbols(from: usize, end: usize, to: usize, length: i32, lane: i32): usize {
  const streams = changetype<Interleaving>(INTERLEAVING).streams;
  const bits = changetype<Interleaving>(INTERLEAVING).bits;
  const mask: u32 = (1 << bits) - 1;
  let at = from;
  let state = lane;
  for (let i = 0; i < length; i++) {
    const place = STATES + ((<usize>state) << 2);
    let x = load<u32>(place);
    const r = x & mask;
    const symbol = <usize>load<u16>(OWNERS_OF_PLACES + ((<usize>r) << 1));
    store<u16>(to + ((<usize>i) << 1), <u16>symbol);
    const f = PLACES + (symbol << 3);
    x = load<u32>(f) * (x >> bits) + r - load<u32>(f, 4);
    while (x < lowest) {
      if (at >= end) return 0;
      x = (x << 8) | (<u32>load<u8>(at++));
    }
    store<u32>(place, x);
    state = state + 1 == streams ? 0 : state + 1;
  }
  return at;
}
