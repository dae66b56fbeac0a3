import { automatonOf, plainTrellis, polynomials, statesBefore } from "../../kernel/loops/trellis";

describe("the automaton", () => {
  test.each(Object.keys(polynomials).map(Number))(
    "of %d states leads to each state from two, by one even and one odd code",
    (states) => {
      const automaton = automatonOf(states);
      const { afterEven, flip } = automaton;
      expect([...afterEven].sort((a, b) => a - b)).toEqual(Array.from({ length: states }, (_, i) => i));
      const before = statesBefore(automaton);
      for (let state = 0; state < states; state++) {
        expect(afterEven[before[state]]).toBe(state);
        expect(afterEven[before[state ^ flip]] ^ flip).toBe(state);
        expect(before[state]).not.toBe(before[state ^ flip]);
      }
    },
  );

  test("sends an odd state into the upper half", () => {
    for (const states of [4, 8, 256]) {
      const { afterEven, turn } = automatonOf(states);
      for (let s = 1; s < states; s += 2) expect(afterEven[s]).toBe(((s >> 1) ^ turn) | (states / 2));
    }
  });
});

describe("the path", () => {
  /** What the codes stand for, by walking the automaton: w′ = step·(code + grid/2), the grid being the state's lowest bit. */
  const decoded = (codes: Int32Array, step: number, states: number) => {
    const { afterEven, flip } = automatonOf(states);
    let state = 0;
    return codes
      .map((code) => code)
      .reduce<number[]>((values, code) => {
        values.push(step * (code + (state & 1) / 2));
        state = afterEven[state] ^ (code & 1 ? flip : 0);
        return values;
      }, []);
  };
  const squares = (a: ArrayLike<number>, b: ArrayLike<number>) =>
    Array.from(a).reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0);

  test("has the least squared error of all paths, as a search over all of them finds", () => {
    const weights = Float32Array.of(0.3, -0.8, 1.1, 0.2, -0.4, 0.9);
    const states = 4;
    const { afterEven, flip } = automatonOf(states);
    let least = Infinity;
    const search = (i: number, state: number, sum: number): void => {
      if (sum >= least) return;
      if (i === weights.length) return void (least = sum);
      for (let code = -4; code <= 4; code++)
        search(i + 1, afterEven[state] ^ (code & 1 ? flip : 0), sum + (code + (state & 1) / 2 - weights[i]) ** 2);
    };
    search(0, 0, 0);
    const codes = plainTrellis.encode(weights, 1, states);
    expect(squares(weights, decoded(codes, 1, states))).toBeCloseTo(least, 6);
  });

  test("is nearer than rounding to the grid, and of nothing is nothing", () => {
    let seed = 3;
    const weights = Float32Array.from({ length: 4000 }, () => (seed = (seed * 16807) % 2147483647) / 2 ** 28 - 4);
    for (const states of [4, 32]) {
      const error = squares(weights, decoded(plainTrellis.encode(weights, 0.5, states), 0.5, states));
      expect(error).toBeLessThan(
        squares(
          weights,
          weights.map((w) => 0.5 * Math.round(w / 0.5)),
        ),
      );
    }
    expect(plainTrellis.encode(new Float32Array(0), 1, 4).length).toBe(0);
  });
});
