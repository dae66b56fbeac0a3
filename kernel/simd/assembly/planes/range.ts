/** Range asymmetric numeral systems over the bytes of a plane: four states, symbol i on state i mod 4, one sequence of 16-bit words.
 *  States lie in [2^16, 2^32) and begin at 2^16. Encoding s, with f of 2^bits places from c on, from the last symbol to the first: when
 *  x ≥ f·2^(32 − bits) one word x mod 2^16 goes out; x ← ⌊x / f⌋·2^bits + c + (x mod f). Decoding is the inverse, forwards. */
import { RESULTS } from "../_prefix/places";
import { FREQUENCIES, LOWEST_RANGE_STATE, OWNERS } from "./_shared";

const lowest: u32 = LOWEST_RANGE_STATE;

/** Codes `length` symbols by FREQUENCIES (256) × (u32 f, u32 c); the words end at `end`, the states (4) u32 stand before them. Returns
 *  the address of the first state. */
export function encodeRange(from: usize, length: i32, bits: u32, end: usize): usize {
  let out = end;
  let x0 = lowest;
  let x1 = lowest;
  let x2 = lowest;
  let x3 = lowest;
  for (let i = length - 1; i >= 0; i--) {
    const place = FREQUENCIES + ((<usize>load<u8>(from + <usize>i)) << 3);
    const f = load<u32>(place);
    const lane = i & 3;
    let x = lane == 0 ? x0 : lane == 1 ? x1 : lane == 2 ? x2 : x3;
    if (<u64>x >= (<u64>f) << (32 - bits)) {
      out -= 2;
      store<u16>(out, <u16>x);
      x >>= 16;
    }
    const quotient = x / f;
    x = (quotient << bits) + load<u32>(place, 4) + (x - quotient * f);
    if (lane == 0) x0 = x;
    else if (lane == 1) x1 = x;
    else if (lane == 2) x2 = x;
    else x3 = x;
  }
  out -= 16;
  store<u32>(out, x0);
  store<u32>(out, x1, 4);
  store<u32>(out, x2, 8);
  store<u32>(out, x3, 12);
  return out;
}

/** Decodes `length` symbols from the states and words at `from`; the symbol of each place at OWNERS (2^bits) u8. At RESULTS the four
 *  states at the end. Returns the address behind the last word that was read. At most one word a symbol is read. */
export function decodeRange(from: usize, length: i32, bits: u32, to: usize): usize {
  const mask = (1 << bits) - 1;
  let at = from + 16;
  let x0 = load<u32>(from);
  let x1 = load<u32>(from, 4);
  let x2 = load<u32>(from, 8);
  let x3 = load<u32>(from, 12);
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    x0 = step(x0, bits, mask, to + <usize>i);
    if (x0 < lowest) {
      x0 = (x0 << 16) | (<u32>load<u16>(at));
      at += 2;
    }
    x1 = step(x1, bits, mask, to + <usize>i + 1);
    if (x1 < lowest) {
      x1 = (x1 << 16) | (<u32>load<u16>(at));
      at += 2;
    }
    x2 = step(x2, bits, mask, to + <usize>i + 2);
    if (x2 < lowest) {
      x2 = (x2 << 16) | (<u32>load<u16>(at));
      at += 2;
    }
    x3 = step(x3, bits, mask, to + <usize>i + 3);
    if (x3 < lowest) {
      x3 = (x3 << 16) | (<u32>load<u16>(at));
      at += 2;
    }
  }
  for (; i < length; i++) {
    const lane = i & 3;
    let x = step(lane == 0 ? x0 : lane == 1 ? x1 : x2, bits, mask, to + <usize>i);
    if (x < lowest) {
      x = (x << 16) | (<u32>load<u16>(at));
      at += 2;
    }
    if (lane == 0) x0 = x;
    else if (lane == 1) x1 = x;
    else x2 = x;
  }
  store<u32>(RESULTS, x0);
  store<u32>(RESULTS, x1, 4);
  store<u32>(RESULTS, x2, 8);
  store<u32>(RESULTS, x3, 12);
  return at;
}

function step(x: u32, bits: u32, mask: u32, to: usize): u32 {
  const place = x & mask;
  const symbol = <usize>load<u8>(OWNERS + <usize>place);
  store<u8>(to, <u8>symbol);
  return load<u32>(FREQUENCIES + (symbol << 3)) * (x >> bits) + place - load<u32>(FREQUENCIES + (symbol << 3), 4);
}
