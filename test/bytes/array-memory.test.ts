import { free } from "../../kernel/bytes/array-memory";

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
