import { tasks } from "../../kernel/recipe/compare-tasks";

test("equal weights are the same, whatever holds them", () => {
  const before = Float32Array.of(1, 0, -2);
  const same = tasks.functions.measure({ name: "a", before, after: before.slice() });
  expect([same.isSame, same.zeros, same.measured.relativeError]).toEqual([true, 1, 0]);
  const moved = tasks.functions.measure({ name: "a", before, after: Float32Array.of(1, 0, -1) });
  expect([moved.isSame, moved.measured.relativeError, moved.measured.maxAbsError]).toEqual([false, 0.2, 1]);
});
