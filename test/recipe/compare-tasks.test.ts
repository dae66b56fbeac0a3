import { tasks } from "../../kernel/recipe/compare-tasks";

test("equal weights are the same, whatever holds them", () => {
  const before = Float32Array.of(1, 0, -2);
  const same = tasks.functions.measure({ name: "a", before, after: before.slice() });
  expect([same.isSame, same.zeros, same.measured.relativeError]).toEqual([true, 1, 0]);
  const moved = tasks.functions.measure({ name: "a", before, after: Float32Array.of(1, 0, -1) });
  expect([moved.isSame, moved.measured.relativeError, moved.measured.maxAbsError]).toEqual([false, 0.2, 1]);
});

test("what is not finite is named with the model that has it", () => {
  const [good, odd] = [Float32Array.of(1, 2), Float32Array.of(1, NaN)];
  expect(() => tasks.functions.measure({ name: "a: w", before: good, after: odd })).toThrow("a: w: weight 1 is NaN");
  expect(() => tasks.functions.measure({ name: "a: w", before: odd, after: good })).toThrow(
    "a: w of the base: weight 1",
  );
});
