import { fastMemory, plainMemory } from "../../kernel/loops/memory";
import { addressOf, arenaFloats } from "../../kernel/simd/layer-memory";

const values = Float32Array.of(1, -0, NaN);

test("plain: every array stays where it is", () => {
  expect(plainMemory.during(1024, () => plainMemory.bring(values))).toBe(values);
  expect(plainMemory.keep(values)).toBe(values);
});

test("fast: in a job a copy lies in the kernels' memory, and what outlives it is copied out", () => {
  const kept = fastMemory.during(1024, () => {
    const inside = fastMemory.bring(values);
    expect(addressOf(inside)).toBeDefined();
    expect(inside).toEqual(values);
    const out = fastMemory.keep(inside);
    expect(addressOf(out)).toBeUndefined();
    inside[0] = 9;
    return out;
  });
  expect(kept).toEqual(values);
});

test("fast: outside a job, and where the place is taken, the array stays on the heap", () => {
  expect(fastMemory.bring(values)).toBe(values);
  fastMemory.during(64, () => {
    expect(fastMemory.bring(values)).not.toBe(values);
    expect(fastMemory.bring(values)).toBe(values);
  });
  expect(fastMemory.keep(values)).toBe(values);
});

test("fast: a job that throws has ended too", () => {
  expect(() =>
    fastMemory.during(1024, () => {
      throw new Error("in the job");
    }),
  ).toThrow("in the job");
  expect(addressOf(arenaFloats(1))).toBeUndefined();
});
