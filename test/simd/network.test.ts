import { Activation, NetworkMemory, packedLength } from "../../kernel/simd/network";

const { fround } = Math;

/** Numbers from −1 to 1, the same each time. */
function numbers(count: number, seed = 1): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

const memory = new NetworkMemory();
const { functions } = memory;

describe("product", () => {
  it.each([
    [1, 8, 1],
    [1, 13, 7],
    [4, 16, 33],
    [10, 13, 7],
    [67, 24, 5],
    [129, 9, 64],
  ])("%i rows, %i columns, %i inner: each sum in order, to the last bit", (rows, columns, inner) => {
    const [x, w] = [numbers(rows * inner), numbers(columns * inner, 2)];
    const mark = memory.mark();
    const at = memory.put(x);
    const packed = memory.take(packedLength(columns, inner));
    const y = memory.take(rows * columns + 4);
    memory.floats(y, rows * columns + 4).fill(7);
    functions.pack(memory.put(w), packed, columns, inner, inner, 1);
    memory.product(at, packed, y, { rows, columns, inner, packedInner: inner, xStep: inner, yStep: columns });
    const wanted = Float32Array.from({ length: rows * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum = fround(sum + fround(x[row * inner + k] * w[column * inner + k]));
      return sum;
    });
    expect(memory.floats(y, rows * columns)).toEqual(wanted);
    // Nothing is written behind the last row.
    expect([...memory.floats(y + 4 * rows * columns, 4)]).toEqual([7, 7, 7, 7]);
    memory.release(mark);
  });

  it("takes a transposed matrix, and fewer inputs than were packed", () => {
    const [rows, columns, inner] = [5, 11, 6];
    const [x, w] = [numbers(rows * inner), numbers(columns * inner, 3)];
    const mark = memory.mark();
    const packed = memory.take(packedLength(columns, inner));
    functions.pack(memory.put(w), packed, columns, inner, 1, columns);
    const y = memory.take(rows * columns);
    memory.product(memory.put(x), packed, y, {
      rows,
      columns,
      inner: 4,
      packedInner: inner,
      xStep: inner,
      yStep: columns,
    });
    let sum = 0;
    for (let k = 0; k < 4; k++) sum = fround(sum + fround(x[2 * inner + k] * w[k * columns + 9]));
    expect(memory.floats(y, rows * columns)[2 * columns + 9]).toBe(sum);
    memory.release(mark);
  });
});

/** `act` on values in memory, and what stands there then. */
function through(values: Float32Array, act: (address: number) => void): Float32Array {
  const mark = memory.mark();
  const at = memory.put(values);
  act(at);
  const result = memory.floats(at, values.length).slice();
  memory.release(mark);
  return result;
}

const apart = (found: ArrayLike<number>, wanted: ArrayLike<number>): number =>
  Array.from(found).reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);

