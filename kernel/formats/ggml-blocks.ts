import { float16ToFloat32Bits, float32FromBits } from "../bytes/half-float";

/** The block types of ggml whose values are read here. A block holds 32 weights of one row with their scale d, and in the _1
 *  types a minimum m, as little-endian float16. Products are rounded to float32 once each, as the reference code does, so that
 *  values agree with it bit for bit. Source: ggml, src/ggml-quants.c (dequantize_row_*) and gguf-py, gguf/quants.py. */
type BlockType = "Q4_0" | "Q4_1" | "Q5_0" | "Q5_1" | "Q8_0";

const blockElements = 32;

function half(bytes: Uint8Array, at: number): number {
  return float32FromBits(float16ToFloat32Bits[bytes[at] | (bytes[at + 1] << 8)]);
}

/** Q4_0, 18 bytes, 4.5 bits per weight: d (2), 16 bytes of codes. Byte j holds code j in its low nibble and code j + 16 in its
 *  high one.   w = d·(q − 8), q ∈ [0, 15]. */
function decodeQ4_0(bytes: Uint8Array, values: Float32Array): void {
  for (let block = 0, at = 0; block < values.length; block += blockElements, at += 18) {
    const d = half(bytes, at);
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 2 + j];
      values[block + j] = d * ((pair & 15) - 8);
      values[block + j + 16] = d * ((pair >> 4) - 8);
    }
  }
}

/** Q4_1, 20 bytes, 5 bits per weight: d (2), m (2), 16 bytes of codes as in Q4_0.   w = d·q + m, q ∈ [0, 15]. */
function decodeQ4_1(bytes: Uint8Array, values: Float32Array): void {
  for (let block = 0, at = 0; block < values.length; block += blockElements, at += 20) {
    const d = half(bytes, at);
    const m = half(bytes, at + 2);
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 4 + j];
      values[block + j] = Math.fround(d * (pair & 15)) + m;
      values[block + j + 16] = Math.fround(d * (pair >> 4)) + m;
    }
  }
}

/** Q5_0, 22 bytes, 5.5 bits per weight: d (2), qh (4), 16 bytes with the lower four bits of the codes as in Q4_0. Bit i of the
 *  little-endian word qh is the fifth bit of code i.   w = d·(q − 16), q ∈ [0, 31]. */
function decodeQ5_0(bytes: Uint8Array, values: Float32Array): void {
  for (let block = 0, at = 0; block < values.length; block += blockElements, at += 22) {
    const d = half(bytes, at);
    const high = word(bytes, at + 2);
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 6 + j];
      values[block + j] = d * (((pair & 15) | (((high >>> j) & 1) << 4)) - 16);
      values[block + j + 16] = d * (((pair >> 4) | (((high >>> (j + 16)) & 1) << 4)) - 16);
    }
  }
}

/** Q5_1, 24 bytes, 6 bits per weight: d (2), m (2), qh (4), 16 bytes, as in Q5_0.   w = d·q + m, q ∈ [0, 31]. */
function decodeQ5_1(bytes: Uint8Array, values: Float32Array): void {
  for (let block = 0, at = 0; block < values.length; block += blockElements, at += 24) {
    const d = half(bytes, at);
    const m = half(bytes, at + 2);
    const high = word(bytes, at + 4);
    for (let j = 0; j < 16; j++) {
      const pair = bytes[at + 8 + j];
      values[block + j] = Math.fround(d * ((pair & 15) | (((high >>> j) & 1) << 4))) + m;
      values[block + j + 16] = Math.fround(d * ((pair >> 4) | (((high >>> (j + 16)) & 1) << 4))) + m;
    }
  }
}

/** Q8_0, 34 bytes, 8.5 bits per weight: d (2), 32 signed bytes.   w = d·q, q ∈ [−128, 127]. */
function decodeQ8_0(bytes: Uint8Array, values: Float32Array): void {
  for (let block = 0, at = 0; block < values.length; block += blockElements, at += 34) {
    const d = half(bytes, at);
    for (let j = 0; j < blockElements; j++) values[block + j] = d * ((bytes[at + 2 + j] << 24) >> 24);
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

/** Decoders by type: `bytes` holds whole blocks, `values` 32 numbers for each. */
export const blockDecoders: Readonly<Record<BlockType, (bytes: Uint8Array, values: Float32Array) => void>> = {
  Q4_0: decodeQ4_0,
  Q4_1: decodeQ4_1,
  Q5_0: decodeQ5_0,
  Q5_1: decodeQ5_1,
  Q8_0: decodeQ8_0,
};
