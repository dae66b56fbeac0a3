import { createHash } from "node:crypto";
import { generateWeights } from "./generator";

/** SHA-256 (hex) of the array's bytes. */
export function bytesSha(array: ArrayBufferView): string {
  return createHash("sha256")
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest("hex");
}

export interface FloatCase {
  shape: [number, number];
  seed: number;
  rough: boolean;
  weightsSha: string;
}

/** The weights of make_floats.py: of the generator, or "rough": scaled row by row, rows of zeros, one outlier. */
export function caseWeights({ shape: [rows, columns], seed, rough, weightsSha }: FloatCase): Float32Array {
  const weights = generateWeights(rows * columns, seed);
  if (rough) {
    for (let i = 0; i < weights.length; i++) {
      const row = Math.floor(i / columns);
      weights[i] *= row % 5 === 3 ? 0 : 2 ** (((9 * row) % 63) - 30);
    }
    if (rows > 1) weights[2 * columns - 1] *= 512;
  }
  expect(bytesSha(weights)).toBe(weightsSha);
  return weights;
}

/** Weights of awkward shapes: [shape, weights]. */
export const awkward: [number[], Float32Array][] = [
  [[0], new Float32Array(0)],
  [[3, 0], new Float32Array(0)],
  [[], Float32Array.of(0.7)],
  [[1, 1], Float32Array.of(-3)],
  [[3, 7], generateWeights(21, 71)],
  [[17], generateWeights(17, 72)],
  [[2, 3, 5, 3], generateWeights(90, 73)],
  [[4, 33], new Float32Array(132)],
  [[2, 40], Float32Array.from({ length: 80 }, (_, i) => (i === 41 ? 1e4 : i % 3 === 0 ? 0 : -1e-3))],
  [[1, 70], new Float32Array(70).fill(0.25)],
];
