/** The loops of `simd/planes.ts` in plain TypeScript: the readable reference, whose bytes the WebAssembly module must equal. */
import { ownLane, viewsOf, type PlaneKernels } from "../../simd/planes";
import { canonicalCodes, codeLengths } from "../prefix/code-lengths";

const windowBits = 11;
const lowestState = 2 ** 16;

/** Kernels over a memory of their own. */
export function plainKernels(): PlaneKernels {
  const views = viewsOf(new ArrayBuffer(ownLane.end));
  const { memory, view, counts, codes, lengths, results, surveyed, frequencies, owners, pointers } = views;
  const symbolOf = new Uint8Array(2 ** windowBits);

  function element(at: number, width: number): bigint {
    let value = 0n;
    for (let p = width - 1; p >= 0; p--) value = (value << 8n) | BigInt(memory[at + p]);
    return value;
  }

  function storeElement(at: number, width: number, value: bigint): void {
    for (let p = 0; p < width; p++) memory[at + p] = Number((value >> BigInt(8 * p)) & 255n);
  }

  function rotateLeft(value: bigint, bits: bigint, width: number): bigint {
    const size = BigInt(8 * width);
    return BigInt.asUintN(8 * width, (value << bits) | (value >> (size - bits)));
  }

  /** The number that stands where the float of these bits stands among all floats; its own inverse. */
  function order(value: bigint, width: number, float: number): bigint {
    const signed = BigInt.asIntN(8 * width, value);
    return float && signed < 0n ? signed ^ ((1n << BigInt(8 * width - 1)) - 1n) : signed;
  }

  function decodeStream(from: number, to: number, length: number): number {
    let bit = 0;
    for (let i = 0; i < length; i++) {
      const at = from + (bit >> 3);
      const next = memory[at] | (memory[at + 1] << 8) | (memory[at + 2] << 16);
      memory[to + i] = symbolOf[(next >>> (bit & 7)) & (2 ** windowBits - 1)];
      bit += codes[memory[to + i]] >>> 16;
    }
    return bit;
  }

  function encodeStream(from: number, length: number, to: number): number {
    let bit = 0;
    for (let i = 0; i < length; i++) {
      const entry = codes[memory[from + i]];
      for (let k = 0; k < entry >>> 16; k++, bit++) {
        const at = to + (bit >> 3);
        if ((bit & 7) === 0) memory[at] = 0;
        memory[at] |= ((entry >>> k) & 1) << (bit & 7);
      }
    }
    return (bit + 7) >> 3;
  }

  const squares = (table: Float64Array): number => table.reduce((sum, count) => sum + count * count, 0);

  return {
    ...views,
    copy(from, to, length) {
      memory.copyWithin(to, from, from + length);
    },
    fill(to, value, length) {
      memory.fill(value, to, to + length);
    },
    split(from, to, elements, width, rotate) {
      for (let i = 0; i < elements; i++) {
        let value = element(from + i * width, width);
        if (rotate && width > 1) value = rotateLeft(value, 1n, width);
        for (let p = 0; p < width; p++) memory[to + p * elements + i] = Number((value >> BigInt(8 * p)) & 255n);
      }
    },
    merge(_pointers, to, elements, width, rotate) {
      for (let i = 0; i < elements; i++) {
        let value = 0n;
        for (let p = 0; p < width; p++) value |= BigInt(memory[pointers[p] + i]) << BigInt(8 * p);
        if (rotate && width > 1) value = rotateLeft(value, BigInt(8 * width - 1), width);
        storeElement(to + i * width, width, value);
      }
    },
    gather(from, to, records, stride, offset, length) {
      for (let i = 0; i < records; i++)
        memory.copyWithin(to + i * length, from + i * stride + offset, from + i * stride + offset + length);
    },
    scatter(from, to, records, stride, offset, length) {
      for (let i = 0; i < records; i++)
        memory.copyWithin(to + i * stride + offset, from + i * length, from + (i + 1) * length);
    },
    exclusiveOr(x, base, length) {
      for (let i = 0; i < length; i++) memory[x + i] ^= memory[base + i];
    },
    subtract(x, base, elements, width, float) {
      for (let at = 0; at < elements * width; at += width) {
        const difference = order(element(x + at, width), width, float) - order(element(base + at, width), width, float);
        const d = BigInt.asIntN(8 * width, difference);
        storeElement(x + at, width, d < 0n ? -2n * d - 1n : 2n * d);
      }
    },
    add(x, base, elements, width, float) {
      for (let at = 0; at < elements * width; at += width) {
        const folded = element(x + at, width);
        const d = (folded & 1n) === 1n ? -((folded + 1n) >> 1n) : folded >> 1n;
        const sum = BigInt.asIntN(8 * width, d + order(element(base + at, width), width, float));
        storeElement(x + at, width, order(sum, width, float));
      }
    },
    histogram(from, length) {
      counts.fill(0);
      for (let at = from; at < from + length; at++) counts[memory[at]]++;
    },
    survey(from, parts, part) {
      const all = new Float64Array(256);
      for (let k = 0; k < parts; k++) {
        const own = new Float64Array(256);
        for (let at = 0; at < part; at++) if (at % 1024 < 64) own[memory[from + k * part + at]]++;
        own.forEach((count, symbol) => (all[symbol] += count));
        surveyed[k] = squares(own);
      }
      surveyed[parts] = squares(all);
    },
    codeLengths() {
      const symbols = [...counts.keys()].filter((symbol) => counts[symbol] > 0);
      const found = codeLengths(
        symbols.map((symbol) => counts[symbol]),
        windowBits,
      );
      lengths.fill(0);
      symbols.forEach((symbol, i) => (lengths[symbol] = found[i]));
      results.set([symbols.length, symbols[0] ?? 255, symbols[symbols.length - 1] ?? 0]);
      return symbols.reduce((sum, symbol) => sum + counts[symbol] * lengths[symbol], 0);
    },
    buildCodes() {
      canonicalCodes(lengths).forEach((code, symbol) => {
        let reversed = 0;
        for (let k = 0; k < lengths[symbol]; k++) reversed = (reversed << 1) | ((code >>> k) & 1);
        codes[symbol] = reversed | (lengths[symbol] << 16);
      });
    },
    encodeStreams(from, length, to) {
      const quarter = Math.ceil(length / 4);
      let at = to;
      for (let k = 0; k < 4; k++) {
        const start = Math.min(length, k * quarter);
        results[k] = encodeStream(from + start, Math.min(length, start + quarter) - start, at);
        at += results[k];
      }
      return at - to;
    },
    buildTables() {
      codes.forEach((entry, symbol) => {
        const length = entry >>> 16;
        if (length > 0)
          for (let window = entry & 0xffff; window < 2 ** windowBits; window += 2 ** length) symbolOf[window] = symbol;
      });
    },
    decodeStreams(to, length) {
      const quarter = Math.ceil(length / 4);
      for (let k = 0; k < 4; k++) {
        const start = Math.min(length, k * quarter);
        results[k] = decodeStream(results[k], to + start, Math.min(length, start + quarter) - start);
      }
    },
    encodeRange(from, length, bits, end) {
      const states = [lowestState, lowestState, lowestState, lowestState];
      let at = end;
      for (let i = length - 1; i >= 0; i--) {
        const [f, before] = frequencies.subarray(2 * memory[from + i]);
        let x = states[i % 4];
        if (x >= f * 2 ** (32 - bits)) {
          view.setUint16((at -= 2), x % 65_536, true);
          x = Math.floor(x / 65_536);
        }
        states[i % 4] = Math.floor(x / f) * 2 ** bits + before + (x % f);
      }
      at -= 16;
      states.forEach((state, k) => view.setUint32(at + 4 * k, state, true));
      return at;
    },
    decodeRange(from, length, bits, to) {
      const states = [0, 4, 8, 12].map((at) => view.getUint32(from + at, true));
      let at = from + 16;
      for (let i = 0; i < length; i++) {
        const place = states[i % 4] % 2 ** bits;
        const symbol = owners[place];
        memory[to + i] = symbol;
        const [f, before] = frequencies.subarray(2 * symbol);
        let x = f * Math.floor(states[i % 4] / 2 ** bits) + place - before;
        if (x < lowestState) {
          x = x * 65_536 + view.getUint16(at, true);
          at += 2;
        }
        states[i % 4] = x;
      }
      results.set(states);
      return at;
    },
    hash(from, length, to) {
      view.setBigUint64(to, hash64(memory.subarray(from, from + length)), true);
    },
    hashStripes(from, length, lanes) {
      for (let at = 0; at < length; at += 8) {
        const lane = lanes + (at % 32);
        view.setBigUint64(lane, mix(view.getBigUint64(lane, true), view.getBigUint64(from + at, true)), true);
      }
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

/** The four lanes before the first byte. */
export const firstLanes: readonly bigint[] = [wrap(primes[0] + primes[1]), primes[1], 0n, wrap(-primes[0])];

/** XXH64 with seed 0 (Collet's specification, xxhash_spec.md 0.1.1). A checksum against damage, not against intent. */
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
