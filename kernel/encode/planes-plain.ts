/** The loops of `simd/planes.ts` in plain TypeScript: the readable reference, whose bytes the WebAssembly module must equal. */
import { places, type PlaneKernels } from "../simd/planes";

const tableSize = 2048;

/** Kernels over a memory of their own. */
export function plainKernels(): PlaneKernels {
  const memory = new Uint8Array(places.end);
  const view = new DataView(memory.buffer);

  function element(at: number, width: number): bigint {
    let value = 0n;
    for (let p = width - 1; p >= 0; p--) value = (value << 8n) | BigInt(memory[at + p]);
    return value;
  }

  function rotateLeft(value: bigint, bits: bigint, width: number): bigint {
    const size = BigInt(8 * width);
    return BigInt.asUintN(8 * width, (value << bits) | (value >> (size - bits)));
  }

  function decode(single: number, from: number, to: number, length: number, used: number): void {
    let bit = 0;
    for (let i = 0; i < length; i++) {
      const at = from + (bit >> 3);
      const window = ((memory[at] | (memory[at + 1] << 8) | (memory[at + 2] << 16)) >>> (bit & 7)) & (tableSize - 1);
      const entry = view.getUint16(single + 2 * window, true);
      memory[to + i] = entry & 255;
      bit += entry >> 8;
    }
    view.setUint32(used, bit, true);
  }

  return {
    memory,
    split(from, to, elements, width, rotate) {
      for (let i = 0; i < elements; i++) {
        let value = element(from + i * width, width);
        if (rotate && width > 1) value = rotateLeft(value, 1n, width);
        for (let p = 0; p < width; p++) memory[to + p * elements + i] = Number((value >> BigInt(8 * p)) & 255n);
      }
    },
    merge(planes, to, elements, width, rotate) {
      for (let i = 0; i < elements; i++) {
        let value = 0n;
        for (let p = 0; p < width; p++)
          value |= BigInt(memory[view.getUint32(planes + 4 * p, true) + i]) << BigInt(8 * p);
        if (rotate && width > 1) value = rotateLeft(value, BigInt(8 * width - 1), width);
        for (let p = 0; p < width; p++) memory[to + i * width + p] = Number((value >> BigInt(8 * p)) & 255n);
      }
    },
    histogram(from, length, counts) {
      memory.fill(0, counts, counts + 4096);
      for (let at = from; at < from + length; at++) {
        const place = counts + 4 * memory[at];
        view.setUint32(place, view.getUint32(place, true) + 1, true);
      }
    },
    encodeStream(from, length, codes, to) {
      let bit = 0;
      for (let i = 0; i < length; i++) {
        const entry = view.getUint32(codes + 4 * memory[from + i], true);
        for (let k = 0; k < entry >>> 16; k++, bit++) {
          const at = to + (bit >> 3);
          if ((bit & 7) === 0) memory[at] = 0;
          memory[at] |= ((entry >>> k) & 1) << (bit & 7);
        }
      }
      return (bit + 7) >> 3;
    },
    buildTables(codes, single) {
      for (let symbol = 0; symbol < 256; symbol++) {
        const entry = view.getUint32(codes + 4 * symbol, true);
        const length = entry >>> 16;
        if (length === 0) continue;
        for (let window = entry & 0xffff; window < tableSize; window += 1 << length)
          view.setUint16(single + 2 * window, symbol | (length << 8), true);
      }
    },
    decodePair(single, _runs, from0, from1, to0, to1, length0, length1, used) {
      decode(single, from0, to0, length0, used);
      decode(single, from1, to1, length1, used + 4);
    },
    hash(from, length, to) {
      view.setBigUint64(to, hash64(memory.subarray(from, from + length)), true);
    },
  };
}

const primes = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];
const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const turn = (value: bigint, bits: bigint): bigint => wrap((value << bits) | (value >> (64n - bits)));
const mix = (lane: bigint, input: bigint): bigint => wrap(turn(wrap(lane + input * primes[1]), 31n) * primes[0]);

/** XXH64 with seed 0 (Collet's specification, xxhash_spec.md 0.1.1). A checksum against damage, not against intent. */
export function hash64(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [prime1, prime2, prime3, prime4, prime5] = primes;
  let at = 0;
  let h = prime5;
  if (bytes.length >= 32) {
    const lanes = [wrap(prime1 + prime2), prime2, 0n, wrap(-prime1)];
    for (; at + 32 <= bytes.length; at += 32)
      for (let k = 0; k < 4; k++) lanes[k] = mix(lanes[k], view.getBigUint64(at + 8 * k, true));
    h = wrap(turn(lanes[0], 1n) + turn(lanes[1], 7n) + turn(lanes[2], 12n) + turn(lanes[3], 18n));
    for (const lane of lanes) h = wrap((h ^ mix(0n, lane)) * prime1 + prime4);
  }
  h = wrap(h + BigInt(bytes.length));
  for (; at + 8 <= bytes.length; at += 8)
    h = wrap(turn(h ^ mix(0n, view.getBigUint64(at, true)), 27n) * prime1 + prime4);
  if (at + 4 <= bytes.length) {
    h = wrap(turn(h ^ wrap(BigInt(view.getUint32(at, true)) * prime1), 23n) * prime2 + prime3);
    at += 4;
  }
  for (; at < bytes.length; at++) h = wrap(turn(h ^ wrap(BigInt(bytes[at]) * prime5), 11n) * prime1);
  h = wrap((h ^ (h >> 33n)) * prime2);
  h = wrap((h ^ (h >> 29n)) * prime3);
  return h ^ (h >> 32n);
}
