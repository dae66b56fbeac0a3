import { fastPruning, plainPruning } from "../../kernel/loops/pruning";

describe.each([
  ["plain", plainPruning],
  ["fast", fastPruning],
])("%s", (_, loops) => {
  const weights = Float32Array.of(0.5, -0.25, 0.25, -0, 2, -0.25, 1);

  test("magnitudes below a threshold go, and the first of those that equal it", () => {
    expect(loops.maskBelow(weights, 0.25, 2)).toEqual({
      mask: Uint8Array.of(1, 0, 0, 0, 1, 1, 1),
      kept: 4,
      tiesPruned: 2,
    });
    expect(loops.maskBelow(weights, 0.25, 9)).toMatchObject({ kept: 3, tiesPruned: 3 });
    expect(loops.maskBelow(weights, 0, 0)).toMatchObject({ kept: 7, tiesPruned: 0 });
  });

  test("a mask leaves +0 where weights go, and its bits begin with the least", () => {
    const mask = Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 1);
    const left = loops.apply(Float32Array.of(1, -2, -0, -0, 5, 6, 7, 8, 9), mask);
    expect([...left]).toEqual([1, 0, 0, -0, 0, 0, 0, 0, 9]);
    expect(loops.count(mask)).toBe(3);
    expect(loops.pack(mask)).toEqual(Uint8Array.of(0b1001, 1));
    expect(loops.gather(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), mask, 3)).toEqual(Float32Array.of(1, 4, 9));
  });

  test("values are counted by the halves of their bits: 1 is 0x3f800000", () => {
    const values = Float32Array.of(1, -1, 1 + 2 ** -23, 0);
    const [magnitudes, classes] = [loops.countMagnitudes(values, undefined), loops.countClasses(values)];
    expect([magnitudes[0x3f80], magnitudes[0]]).toEqual([3, 1]);
    expect([classes[0x3f80], classes[0xbf80]]).toEqual([2, 1]);
    const lower = loops.countMagnitudes(values, 0x3f80);
    expect([lower[0], lower[1], lower.reduce((sum, count) => sum + count, 0)]).toEqual([2, 1, 3]);
  });
});
