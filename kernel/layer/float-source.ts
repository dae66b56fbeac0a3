/** Floats that are made a piece at a time, as often as they are wanted, for what stores a layer that is never whole in memory. */
import type { ByteSource } from "../encode";

/** Floats in their order, in pieces of any length. */
export interface FloatSource {
  /** How many there are. */
  readonly length: number;
  /** How many pieces. */
  readonly pieces: number;
  /** The place of the first float of piece `at`; of `pieces`, `length`. */
  startOf(at: number): number;
  /** Makes piece `at`; it stands until the next is made. */
  piece(at: number): Float32Array;
}

/** An array as one piece. */
export function wholeSource(values: Float32Array): FloatSource {
  return { length: values.length, pieces: 1, startOf: (at) => at * values.length, piece: () => values };
}

/** The little-endian bytes of all floats. */
export function bytesOfFloats(source: FloatSource): ByteSource {
  let made = -1;
  let bytes: Uint8Array = new Uint8Array(0);
  let buffer = new Uint8Array(0);
  const bytesOf = (at: number): Uint8Array => {
    if (at !== made) {
      const piece = source.piece(at);
      bytes = new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength);
      made = at;
    }
    return bytes;
  };
  return {
    length: 4 * source.length,
    part(from, to) {
      let at = pieceAt(source, from >> 2);
      const start = 4 * source.startOf(at);
      const first = bytesOf(at);
      if (to <= start + first.length) return first.subarray(from - start, to - start);
      if (buffer.length < to - from) buffer = new Uint8Array(to - from);
      const part = buffer.subarray(0, to - from);
      for (let done = from; done < to; at++) {
        const own = bytesOf(at);
        const offset = done - 4 * source.startOf(at);
        const size = Math.min(own.length - offset, to - done);
        part.set(own.subarray(offset, offset + size), done - from);
        done += size;
      }
      return part;
    },
  };
}

/** The last piece that begins at or before a place. */
function pieceAt(source: FloatSource, place: number): number {
  let [low, high] = [0, source.pieces];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (source.startOf(middle) <= place) low = middle;
    else high = middle;
  }
  return low;
}
