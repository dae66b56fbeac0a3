import { OptionError } from "../../kernel/errors";
import { chosenBlocks, layers, layersPruner } from "../../kernel/prune/layers";

const scores = Float64Array.of(5, 1, 4, 2, 3, 0);

describe("chosenBlocks", () => {
  test("takes those of least score, one stays at least", () => {
    expect(chosenBlocks(6, layers({ keep: 4 }), scores)).toEqual([1, 5]);
    expect(chosenBlocks(6, layers({ sparsity: 0.5 }), scores)).toEqual([1, 3, 5]);
    expect(chosenBlocks(6, layers({ sparsity: 1 }), scores)).toEqual([1, 2, 3, 4, 5]);
  });

  test("takes those before the final one", () => {
    expect(chosenBlocks(6, layers({ keep: 4, by: "last" }), scores)).toEqual([3, 4]);
    expect(chosenBlocks(6, layers({ keep: 1, by: "last" }), scores)).toEqual([0, 1, 2, 3, 4]);
  });

  test("takes evenly spaced ones, never the first", () => {
    expect(chosenBlocks(6, layers({ keep: 4, by: "every" }), scores)).toEqual([2, 4]);
    expect(chosenBlocks(12, layers({ keep: 9, by: "every" }), scores)).toEqual([3, 6, 9]);
    expect(chosenBlocks(6, layers({ keep: 1, by: "every" }), scores)).toEqual([1, 2, 3, 4, 5]);
  });

  test("takes none where all stay", () => {
    for (const by of ["norm", "last", "every"] as const)
      expect(chosenBlocks(6, layers({ keep: 6, by }), scores)).toEqual([]);
  });
});

describe("layers()", () => {
  test("keeps dropped numbers in order, in a list of its own", () => {
    const drop = [4, 1];
    const step = layers({ drop });
    expect(step).toEqual({ kind: "layers", drop: [1, 4] });
    expect(drop).toEqual([4, 1]);
    expect(Object.isFrozen(step.drop)).toBe(true);
  });

  test("chooses by norm where nothing else is said", () => {
    expect(layers({ sparsity: 0.5 })).toEqual({ kind: "layers", sparsity: 0.5, by: "norm" });
  });

  test.each([
    [{}, "one of drop"],
    [{ drop: [1], keep: 1 }, "one of drop"],
    [{ drop: [1], by: "last" as const }, "drop names them already"],
    [{ drop: [] }, "drop is []"],
    [{ drop: [-1] }, "drop is [-1]"],
    [{ drop: [1.5] }, "drop is [1.5]"],
    [{ drop: [2, 1, 2] }, "names a block twice: 2, 1, 2"],
  ])("refuses %p", (options, text) => {
    expect(() => layers(options)).toThrow(OptionError);
    expect(() => layers(options)).toThrow(text);
  });

  test("is told in a few words", () => {
    expect(layersPruner.label(layers({ drop: [3, 4] }))).toBe("layers without 3, 4");
    expect(layersPruner.label(layers({ keep: 4, by: "last" }))).toBe("layers keep 4 by last");
  });
});
