import { bytesForThreads, free, largeBytes } from "../../kernel/bytes/array-memory";

test("arrays are empty afterwards, and so is every other of their buffers", () => {
  const [a, b] = [new Float32Array(new ArrayBuffer(16)), new Uint8Array(8)];
  const part = a.subarray(1, 2);
  free(a, b);
  expect([a.length, part.length, b.length]).toEqual([0, 0, 0]);
});

test("empty arrays, arrays freed already and shared memory are left alone", () => {
  const shared = new Uint8Array(new SharedArrayBuffer(4));
  const a = new Uint8Array(1);
  free(a, new Uint8Array(0), shared);
  free(a);
  expect(shared.length).toBe(4);
});

test("bytes for threads are zeros, in shared memory from 1 MiB on", () => {
  expect(largeBytes).toBe(2 ** 20);
  for (const length of [0, 3, 2 ** 20 - 1, 2 ** 20]) {
    const bytes = bytesForThreads(length);
    expect([bytes.length, bytes.some((byte) => byte !== 0)]).toEqual([length, false]);
    expect(bytes.buffer instanceof SharedArrayBuffer).toBe(length === 2 ** 20);
  }
});
