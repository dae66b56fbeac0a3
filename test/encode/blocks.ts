/** Blocks coded and decoded from one array into another, for tests. */
import { layoutOf, type LayoutCode } from "../../kernel/encode/byte-planes/block-layout";
import { decodeBlock, encodeBlock, hashAt, type BlockReading } from "../../kernel/encode/byte-planes/planes";
import { ownLane, type PlaneKernels } from "../../kernel/loops/plane-memory";

const { input, output } = ownLane;

export function encodeBytes(
  kernels: PlaneKernels,
  bytes: Uint8Array,
  layout: LayoutCode,
  base?: Uint8Array,
): Uint8Array<ArrayBuffer> {
  kernels.memory.set(bytes, input);
  const size = encodeBlock(kernels, input, bytes.length, layoutOf(layout), output, base);
  return Uint8Array.from(kernels.memory.subarray(output, output + size));
}

export const throwing: BlockReading = {
  version: 2,
  fail: (problem, expected, offset) => {
    throw new Error(`${offset}: ${problem}; expected ${expected}`);
  },
};

export function decodeBytes(
  kernels: PlaneKernels,
  block: Uint8Array,
  layout: LayoutCode,
  length: number,
  reading = throwing,
): Uint8Array {
  kernels.memory.fill(255, output, output + length);
  kernels.memory.set(block, input);
  const out = { at: output, length };
  decodeBlock(kernels, { at: input, length: block.length }, layoutOf(layout), out, reading);
  return Uint8Array.from(kernels.memory.subarray(output, output + length));
}

export function hashOf(kernels: PlaneKernels, bytes: Uint8Array): bigint {
  kernels.memory.set(bytes, input);
  return hashAt(kernels, input, bytes.length);
}
