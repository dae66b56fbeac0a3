import { OptionError } from "../../kernel/errors";
import { headEnergy, heads, headsPruner } from "../../kernel/prune/heads";
import { matrixView } from "../../kernel/simd/matrix";

const view = (rows: number, columns: number, ...values: number[]) =>
  matrixView(Float32Array.from(values), rows, columns);

describe("headEnergy", () => {
  test("is the square of ‖O·V‖, by hand", () => {
    // O (2, 1) = [1 2]ᵀ, V (1, 3) = [3 0 4]: O·V = [[3 0 4], [6 0 8]], 9 + 16 + 36 + 64.
    expect(headEnergy(view(2, 1, 1, 2), view(1, 3, 3, 0, 4))).toBeCloseTo(125, 9);
    // O = [[1 0], [0 2]], V = [[0 1], [1 0]]: O·V = [[0 1], [2 0]].
    expect(headEnergy(view(2, 2, 1, 0, 0, 2), view(2, 2, 0, 1, 1, 0))).toBeCloseTo(5, 9);
  });

  test("is zero, and not below, where what a head gives the output does not take", () => {
    expect(headEnergy(view(1, 2, 1, 0), view(2, 2, 0, 0, 5, 7))).toBe(0);
    expect(headEnergy(view(1, 2, 1, 1), view(2, 1, 1, -1))).toBeCloseTo(0, 12);
  });

  test("refuses matrices that do not fit", () => {
    expect(() => headEnergy(view(1, 2, 1, 1), view(1, 1, 1))).toThrow(
      new OptionError("headEnergy(): the output takes 2 values and the head gives 1"),
    );
  });
});

test("heads() makes a frozen step of what was said and no more", () => {
  expect(heads({ sparsity: 0.25 })).toEqual({ kind: "heads", sparsity: 0.25 });
  expect(heads({ keep: 9, heads: 12 })).toEqual({ kind: "heads", keep: 9, heads: 12 });
  expect(heads({ sparsity: 0.5, scope: "global" })).toEqual({ kind: "heads", sparsity: 0.5, scope: "global" });
  expect(Object.isFrozen(heads({ keep: 1 }))).toBe(true);
  expect(() => heads({ keep: 1, heads: 0 })).toThrow(OptionError);
  expect(() => heads({ keep: 1, head: 4 } as never)).toThrow('did you mean "heads"?');
});

test("heads() is told in a few words", () => {
  expect(headsPruner.label(heads({ sparsity: 0.25 }))).toBe("heads 25 %");
  expect(headsPruner.label(heads({ sparsity: 0.25, scope: "global" }))).toBe("heads 25 % global");
});
