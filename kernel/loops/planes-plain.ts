/** The loops of planes.ts in plain TypeScript: the readable reference, whose bytes the fast ones must equal. */
import type { BlockCodec } from "../blocks";
import { LOWEST_RANGE_STATE, MOST_CODE_BITS, STREAMS, SURVEY_STRIDE, SURVEYED_BYTES } from "../simd/generated/planes";
import { planeViewsOf, type PlaneKernels } from "./plane-memory";
import { canonicalCodes, codeLengths, reverseBits } from "./prefix-code";
import { hash64, mix } from "./xxh64";

const { min } = Math;

/** Loops over that memory. */
export function plainPlanesIn(buffer: ArrayBuffer): PlaneKernels {
  const views = planeViewsOf(buffer);
  const { memory, view, counts, codes, lengths, results, surveyed, frequencies, owners, pointers } = views;
  const symbolOf = new Uint8Array(2 ** MOST_CODE_BITS);

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
  function order(value: bigint, width: number, float: boolean): bigint {
    const signed = BigInt.asIntN(8 * width, value);
    return float && signed < 0n ? signed ^ ((1n << BigInt(8 * width - 1)) - 1n) : signed;
  }

  function decodeStream(from: number, to: number, length: number): number {
    let bit = 0;
    for (let i = 0; i < length; i++) {
      const at = from + (bit >> 3);
      const next = memory[at] | (memory[at + 1] << 8) | (memory[at + 2] << 16);
      memory[to + i] = symbolOf[(next >>> (bit & 7)) & (2 ** MOST_CODE_BITS - 1)];
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
        for (let at = 0; at < part; at++) if (at % SURVEY_STRIDE < SURVEYED_BYTES) own[memory[from + k * part + at]]++;
        own.forEach((count, symbol) => (all[symbol] += count));
        surveyed[k] = squares(own);
      }
      surveyed[parts] = squares(all);
    },
    codeLengths() {
      const symbols = [...counts.keys()].filter((symbol) => counts[symbol] > 0);
      const found = codeLengths(
        symbols.map((symbol) => counts[symbol]),
        MOST_CODE_BITS,
      );
      lengths.fill(0);
      symbols.forEach((symbol, i) => (lengths[symbol] = found[i]));
      results.set([symbols.length, symbols[0] ?? 255, symbols[symbols.length - 1] ?? 0]);
      return symbols.reduce((sum, symbol) => sum + counts[symbol] * lengths[symbol], 0);
    },
    buildCodes() {
      canonicalCodes(lengths).forEach((code, symbol) => {
        codes[symbol] = reverseBits(code, lengths[symbol]) | (lengths[symbol] << 16);
      });
    },
    encodeStreams(from, length, to) {
      const quarter = Math.ceil(length / STREAMS);
      let at = to;
      for (let k = 0; k < STREAMS; k++) {
        const start = min(length, k * quarter);
        results[k] = encodeStream(from + start, min(length, start + quarter) - start, at);
        at += results[k];
      }
      return at - to;
    },
    buildTables() {
      codes.forEach((entry, symbol) => {
        const length = entry >>> 16;
        if (length > 0)
          for (let window = entry & 0xffff; window < 2 ** MOST_CODE_BITS; window += 2 ** length)
            symbolOf[window] = symbol;
      });
    },
    decodeStreams(to, length) {
      const quarter = Math.ceil(length / STREAMS);
      for (let k = 0; k < STREAMS; k++) {
        const start = min(length, k * quarter);
        results[k] = decodeStream(results[k], to + start, min(length, start + quarter) - start);
      }
    },
    encodeRange(from, length, bits, end) {
      const states = [LOWEST_RANGE_STATE, LOWEST_RANGE_STATE, LOWEST_RANGE_STATE, LOWEST_RANGE_STATE];
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
        if (x < LOWEST_RANGE_STATE) {
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

/** The codes of blocks, block by block. */
export function unpackPlainly(codec: BlockCodec, blocks: Uint8Array, codes: Uint8Array): void {
  for (let from = 0, to = 0; from < blocks.length; from += codec.bytes, to += codec.weights)
    codec.packing.unpack(blocks, from, codes.subarray(to, to + codec.weights));
}

/** The inverse, with the fields. */
export function packPlainly(
  codec: BlockCodec,
  codes: Uint8Array,
  fields: readonly Uint8Array[],
  blocks: Uint8Array,
): void {
  for (let block = 0; block * codec.bytes < blocks.length; block++) {
    const at = block * codec.bytes;
    codec.fields.forEach((field, k) =>
      blocks.set(fields[k].subarray(block * field.bytes, (block + 1) * field.bytes), at + field.at),
    );
    codec.packing.pack(codes.subarray(block * codec.weights, (block + 1) * codec.weights), blocks, at);
  }
}
