import { Random } from "../../kernel/bytes/random";
import { automatonOf } from "../../kernel/loops/trellis";
import { trellisCodes } from "../../kernel/simd/trellis";

const automaton = { ...automatonOf(8), states: 8 };
const random = new Random(5);
const weights = Float32Array.from({ length: 300 }, () => (random.uniform() - 0.5) * 8);

/** The values that codes stand for: a code, and a half more in an odd state; the code's lowest bit chooses the next state. */
function valuesOf(codes: ArrayLike<number>): number[] {
  let state = 0;
  return Array.from(codes, (code) => {
    const value = code + (state & 1) / 2;
    state = automaton.afterEven[state] ^ (code & 1 ? automaton.flip : 0);
    return value;
  });
}

const errorOf = (codes: ArrayLike<number>, of: Float32Array): number =>
  valuesOf(codes).reduce((sum, value, i) => sum + (value - of[i]) ** 2, 0);

test("no path is nearer: all 256 of eight weights tried, the nearest codes on each", () => {
  for (let from = 0; from < 296; from += 8) {
    const part = weights.slice(from, from + 8);
    let least = Infinity;
    for (let odd = 0; odd < 256; odd++) {
      let state = 0;
      let sum = 0;
      part.forEach((w, i) => {
        const isOdd = (odd >> i) & 1;
        const first = isOdd + (state & 1) / 2;
        sum += (2 * Math.round((w - first) / 2) + first - w) ** 2;
        state = automaton.afterEven[state] ^ (isOdd ? automaton.flip : 0);
      });
      least = Math.min(least, sum);
    }
    expect(errorOf(trellisCodes(part, 1, automaton, 300), part)).toBeCloseTo(least, 5);
  }
});

test("zeros have codes of zero, and no weights have no codes", () => {
  expect([...trellisCodes(new Float32Array(5), 1, automaton, 300)]).toEqual([0, 0, 0, 0, 0]);
  expect(trellisCodes(new Float32Array(0), 1, automaton, 300)).toEqual(new Int32Array(0));
});

test("each segment is a path of its own", () => {
  const both = trellisCodes(weights, 1, automaton, 200);
  expect([...both.subarray(0, 200)]).toEqual([...trellisCodes(weights.slice(0, 200), 1, automaton, 200)]);
  expect([...both.subarray(200)]).toEqual([...trellisCodes(weights.slice(200), 1, automaton, 200)]);
  expect([...both]).not.toEqual([...trellisCodes(weights, 1, automaton, 300)]);
});

test("a step twice as large takes weights twice as large to the same codes", () => {
  const doubled = weights.map((w) => 2 * w);
  expect(trellisCodes(doubled, 2, automaton, 300)).toEqual(trellisCodes(weights, 1, automaton, 300));
});
