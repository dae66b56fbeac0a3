/** XXH64 of bytes of any length, a megabyte at a time through the kernels' memory. */
import { HASH, ownLane } from "../../loops/plane-memory";
import { planeLoops } from "../../loops/planes";
import { finishHash, firstLanes } from "../../loops/xxh64";

const sliceBytes = 2 ** 20;

/** XXH64 with seed 0. */
export function hashBytes64(bytes: Uint8Array): bigint {
  const kernels = planeLoops.own();
  const { memory, view } = kernels;
  firstLanes.forEach((lane, k) => view.setBigUint64(HASH + 8 * k, lane, true));
  const whole = bytes.length - (bytes.length % 32);
  for (let at = 0; at < whole; at += sliceBytes) {
    const length = Math.min(sliceBytes, whole - at);
    memory.set(bytes.subarray(at, at + length), ownLane.input);
    kernels.hashStripes(ownLane.input, length, HASH);
  }
  const lanes = firstLanes.map((_, k) => view.getBigUint64(HASH + 8 * k, true));
  return finishHash(lanes, bytes.subarray(whole), bytes.length);
}
