/** XXH64 with seed 0 (Collet's specification, xxhash_spec.md 0.1.1): a checksum against damage, not against intent. Four lanes take 8 bytes
 *  each of every 32; what is left is mixed in at the end. */

const primes = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const turn = (value: bigint, bits: bigint): bigint => wrap((value << bits) | (value >> (64n - bits)));
/** A lane after 8 more bytes. */
export const mix = (lane: bigint, input: bigint): bigint => wrap(turn(wrap(lane + input * primes[1]), 31n) * primes[0]);

/** The four lanes before the first byte. */
export const firstLanes: readonly bigint[] = [wrap(primes[0] + primes[1]), primes[1], 0n, wrap(-primes[0])];

/** The hash of `bytes`. */
export function hash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lanes = [...firstLanes];
  let at = 0;
  for (; at + 32 <= bytes.length; at += 32)
    for (let k = 0; k < 4; k++) lanes[k] = mix(lanes[k], view.getBigUint64(at + 8 * k, true));
  return finishHash(lanes, bytes.subarray(at), bytes.length);
}

/** The hash of `length` bytes, of which all but the last, `rest`, fewer than 32, are in the lanes. */
export function finishHash(lanes: readonly bigint[], rest: Uint8Array, length: number): bigint {
  const view = new DataView(rest.buffer, rest.byteOffset, rest.byteLength);
  const [prime1, prime2, prime3, prime4, prime5] = primes;
  let h = prime5;
  if (length >= 32) {
    h = wrap(turn(lanes[0], 1n) + turn(lanes[1], 7n) + turn(lanes[2], 12n) + turn(lanes[3], 18n));
    for (const lane of lanes) h = wrap((h ^ mix(0n, lane)) * prime1 + prime4);
  }
  h = wrap(h + BigInt(length));
  let at = 0;
  for (; at + 8 <= rest.length; at += 8)
    h = wrap(turn(h ^ mix(0n, view.getBigUint64(at, true)), 27n) * prime1 + prime4);
  if (at + 4 <= rest.length) {
    h = wrap(turn(h ^ wrap(BigInt(view.getUint32(at, true)) * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < rest.length; at++) h = wrap(turn(h ^ wrap(BigInt(rest[at]) * prime5), 11n) * prime1);
  h = wrap((h ^ (h >> 33n)) * prime2);
  h = wrap((h ^ (h >> 29n)) * prime3);
  return h ^ (h >> 32n);
}
