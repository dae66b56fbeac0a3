import { fastBins, plainBins } from "../../kernel/loops/bins";

describe.each([
  ["plain", plainBins],
  ["fast", fastBins],
])("%s", (_, loops) => {
  test("equally filled bins and their means", () => {
    const codes = new Uint8Array(8);
    expect(loops.equal(Float32Array.of(8, 1, 4, 2, 100, 5, 3, 7), 4, codes)).toEqual([1.5, 3.5, 6, 54]);
    expect([...codes]).toEqual([3, 0, 1, 0, 3, 2, 1, 2]);
  });

  test("the same of many values, a run in the midst of them", () => {
    // 20,000 each of 1 and 2, one 2.5 and 39,999 of 3: a cut into two falls before 2.5, and four bins have one value each.
    const values = Float32Array.from({ length: 80_000 }, (_, i) => (i % 4 === 1 ? 1 : i % 4 === 3 ? 2 : 3));
    values[0] = 2.5;
    const codes = new Uint8Array(80_000);
    expect(loops.equal(values, 2, codes)).toEqual([1.5, (2.5 + 39_999 * 3) / 40_000]);
    expect([...codes.subarray(0, 4)]).toEqual([1, 0, 1, 0]);
    expect(loops.equal(values, 4, codes)).toEqual([1, 2, 2.5, 3]);
    expect([...codes.subarray(0, 4)]).toEqual([2, 0, 3, 1]);
  });

  test("the last bin whose threshold is not above the value", () => {
    for (const times of [1, 10_000]) {
      const values = new Float32Array(4 * times);
      for (let i = 0; i < times; i++) values.set([-5, 0, 3, 2.9], 4 * i);
      const codes = new Uint8Array(values.length);
      loops.encode(values, Float32Array.of(-1, -0, 3), codes);
      expect([...codes.subarray(-4)]).toEqual([0, 1, 2, 1]);
    }
  });
});
