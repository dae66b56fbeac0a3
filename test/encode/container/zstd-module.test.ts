/** Frames of zstd's own binary. */
import { compressFrame, decompressFrame } from "../../../kernel/encode/container/zstd-module";

const repeated = Uint8Array.from({ length: 10_000 }, (_, i) => i % 7);

test("a frame begins with zstd's magic number, is shorter than what repeats, and comes back", () => {
  const frame = compressFrame(repeated, 3);
  expect([...frame.subarray(0, 4)]).toEqual([0x28, 0xb5, 0x2f, 0xfd]);
  expect(frame.length).toBeLessThan(100);
  expect(Buffer.compare(decompressFrame(frame, repeated.length) ?? frame, repeated)).toBe(0);
});

test("noise of any length fits, the frame a little longer", () => {
  for (const length of [0, 1, 300, 2 ** 17 + 1]) {
    let state = 1;
    const noise = Uint8Array.from({ length }, () => (state = Math.imul(state, 1_664_525) + 1_013_904_223) >>> 24);
    const frame = compressFrame(noise, 1);
    expect(frame.length).toBeLessThanOrEqual(length + (length >> 8) + 64);
    expect(Buffer.compare(decompressFrame(frame, length) ?? frame, noise)).toBe(0);
  }
});

test("a frame of another length, cut short, or of other bytes is none", () => {
  const frame = compressFrame(repeated, 3);
  for (const length of [0, 9999, 10_001]) expect(decompressFrame(frame, length)).toBeUndefined();
  expect(decompressFrame(frame.subarray(0, frame.length - 1), repeated.length)).toBeUndefined();
  expect(decompressFrame(repeated, repeated.length)).toBeUndefined();
  expect(decompressFrame(new Uint8Array(0), 1)).toBeUndefined();
});