describe("rows", () => {
  it("norms", () => {
    const [x, w] = [numbers(30), numbers(20, 5)];
    const rms = through(x, (at) => functions.rootMeanSquareNorm(at, memory.put(w), at, 3, 10, 1e-3));
    const layer = through(x, (at) => functions.layerNorm(at, memory.put(w), at, 3, 10, 1e-3));
    const wanted = { rms: [] as number[], layer: [] as number[] };
    for (let row = 0; row < 3; row++) {
      const own = x.slice(10 * row, 10 * row + 10);
      const mean = own.reduce((sum, one) => sum + one, 0) / 10;
      const square = own.reduce((sum, one) => sum + one * one, 0) / 10;
      const variance = own.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 10;
      own.forEach((value, i) => {
        wanted.rms.push((w[i] * value) / Math.sqrt(square + 1e-3));
        wanted.layer.push((w[i] * (value - mean)) / Math.sqrt(variance + 1e-3) + w[10 + i]);
      });
    }
    expect(apart(rms, wanted.rms)).toBeLessThan(3e-7);
    expect(apart(layer, wanted.layer)).toBeLessThan(3e-7);
  });

  it("activations", () => {
    const x = Float32Array.from({ length: 2001 }, (_, i) => (i - 1000) / 90);
    const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));
    const tanhGelu = (v: number) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));
    const forms: [keyof typeof Activation, (v: number) => number][] = [
      ["SILU", (v) => v * sigmoid(v)],
      ["QUICK_GELU", (v) => v * sigmoid(1.702 * v)],
      ["GELU_TANH", tanhGelu],
      ["RELU", (v) => Math.max(v, 0)],
      ["SQUARED_RELU", (v) => Math.max(v, 0) ** 2],
    ];
    for (const [kind, form] of forms) {
      const found = through(x, (at) => functions.activate(at, x.length, Activation[kind]));
      expect(apart(found, Array.from(x, form))).toBeLessThan(5e-6);
    }
    // Φ at some places, from tables of the error function (Abramowitz and Stegun, 7.1).
    const places = [-6, -3, -1, -0.5, 0, 0.5, 1, 2, 4, 6];
    const phi = [
      9.8658765e-10, 0.001349898, 0.1586552539, 0.3085375387, 0.5, 0.6914624613, 0.8413447461, 0.9772498681,
      0.9999683288, 1,
    ];
    const gelu = through(Float32Array.from(places), (at) => functions.activate(at, places.length, Activation.GELU));
    expect(
      apart(
        gelu,
        places.map((place, i) => place * phi[i]),
      ),
    ).toBeLessThan(1e-6);
  });

  it("softmax of what a query sees", () => {
    const scores = numbers(24).map((value) => 9 * value);
    const form = { rows: 4, keys: 6, step: 6, place: 1, window: 3, causal: true, scale: 0.5, cap: 2 };
    const found = through(scores, (at) => memory.softmax(at, form));
    for (let row = 0; row < 4; row++) {
      const seen = [0, 1, 2, 3, 4, 5].filter((key) => key <= row + 1 && key > row + 1 - 3);
      const powers = seen.map((key) => Math.exp(2 * Math.tanh((0.5 * scores[6 * row + key]) / 2)));
      const total = powers.reduce((sum, one) => sum + one, 0);
      const wanted = new Array<number>(6).fill(0);
      seen.forEach((key, i) => (wanted[key] = powers[i] / total));
      expect(apart(found.subarray(6 * row, 6 * row + 6), wanted)).toBeLessThan(3e-7);
    }
  });

  it("turns pairs that lie apart or side by side", () => {
    const angle = 0.7;
    const table = Float32Array.of(Math.cos(angle), Math.sin(angle), 1, 0);
    const turn = (isInterleaved: boolean) =>
      through(Float32Array.of(1, 2, 3, 4, 9), (at) => functions.turn(at, memory.put(table), 1, 2, 5, isInterleaved));
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    expect(apart(turn(false), [c - 3 * s, 2, 3 * c + s, 4, 9])).toBeLessThan(1e-6);
    expect(apart(turn(true), [c - 2 * s, 2 * c + s, 3, 4, 9])).toBeLessThan(1e-6);
  });

  it("sums, products, caps, and the first number that is none", () => {
    const [a, b] = [numbers(7), numbers(7, 9)];
    expect(through(a, (at) => functions.addAll(at, memory.put(b), 7))).toEqual(a.map((value, i) => value + b[i]));
    expect(through(a, (at) => functions.multiplyAll(at, memory.put(b), 7))).toEqual(a.map((value, i) => value * b[i]));
    expect(through(a, (at) => functions.addRow(at, memory.put(b), 2, 2, 3))).toEqual(
      a.map((value, i) => (i < 6 && i % 3 < 2 ? value + b[i % 3] : value)),
    );
    expect(
      apart(
        through(a, (at) => functions.capAll(at, 7, 0.5)),
        a.map((value) => 0.5 * Math.tanh(value / 0.5)),
      ),
    ).toBeLessThan(1e-7);
    const odd = Float32Array.of(1, -Infinity, NaN);
    expect(functions.firstNonFinite(memory.put(odd), 3)).toBe(1);
    expect(functions.firstNonFinite(memory.put(a), 7)).toBe(7);
  });
});

describe("judging", () => {
  it.each([2, 5, 40, 1001])("%i logits: float64 formulas", (count) => {
    const [q, p] = [numbers(count).map((v) => 20 * v), numbers(count, 4).map((v) => 20 * v)];
    const target = count >> 1;
    const logs = (x: Float32Array) => {
      const greatest = Math.max(...x);
      const total = Math.log(x.reduce((sum, one) => sum + Math.exp(one - greatest), 0)) + greatest;
      return Array.from(x, (one) => one - total);
    };
    const [lq, lp] = [logs(q), logs(p)];
    const mark = memory.mark();
    const at = memory.put(q);
    functions.judge(at, count, target);
    expect(memory.judged("LOG_PROBABILITY")).toBeCloseTo(lq[target], 10);
    functions.compare(at, memory.put(p), count, target);
    memory.release(mark);
    expect(memory.judged("LOG_PROBABILITY")).toBeCloseTo(lq[target], 10);
    expect(memory.judged("REFERENCE")).toBeCloseTo(lp[target], 10);
    expect(memory.judged("FORWARD")).toBeCloseTo(
      lp.reduce((sum, l, i) => sum + Math.exp(l) * (l - lq[i]), 0),
      9,
    );
    expect(memory.judged("BACKWARD")).toBeCloseTo(
      lq.reduce((sum, l, i) => sum + Math.exp(l) * (l - lp[i]), 0),
      9,
    );
    const top = (x: Float32Array) => x.indexOf(Math.max(...x));
    expect(memory.judged("SAME_TOP")).toBe(top(q) === top(p) ? 1 : 0);
  });

  it("is exactly 0 for equal logits", () => {
    const at = memory.put(numbers(333));
    functions.compare(at, at, 333, 5);
    expect([memory.judged("FORWARD"), memory.judged("BACKWARD"), memory.judged("SAME_TOP")]).toEqual([0, 0, 1]);
  });
});
