import { createSharedMemory, RING_BYTES, Word } from "../../kernel/transport/shared";

test("shared memory is shared, zero, and as large as was asked for", () => {
  const { control, ring } = createSharedMemory(1024);
  expect(control.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(ring.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect([control.length, ring.length]).toEqual([Word.count, 1024]);
  expect(control.every((word) => word === 0)).toBe(true);
  expect(createSharedMemory().ring.length).toBe(RING_BYTES);
});

test("no two words of the control block are the same, and all lie in it", () => {
  const { count, ...words } = Word;
  const places = Object.values(words);
  expect(new Set(places).size).toBe(places.length);
  for (const place of places) expect(place).toBeLessThan(count);
});

test("the ring's length divides 2³², so that positions may wrap", () => {
  expect(2 ** 32 % RING_BYTES).toBe(0);
});
