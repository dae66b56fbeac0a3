/** The loops of coders.ts in plain TypeScript: the readable reference, whose bytes the fast ones must equal. */
import { getInterleaving, LOWEST_STATE, MOST_CODE_BITS, STREAMS } from "../simd/generated/coders";
import { coderPlaces, coderViewsOf, type CoderKernels } from "./coder-memory";
import { canonicalCodes, reverseBits } from "./prefix-code";

/** Loops over a memory of their own. */
export function plainCoderKernels(): CoderKernels {
  const views = coderViewsOf(new ArrayBuffer(coderPlaces.end));
  const { memory, view, lengths, results, states, places, owners } = views;
  const codes = new Uint32Array(256);
  const symbolOf = new Uint8Array(2 ** MOST_CODE_BITS);

  function encodeStream(from: number, length: number, to: number): number {
    let bit = 0;
    for (let i = 0; i < length; i++) {
      const symbol = memory[from + i];
      for (let k = 0; k < lengths[symbol]; k++, bit++) {
        const at = to + (bit >> 3);
        if ((bit & 7) === 0) memory[at] = 0;
        memory[at] |= ((codes[symbol] >>> k) & 1) << (bit & 7);
      }
    }
    return (bit + 7) >> 3;
  }

  function decodeStream(from: number, to: number, length: number): number {
    let bit = 0;
    for (let i = 0; i < length; i++) {
      const at = from + (bit >> 3);
      const next = memory[at] | (memory[at + 1] << 8) | (memory[at + 2] << 16);
      memory[to + i] = symbolOf[(next >>> (bit & 7)) & (2 ** MOST_CODE_BITS - 1)];
      bit += lengths[memory[to + i]];
    }
    return bit;
  }

  return {
    ...views,
    buildCodes() {
      canonicalCodes(lengths).forEach((code, symbol) => (codes[symbol] = reverseBits(code, lengths[symbol])));
    },
    encodeStreams(from, length, to) {
      const quarter = Math.ceil(length / STREAMS);
      let at = to;
      for (let k = 0; k < STREAMS; k++) {
        const start = Math.min(length, k * quarter);
        results[k] = encodeStream(from + start, Math.min(length, start + quarter) - start, at);
        at += results[k];
      }
      return at - to;
    },
    buildTables() {
      codes.forEach((code, symbol) => {
        if (lengths[symbol] > 0)
          for (let window = code; window < 2 ** MOST_CODE_BITS; window += 2 ** lengths[symbol])
            symbolOf[window] = symbol;
      });
    },
    decodeStreams(to, length) {
      const quarter = Math.ceil(length / STREAMS);
      for (let k = 0; k < STREAMS; k++) {
        const start = Math.min(length, k * quarter);
        results[k] = decodeStream(results[k], to + start, Math.min(length, start + quarter) - start);
      }
    },
    placeIntegers(from, count, least, to) {
      for (let i = 0; i < count; i++)
        view.setUint16(to + 2 * i, owners[(view.getInt32(from + 4 * i, true) - least) & 0xffff], true);
    },
    encodeSymbols(from, length, lane, end) {
      const { streams, bits } = getInterleaving(view);
      let at = end;
      for (let i = length - 1; i >= 0; i--) {
        const [f, before] = places.subarray(2 * view.getUint16(from + 2 * i, true));
        const state = (lane + streams * length - (length - 1 - i)) % streams;
        let x = states[state];
        for (; x >= f * 2 ** (31 - bits); x = Math.floor(x / 256)) memory[--at] = x % 256;
        states[state] = Math.floor(x / f) * 2 ** bits + before + (x % f);
      }
      return at;
    },
    decodeSymbols(from, end, to, length, lane) {
      const { streams, bits } = getInterleaving(view);
      let at = from;
      for (let i = 0; i < length; i++) {
        const state = (lane + i) % streams;
        const place = states[state] % 2 ** bits;
        const symbol = owners[place];
        view.setUint16(to + 2 * i, symbol, true);
        const [f, before] = places.subarray(2 * symbol);
        let x = f * Math.floor(states[state] / 2 ** bits) + place - before;
        for (; x < LOWEST_STATE; x = x * 256 + memory[at++]) if (at >= end) return 0;
        states[state] = x;
      }
      return at;
    },
  };
}
