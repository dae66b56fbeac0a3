/** Merging by hand: which pair is nearest, what stands for a cluster, and how outgoing weights are scaled. */
import fc from "fast-check";
import { OptionError, UnsupportedError } from "../../kernel/errors";
import { merge, mergeClusters, mergePruner, mostMerged } from "../../kernel/prune/merge";

const rows = (...list: number[][]) => Float32Array.from(list.flat());
const lists = ({ starts, members }: { starts: Int32Array; members: Int32Array }) =>
  Array.from({ length: starts.length - 1 }, (_, k) => Array.from(members.subarray(starts[k], starts[k + 1])));

describe("mergeClusters", () => {
  test("joins the pair of largest cosine, not the pair of nearest points", () => {
    // (1, 0) and (9, 0) point the same way; (1, 0) and (1, 0.5) are nearer by distance.
    expect(lists(mergeClusters(rows([1, 0], [1, 0.5], [9, 0]), 3, 2, false))).toEqual([[0, 2], [1]]);
  });

  test("takes the lowest pair of equal cosines", () => {
    expect(lists(mergeClusters(rows([1, 0], [0, 1], [2, 0], [0, 2]), 4, 3, false))).toEqual([[0, 2], [1], [3]]);
    expect(lists(mergeClusters(rows([0, 1], [1, 0], [1, 0], [1, 0]), 4, 3, false))).toEqual([[0], [1, 2], [3]]);
  });

  test("compares the mean of a cluster, not its first member, in later rounds", () => {
    // 10° and 0° join first (mean 5°); then 16° is 11° away from the mean and the pair of −40° and −26.5° is 13.5° apart.
    const at = (degrees: number) => [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const angles = [0, 16, 10, -40, -26.5];
    expect(lists(mergeClusters(rows(...angles.map(at)), 5, 3, false))).toEqual([[0, 1, 2], [3], [4]]);
    expect(lists(mergeClusters(rows(...[0, 20, 10, -40, -26.5].map(at)), 5, 3, false))).toEqual([[0, 2], [1], [3, 4]]);
  });

  test("weighs the mean of a cluster by its members", () => {
    // Long vectors count as they are: the mean of (10, 0) and (0.9, 0.1) points almost along the first axis.
    const vectors = rows([10, 0], [0.9, 0.1], [0.9, -0.12], [0.5, 0.5]);
    expect(lists(mergeClusters(vectors, 4, 2, false))).toEqual([[0, 1, 2], [3]]);
  });

  test("finds that two zero vectors are alike and a zero vector and another are not", () => {
    expect(lists(mergeClusters(rows([0, 0], [1, -1], [0, 0], [-1, -1]), 4, 3, false))).toEqual([[0, 2], [1], [3]]);
  });

  test("joins two zero vectors wherever they stand, before others that are less alike", () => {
    expect(lists(mergeClusters(rows([1, -1], [0, 0], [-1, -1], [0, 0]), 4, 3, false))).toEqual([[0], [1, 3], [2]]);
    // A cluster whose sum is zero counts as one: (1, 0) and (−1, 0) join last, and then with (0, 0).
    const opposite = rows([1, 0], [-1, 0], [0, 0]);
    expect(lists(mergeClusters(opposite, 3, 1, false))).toEqual([[0, 1, 2]]);
  });

  test("prefers a zero vector (cosine 0) to an opposite one (cosine −1)", () => {
    expect(lists(mergeClusters(rows([1, 0], [-1, 0], [0, 0]), 3, 2, false))).toEqual([[0, 2], [1]]);
  });

  test("leaves every scale at 1 where the activation is not known to be ReLU", () => {
    expect(Array.from(mergeClusters(rows([1, 0], [3, 0], [0, 1]), 3, 2, false).scale)).toEqual([1, 1, 1]);
  });

  test("scales each member by the multiple of the mean that is nearest to it, under ReLU", () => {
    // The mean of (1, 0) and (3, 0) is (2, 0): members are 0.5 and 1.5 times it; a cluster of one keeps 1.
    const { scale } = mergeClusters(rows([1, 0], [0, 1], [3, 0]), 3, 2, true);
    expect(Array.from(scale)).toEqual([0.5, 1.5, 1]);
  });

  test("projects on the mean: s = x·m / m·m", () => {
    // m = (2, 1): (3, 0) → 6/5, (1, 2) → 4/5.
    const { scale } = mergeClusters(rows([3, 0], [1, 2]), 2, 1, true);
    expect(scale[0]).toBeCloseTo(1.2, 12);
    expect(scale[1]).toBeCloseTo(0.8, 12);
  });

  test("lets no member point against its cluster: a negative multiple becomes 0, and a zero mean gives 1", () => {
    const { scale } = mergeClusters(rows([5, 0], [-1, 0]), 2, 1, true);
    expect(Array.from(scale)).toEqual([2.5, 0]);
    expect(Array.from(mergeClusters(rows([1, 0], [-1, 0]), 2, 1, true).scale)).toEqual([1, 1]);
  });

  test("keeps all where all stay, and makes one cluster of one", () => {
    expect(lists(mergeClusters(rows([1, 2], [3, 4]), 2, 2, true))).toEqual([[0], [1]]);
    expect(lists(mergeClusters(rows([1, 2], [3, 4], [0, 0]), 3, 1, false))).toEqual([[0, 1, 2]]);
  });

  test("puts each neuron into one cluster, ordered by first members, whatever the vectors", () => {
    const value = fc.float({ min: -4, max: 4, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(value),
        fc.boolean(),
        (size, length, stream, relu) => {
          const vectors = Float32Array.from({ length: size * length }, () => stream.next().value as number);
          const kept = 1 + (Math.abs(Math.trunc(vectors[0])) % size);
          const found = lists(mergeClusters(vectors, size, kept, relu));
          expect(found.length).toBe(kept);
          expect(found.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i));
          for (const list of found) expect(list).toEqual([...list].sort((a, b) => a - b));
          expect(found.map(([first]) => first)).toEqual(found.map(([first]) => first).sort((a, b) => a - b));
        },
      ),
    );
  });

  test("agrees with a plain search over the cosines of float64 means", () => {
    const length = 7; // Four interleaved sums and a rest of three.
    const size = 12;
    let seed = 5;
    const vectors = Float32Array.from(
      { length: size * length },
      () => (seed = (seed * 16807) % 2147483647) / 2 ** 30 - 1,
    );
    const means = Array.from({ length: size }, (_, i) => ({
      members: [i],
      sum: Array.from(vectors.subarray(i * length, (i + 1) * length), Number),
    }));
    const cosine = (a: number[], b: number[]) => {
      const dot = (x: number[], y: number[]) => x.reduce((sum, one, i) => sum + one * y[i], 0);
      return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
    };
    while (means.length > 4) {
      let best = [0, 1];
      for (let i = 0; i < means.length; i++)
        for (let j = i + 1; j < means.length; j++)
          if (cosine(means[i].sum, means[j].sum) > cosine(means[best[0]].sum, means[best[1]].sum)) best = [i, j];
      const [one, other] = [means[best[0]], means[best[1]]];
      one.members.push(...other.members);
      one.sum = one.sum.map((value, i) => value + other.sum[i]);
      means.splice(best[1], 1);
    }
    const expected = means.map(({ members }) => members.sort((a, b) => a - b)).sort((a, b) => a[0] - b[0]);
    expect(lists(mergeClusters(vectors, size, 4, false))).toEqual(expected);
  });

  test("refuses what are no neurons, and more than it compares", () => {
    for (const weights of [0, 1, 3, 5])
      expect(() => mergeClusters(new Float32Array(weights), 2, 1, false)).toThrow(
        new OptionError(`merge(): ${weights} weights are no 2 neurons, or 1 cannot stay`),
      );
    expect(() => mergeClusters(new Float32Array(0), 0, 0, false)).toThrow(OptionError);
    expect(lists(mergeClusters(new Float32Array(2), 2, 2, false))).toEqual([[0], [1]]);
    expect(() => mergeClusters(new Float32Array(4), 2, 0, false)).toThrow("0 cannot stay");
    expect(() => mergeClusters(new Float32Array(4), 2, 3, false)).toThrow("3 cannot stay");
    expect(() => mergeClusters(new Float32Array(0), mostMerged + 1, 1, false)).toThrow(UnsupportedError);
  });
});

describe("merge()", () => {
  test("makes a frozen step with its defaults", () => {
    const step = merge({ sparsity: 0.25 });
    expect(step).toEqual({ kind: "merge", sparsity: 0.25, align: 1 });
    expect(Object.isFrozen(step)).toBe(true);
    expect(merge({ keep: 64, align: 8, chain: ["a", "b"] })).toEqual({
      kind: "merge",
      keep: 64,
      align: 8,
      chain: ["a", "b"],
    });
  });

  test("is told in a few words", () => {
    expect(mergePruner.label(merge({ sparsity: 0.25 }))).toBe("merge 25 %");
    expect(mergePruner.label(merge({ keep: 64, align: 8 }))).toBe("merge keep 64 ×8");
  });
});
