import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

const { imul } = Math; // reading a global is slow inside jest

/** The weights of `test/fixtures, make_*.py`: sums of four uniform 16-bit numbers from a 32-bit LCG, exact in float32. */
export function generateWeights(count: number, seed: number): Float32Array {
  const weights = new Float32Array(count);
  let state = seed;
  for (let i = 0; i < count; i++) {
    let total = 0;
    for (let k = 0; k < 4; k++) {
      state = (imul(1664525, state) + 1013904223) >>> 0;
      total += state >>> 16;
    }
    weights[i] = (total - 131070) * 2 ** -20;
  }
  return weights;
}

/** SHA-256 (hex) of the array's bytes. */
export function shaOf(array: Int32Array | Float32Array): string {
  return createHash("sha256")
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest("hex");
}

/** A committed fixture; tests run from lib/test/<room>/. */
export function readFixture<T>(room: string, file: string): T {
  return JSON.parse(readFileSync(join(__dirname, "../../../test/fixtures", room, file), "utf8")) as T;
}
