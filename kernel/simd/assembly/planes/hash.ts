/** XXH64 (Collet's specification, xxhash_spec.md 0.1.1). */

const prime1: u64 = 0x9e3779b185ebca87;
const prime2: u64 = 0xc2b2ae3d27d4eb4f;
const prime3: u64 = 0x165667b19e3779f9;
const prime4: u64 = 0x85ebca77c2b2ae63;
const prime5: u64 = 0x27d4eb2f165667c5;

/** XXH64 with seed 0, stored as u64 at `to`. */
export function hash(from: usize, length: i32, to: usize): void {
  const end = from + <usize>length;
  let at = from;
  let h: u64 = prime5;
  if (length >= 32) {
    let a = prime1 + prime2;
    let b = prime2;
    let c: u64 = 0;
    let d: u64 = 0 - prime1;
    for (; at + 32 <= end; at += 32) {
      a = mix(a, load<u64>(at));
      b = mix(b, load<u64>(at, 8));
      c = mix(c, load<u64>(at, 16));
      d = mix(d, load<u64>(at, 24));
    }
    h = rotl<u64>(a, 1) + rotl<u64>(b, 7) + rotl<u64>(c, 12) + rotl<u64>(d, 18);
    h = (h ^ mix(0, a)) * prime1 + prime4;
    h = (h ^ mix(0, b)) * prime1 + prime4;
    h = (h ^ mix(0, c)) * prime1 + prime4;
    h = (h ^ mix(0, d)) * prime1 + prime4;
  }
  h += <u64>length;
  for (; at + 8 <= end; at += 8) h = rotl<u64>(h ^ mix(0, load<u64>(at)), 27) * prime1 + prime4;
  if (at + 4 <= end) {
    h = rotl<u64>(h ^ (<u64>load<u32>(at) * prime1), 23) * prime2 + prime3;
    at += 4;
  }
  for (; at < end; at++) h = rotl<u64>(h ^ (<u64>load<u8>(at) * prime5), 11) * prime1;
  h = (h ^ (h >> 33)) * prime2;
  h = (h ^ (h >> 29)) * prime3;
  store<u64>(to, h ^ (h >> 32));
}

/** Takes `length` bytes, a multiple of 32, into the four lanes (4) u64 at `lanes`. */
export function hashStripes(from: usize, length: i32, lanes: usize): void {
  const end = from + <usize>length;
  let a = load<u64>(lanes);
  let b = load<u64>(lanes, 8);
  let c = load<u64>(lanes, 16);
  let d = load<u64>(lanes, 24);
  for (let at = from; at < end; at += 32) {
    a = mix(a, load<u64>(at));
    b = mix(b, load<u64>(at, 8));
    c = mix(c, load<u64>(at, 16));
    d = mix(d, load<u64>(at, 24));
  }
  store<u64>(lanes, a);
  store<u64>(lanes, b, 8);
  store<u64>(lanes, c, 16);
  store<u64>(lanes, d, 24);
}

function mix(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * prime2, 31) * prime1;
}
