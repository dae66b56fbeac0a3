import { descendedScale, symmetricScale, symmetricTrials, zeroBelow } from "../../kernel/blocks/scale-search";

const ones = (length: number) => new Float32Array(length).fill(1);

describe("a symmetric scale", () => {
  const search = (x: Float32Array, qmax = 4, weights = ones(x.length)) => {
    const codes = new Uint8Array(x.length);
    return {
      scale: symmetricScale(x.length, qmax, symmetricTrials(qmax), x, weights, codes),
      codes: Array.from(codes),
    };
  };

  test("finds the grid on which the weights lie", () => {
    const { scale, codes } = search(Float32Array.of(-8, 6, 0, 2));
    expect([scale, codes]).toEqual([2, [0, 7, 4, 5]]);
    expect(search(Float32Array.of(8, -6, 0, -2))).toEqual({ scale: -2, codes: [0, 7, 4, 5] });
  });

  test("explains more than the scale that sends the peak to the end, where another does", () => {
    const x = Float32Array.from({ length: 32 }, (_, i) => Math.sin(3 * i) + (i === 5 ? 1 : 0));
    const { scale, codes } = search(x);
    const squares = (s: number, code: (i: number) => number) =>
      x.reduce((sum, w, i) => sum + (w - s * code(i)) ** 2, 0);
    const peak = x.reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a));
    const plain = peak / -4;
    const clamp = (l: number) => Math.max(-4, Math.min(3, l));
    expect(squares(scale, (i) => codes[i] - 4)).toBeLessThanOrEqual(
      squares(plain, (i) => clamp(Math.round(x[i] / plain))) + 1e-6,
    );
  });

  test("looks at errors by their weights", () => {
    const x = Float32Array.of(-4, 1.4, 1.4, 1.4);
    const heavy = search(x, 4, Float32Array.of(0.001, 1, 1, 1));
    const even = search(x);
    const errorOf = ({ scale, codes }: { scale: number; codes: number[] }) => Math.abs(x[1] - scale * (codes[1] - 4));
    expect(errorOf(heavy)).toBeLessThanOrEqual(errorOf(even));
  });

  test("is 0 of a group next to zero, with code 0", () => {
    expect(search(new Float32Array(4).fill(zeroBelow / 2))).toEqual({ scale: 0, codes: [0, 0, 0, 0] });
  });

  test("tries eighteen scales beside the first", () => {
    const trials = symmetricTrials(8);
    expect(trials.length).toBe(18);
    expect([trials[0], trials[17]]).toEqual([
      -Math.fround(8 + Math.fround(Math.fround(0.1) * -9)),
      -Math.fround(8 + Math.fround(Math.fround(0.1) * 9)),
    ]);
  });
});

test("a descended scale finds the grid on which the weights lie, and is 0 of zeros", () => {
  const codes = new Uint8Array(4);
  expect(descendedScale(4, 4, Float32Array.of(-8, 6, 0, 2), codes)).toBe(2);
  expect(Array.from(codes)).toEqual([0, 7, 4, 5]);
  expect(descendedScale(4, 4, new Float32Array(4), codes)).toBe(0);
  expect(Array.from(codes)).toEqual([0, 0, 0, 0]);
});
