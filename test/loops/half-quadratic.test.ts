import { tilingOfGroups } from "../../kernel/grid/tiles";
import { fastHalfQuadratic, halfQuadraticCode, plainHalfQuadratic } from "../../kernel/loops/half-quadratic";

const tiling = tilingOfGroups({ rows: 1, rowLength: 4, groupLength: 2, groupsPerRow: 2 });
const weights = Float32Array.of(0.125, 0.5, -1, 2);
const grid = { inverse: Float32Array.of(4, 1), zero: Float32Array.of(1, 1) };

test("codes are rounded to even and kept on the grid", () => {
  expect(halfQuadraticCode(0.5, 1, 0, 3)).toBe(0);
  expect(halfQuadraticCode(1.5, 1, 0, 3)).toBe(2);
  expect(halfQuadraticCode(0.5, 2, 1, 3)).toBe(2);
  expect([halfQuadraticCode(-9, 1, 1, 3), halfQuadraticCode(9, 1, 1, 3)]).toEqual([0, 3]);
});

describe.each([
  ["plain", plainHalfQuadratic],
  ["fast", fastHalfQuadratic],
])("%s", (_, loops) => {
  test("by hand: where every error shrinks to zero, z is the mean of q − w·t", () => {
    // q: rint(0.125·4 + 1) = 2 (1.5 to even), 3; 0, 3. w″ = (q − z)/t: 0.25, 0.5; −1, 2. Only the first is off, by 0.125.
    const next = new Float32Array(2);
    const round = { highest: 3, norm: 0.7, beta: 1, total: 0 };
    expect(loops.round(weights, tiling, grid, round, next)).toBe(0.125);
    expect(loops.round(weights, tiling, grid, { ...round, total: 2 }, next)).toBe(2.125);
    expect([...next]).toEqual([(2 - 0.5 + (3 - 2)) / 2, (0 + 1 + 3 - 2) / 2]);
  });

  test("by hand: an error that stays is taken off the weight, by |x|^(p−1)/β less", () => {
    // At p = 0.5 and β = 64: 0.125 − 0.125^(−0.5)/64 = 0.125 − 2.83/64.
    const next = new Float32Array(2);
    loops.round(weights, tiling, grid, { highest: 3, norm: 0.5, beta: 64, total: 0 }, next);
    const left = 0.125 - 0.125 ** -0.5 / 64;
    // The error x = w − w″ is −0.125: w − error = 0.125 + left.
    expect(next[0]).toBeCloseTo((2 - 4 * (0.125 + left) + 1) / 2, 6);
    expect(next[1]).toBe(1);
  });

  test("codes lie on the grid of their group, and give its values", () => {
    const codes = loops.encode(weights, tiling, grid, 3);
    expect([...codes]).toEqual([2, 3, 0, 3]);
    const values = loops.decode(codes, tiling, Float32Array.of(0.25, 1), Float32Array.of(1, 1.5));
    expect([...values]).toEqual([0.25, 0.5, -1.5, 1.5]);
  });

  test("no weights: no error", () => {
    const none = tilingOfGroups({ rows: 0, rowLength: 4, groupLength: 2, groupsPerRow: 2 });
    const empty = { inverse: new Float32Array(0), zero: new Float32Array(0) };
    const round = { highest: 3, norm: 0.7, beta: 1, total: 0 };
    expect(loops.round(new Float32Array(0), none, empty, round, new Float32Array(0))).toBe(0);
  });
});
