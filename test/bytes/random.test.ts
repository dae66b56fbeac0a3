import { naturalLog, Random } from "../../kernel/bytes/random";

describe("seeded random numbers", () => {
  it("repeat with the seed and differ without", () => {
    const a = new Random(7);
    const b = new Random(7);
    const c = new Random(7 + 2 ** 32);
    const draw = (random: Random): number[] => Array.from({ length: 8 }, () => random.uint32());
    const first = draw(a);
    expect(draw(b)).toEqual(first);
    expect(draw(c)).not.toEqual(first);
  });

  it("follow xoshiro128**, computed here with big integers from its published definition", () => {
    const random = new Random(42);
    const mask = 0xffffffffn;
    const rotate = (x: bigint, k: bigint): bigint => ((x << k) | (x >> (32n - k))) & mask;
    const s = Array.from((random as unknown as { state: Uint32Array }).state, BigInt);
    for (let i = 0; i < 300; i++) {
      const expected = (rotate((s[1] * 5n) & mask, 7n) * 9n) & mask;
      const t = (s[1] << 9n) & mask;
      s[2] ^= s[0];
      s[3] ^= s[1];
      s[1] ^= s[2];
      s[0] ^= s[3];
      s[2] ^= t;
      s[3] = rotate(s[3], 11n);
      expect(BigInt(random.uint32())).toBe(expected);
    }
  });

  it("keep their first numbers for ever: stored results depend on them", () => {
    const random = new Random(1);
    expect([random.uint32(), random.uint32(), random.uint32()]).toMatchInlineSnapshot(`
     [
       2442144158,
       3238099751,
       3819917871,
     ]
    `);
    expect([new Random(1).uniform(), new Random(1).normal()]).toMatchInlineSnapshot(`
     [
       0.5686059948349658,
       0.1681321120958473,
     ]
    `);
  });

  it("are uniform and normal as far as 100,000 draws tell", () => {
    const random = new Random(3);
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) buckets[random.below(10)]++;
    const chiSquare = buckets.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(27.9); // 99.9 % point, 9 degrees of freedom
    const normals = random.normals(100_000, 2);
    const mean = normals.reduce((sum, x) => sum + x, 0) / 100_000;
    const variance = normals.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 100_000;
    const fourth = normals.reduce((sum, x) => sum + (x - mean) ** 4, 0) / 100_000 / variance ** 2;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 4)).toBeLessThan(0.1);
    expect(Math.abs(fourth - 3)).toBeLessThan(0.1);
  });

  it("shuffle into a permutation, and refuse nonsense", () => {
    const list = new Random(5).shuffle(Array.from({ length: 100 }, (_, i) => i));
    expect([...list].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(list).not.toEqual([...list].sort((a, b) => a - b));
    expect(() => new Random(0.5)).toThrow(/whole number/);
    expect(() => new Random(1).below(0)).toThrow(/below\(0\)/);
    expect(new Random(1).below(1)).toBe(0);
  });

  it("take logarithms without Math.log", () => {
    let worst = 0;
    for (let x = 1e-300; x < 1e300; x *= 1.37) {
      const exact = Math.log(x);
      worst = Math.max(worst, Math.abs(naturalLog(x) - exact) / Math.max(1, Math.abs(exact)));
    }
    expect(worst).toBeLessThanOrEqual(1e-15);
    expect(naturalLog(1)).toBe(0);
  });
});
