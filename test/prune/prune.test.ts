import { OptionError } from "../../kernel/errors";
import { edges } from "../../kernel/prune/edges";
import { heads } from "../../kernel/prune/heads";
import { lowRank } from "../../kernel/prune/low-rank";
import { magnitude } from "../../kernel/prune/magnitude";
import { nodes } from "../../kernel/prune/nodes";
import { prune, prunerLabel, prunerOf } from "../../kernel/prune/prune";

describe("prune()", () => {
  test("tells what went, what it costs and what it changed", () => {
    const input = Float32Array.of(1, -2, 0, 4);
    const result = prune(input, magnitude({ sparsity: 0.5 }), { shape: [2, 2] });
    expect(Array.from(result.values)).toEqual([0, -2, 0, 4]);
    expect(result).toMatchObject({
      shape: [2, 2],
      label: "magnitude 50 %",
      kept: 2,
      pruned: 2,
      sparsity: 0.5,
      targetSparsity: 0.5,
    });
    expect(result.bits).toBe(4 + 2 * 32);
    expect(result.bitsPerWeight).toBe(17);
    expect(result.error.rootMeanSquareError).toBe(0.5);
    expect(Array.from(input)).toEqual([1, -2, 0, 4]);
  });

  test("takes a list of rows as a matrix", () => {
    expect(
      prune(
        [
          [1, 1],
          [5, 5],
        ],
        nodes({ keep: 1 }),
      ).nodes,
    ).toEqual([0]);
  });

  test("never costs more than the dense tensor", () => {
    expect(prune(Float32Array.of(1, 2), edges({ fanIn: 2 })).bits).toBe(64);
  });

  test("counts the bits of factors, and gives values that the caller may change", () => {
    const weights = Float32Array.from({ length: 64 }, (_, i) => (i % 8) * Math.floor(i / 8));
    const result = prune(weights, lowRank({ rank: 1 }), { shape: [8, 8] });
    expect(result.bits).toBe(16 * 16);
    const full = prune(weights, lowRank({ rank: 8 }), { shape: [8, 8] });
    expect(full.factors).toBeUndefined();
    expect(full.values).not.toBe(weights);
    expect(full.bits).toBe(64 * 32);
  });

  test("refuses weights that are not finite, by the layer's name", () => {
    expect(() => prune(Float32Array.of(1, NaN), magnitude({ sparsity: 0.5 }), { name: "fc" })).toThrow(
      "fc: weight 1 is NaN",
    );
  });
});

describe("prunerOf", () => {
  test("finds a method by its kind", () => {
    for (const step of [magnitude({ sparsity: 0 }), nodes({ keep: 1 }), edges({ fanIn: 1 }), lowRank({ rank: 1 })])
      expect(prunerOf(step).kind).toBe(step.kind);
    expect(prunerLabel(magnitude({ sparsity: 0.5, scope: "row" }))).toBe("magnitude 50 % row");
  });

  test("sends steps on networks to compress()", () => {
    expect(() => prunerOf(heads({ keep: 1 }))).toThrow(
      "prune(): heads works on a network, not on one tensor: compress(model, heads(…))",
    );
  });

  test("guesses the word that was meant", () => {
    expect(() => prunerOf({ kind: "magnitud" } as never)).toThrow(
      new OptionError('prune(): "magnitud" is no pruning method; did you mean "magnitude"?'),
    );
    expect(() => prunerOf({ kind: "quantum" } as never)).toThrow("there are edges, lowRank, magnitude, nodes");
  });
});
