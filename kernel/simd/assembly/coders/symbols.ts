/** Range asymmetric numeral systems over symbols of up to 16 bits, as kernel/encode/rans.ts describes them: states in [2^23, 2^31), bytes go
 *  out and come in, symbol i on state i mod `streams`. The states lie at STATES, between calls too: a call works on some of the symbols. */
import { INTERLEAVING, Interleaving, LOWEST_STATE, OWNERS_OF_PLACES, PLACES, STATES } from "./_shared";

const lowest: u32 = LOWEST_STATE;

/** Codes `length` symbols (length) u16 at `from` from the last to the first, which stands on state `lane` first, then the one before it. The
 *  bytes end at `end`; returns where they begin. PLACES (65,536) × (u32 places, u32 places before). */
export function encodeSymbols(from: usize, length: i32, lane: i32, end: usize): usize {
  const streams = changetype<Interleaving>(INTERLEAVING).streams;
  const bits = changetype<Interleaving>(INTERLEAVING).bits;
  let out = end;
  let state = lane;
  for (let i = length - 1; i >= 0; i--) {
    const place = PLACES + ((<usize>load<u16>(from + ((<usize>i) << 1))) << 3);
    const f = load<u32>(place);
    const at = STATES + ((<usize>state) << 2);
    let x = load<u32>(at);
    const most = f << (31 - bits);
    while (x >= most) {
      store<u8>(--out, <u8>x);
      x >>= 8;
    }
    const quotient = x / f;
    store<u32>(at, (quotient << bits) + load<u32>(place, 4) + (x - quotient * f));
    state = state == 0 ? streams - 1 : state - 1;
  }
  return out;
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
