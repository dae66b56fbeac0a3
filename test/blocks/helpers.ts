import { decodeBlocks, encodeBlocks } from "../../kernel/blocks";
import type { BlockCodec, BlockName } from "../../kernel/blocks/block";

export function codecIn(codecs: readonly BlockCodec[], name: BlockName): BlockCodec {
  const codec = codecs.find((one) => one.name === name);
  if (!codec) throw new Error(`no codec ${name}`);
  return codec;
}

/** The bytes of one row of weights, and the values that they give back. */
export function roundTrip(codec: BlockCodec, weights: Float32Array): { bytes: Uint8Array; values: Float32Array } {
  const bytes = encodeBlocks(codec, weights, weights.length);
  const values = new Float32Array(weights.length);
  decodeBlocks(codec, bytes, values);
  return { bytes, values };
}

export const weightsOf = (length: number, value: (i: number) => number): Float32Array =>
  Float32Array.from({ length }, (_, i) => value(i));

export const largestError = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - b[i])), 0);
