import { OptionError } from "../../kernel/errors";
import { edges, edgesPruner, type EdgesOptions } from "../../kernel/prune/edges";

const masked = (weights: number[], shape: number[], options: EdgesOptions) =>
  Array.from(edgesPruner.prune(Float32Array.from(weights), shape, edges(options)).mask);

describe("n:m", () => {
  test("keeps the strongest n of every m in a row", () => {
    expect(masked([1, -4, 3, 2, 5, 6, -8, 7], [1, 8], { n: 2, m: 4 })).toEqual([0, 1, 1, 0, 0, 0, 1, 1]);
  });

  test("begins anew with each row, and a short last group keeps min(n, r)", () => {
    expect(masked([1, 2, 3, 4, 5, 6], [2, 3], { n: 1, m: 2 })).toEqual([0, 1, 1, 0, 1, 1]);
    expect(masked([1, 2, 3, 4, 5], [1, 5], { n: 2, m: 4 })).toEqual([0, 0, 1, 1, 1]);
  });

  test("prunes the lowest index of equal magnitudes", () => {
    expect(masked([1, -1, 1, -1], [1, 4], { n: 2, m: 4 })).toEqual([0, 0, 1, 1]);
  });

  test("costs log2(m) bits a place, and as much as whole groups", () => {
    const { storage, kept } = edgesPruner.prune(Float32Array.of(1, 2, 3, 4, 5), [1, 5], edges({ n: 2, m: 4 }));
    expect(kept).toBe(3);
    expect(storage).toEqual({ scheme: "bitmask", indexBits: 5, storedWeights: 3 });
    const whole = edgesPruner.prune(new Float32Array(64), [8, 8], edges({ n: 1, m: 4 }));
    expect(whole.storage).toEqual({ scheme: "n:m", indexBits: 32, storedWeights: 16 });
  });
});

describe("fan-in", () => {
  test("keeps the strongest inputs of each node", () => {
    expect(masked([1, -4, 3, 9, 8, 7], [2, 3], { fanIn: 2 })).toEqual([0, 1, 1, 1, 1, 0]);
  });

  test("keeps all where a node has fewer", () => {
    expect(masked([1, 2], [2, 1], { fanIn: 5 })).toEqual([1, 1]);
  });
});

describe("blocks", () => {
  test("go whole, those of least mean magnitude, the smaller tiles of the edge by their own mean", () => {
    // Tiles of (2, 2) in (3, 3): means 2.5, 5, 4, 1.
    const weights = [1, -2, 5, 3, 4, 5, 4, -4, 1];
    expect(masked(weights, [3, 3], { block: [2, 2], sparsity: 0.25 })).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0]);
    expect(masked(weights, [3, 3], { block: [2, 2], sparsity: 0.5 })).toEqual([0, 0, 1, 0, 0, 1, 1, 1, 0]);
  });

  test("are wide or tall, and cut at both edges", () => {
    // Tiles of (1, 3) in (2, 4): means 2, 9, 7, 1.
    const weights = [1, 2, 3, 9, 8, 7, 6, 1];
    expect(masked(weights, [2, 4], { block: [1, 3], sparsity: 0.5 })).toEqual([0, 0, 0, 1, 1, 1, 1, 0]);
    // Tiles of (3, 1) in (4, 2): means 4, 6, 6, 1.
    expect(masked(weights, [4, 2], { block: [3, 1], sparsity: 0.5 })).toEqual([0, 1, 0, 1, 0, 1, 1, 0]);
  });

  test("are counted with one bit each", () => {
    const { storage } = edgesPruner.prune(
      Float32Array.from({ length: 64 }, (_, i) => i),
      [8, 8],
      edges({ block: [4, 4], sparsity: 0.5 }),
    );
    expect(storage).toEqual({ scheme: "blocks", indexBits: 4, storedWeights: 32 });
  });
});

test("the share that a step aims at is that of a row", () => {
  expect(edgesPruner.target([3, 8], edges({ n: 2, m: 4 }))).toBe(0.5);
  expect(edgesPruner.target([1, 5], edges({ n: 2, m: 4 }))).toBeCloseTo(1 - 3 / 5);
  expect(edgesPruner.target([3, 8], edges({ fanIn: 2 }))).toBe(0.75);
  expect(edgesPruner.target([3, 8], edges({ fanIn: 20 }))).toBe(0);
  expect(edgesPruner.target([3, 8], edges({ block: [1, 1], sparsity: 0.3 }))).toBe(0.3);
  expect(edgesPruner.target([0, 0], edges({ fanIn: 2 }))).toBe(0);
});

test("edges() takes whole numbers from 1 to 2³¹ − 1", () => {
  expect(edges({ fanIn: 2 ** 31 - 1 }).fanIn).toBe(2 ** 31 - 1);
  for (const fanIn of [0, 1.5, 2 ** 31])
    expect(() => edges({ fanIn })).toThrow(`fanIn is ${fanIn}; it takes a whole number from 1 to 2147483647`);
  expect(edges({ n: 4, m: 4 })).toEqual({ kind: "edges", n: 4, m: 4 });
});

test("edges() takes one pattern", () => {
  for (const options of [{}, { n: 1, m: 2, fanIn: 3 }, { fanIn: 1, sparsity: 0.5 }])
    expect(() => edges(options)).toThrow("it takes one pattern");
  expect(() => edges({ n: 3, m: 2 })).toThrow(OptionError);
  expect(() => edges({ sparsity: 0.5 })).toThrow("block is missing");
  expect(() => edges({ block: [4] as never, sparsity: 0.5 })).toThrow("block is [4]");
  expect(() => edges({ block: [4, 4] })).toThrow("sparsity is undefined");
});

test("edges() is told in a few words", () => {
  expect(edgesPruner.label(edges({ n: 2, m: 4 }))).toBe("edges 2:4");
  expect(edgesPruner.label(edges({ fanIn: 32 }))).toBe("edges fan-in 32");
  expect(edgesPruner.label(edges({ block: [4, 2], sparsity: 0.5 }))).toBe("edges blocks 4×2 50 %");
});
