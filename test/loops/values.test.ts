import { fastValues, plainValues } from "../../kernel/loops/values";

describe.each([
  ["plain", plainValues],
  ["fast", fastValues],
])("%s", (_, loops) => {
  test("the first value that is not finite, wherever it stands", () => {
    expect(loops.firstNonFinite(Float32Array.of(1, -2, 3e38))).toBe(-1);
    expect(loops.firstNonFinite(new Float32Array(0))).toBe(-1);
    for (const bad of [NaN, Infinity, -Infinity])
      for (let at = 0; at < 9; at++) {
        const values = new Float32Array(9).fill(0.5);
        values[at] = bad;
        values[8] = NaN;
        expect(loops.firstNonFinite(values)).toBe(at);
      }
  });

  test("the values beyond two edges, in order, and how many are at or beyond them", () => {
    const values = Float32Array.of(5, -1, 3, -7, 4, -1, -2);
    expect(loops.beyond(values, -1, 4)).toEqual({
      below: Float32Array.of(-7, -2),
      above: Float32Array.of(5),
      atLow: 4,
      atHigh: 2,
    });
    expect(loops.beyond(Float32Array.of(-0, 0), 0, 0)).toEqual({
      below: new Float32Array(0),
      above: new Float32Array(0),
      atLow: 2,
      atHigh: 2,
    });
  });

  test("different values, ascending, up to as many as are asked for", () => {
    const values = Float32Array.of(2, -1, 2, 10, -1, 0, -0);
    expect(loops.distinct(values, 4)).toEqual([-1, 0, 2, 10]);
    expect(loops.distinct(values, 3)).toBeUndefined();
    expect(loops.distinct(values, 1000)).toEqual([-1, 0, 2, 10]);
    expect(loops.distinct(new Float32Array(0), 1)).toEqual([]);
  });
});

test("more different values than the kernel keeps apart", () => {
  const values = Float32Array.from({ length: 600 }, (_, i) => 600 - i);
  const ascending = [...values].reverse();
  for (const loops of [plainValues, fastValues]) {
    expect(loops.distinct(values, 600)).toEqual(ascending);
    expect(loops.distinct(values, 599)).toBeUndefined();
    expect(loops.distinct(values.subarray(0, 512), 512)).toEqual(ascending.slice(88));
    expect(loops.distinct(values.subarray(0, 513), 512)).toBeUndefined();
  }
});
