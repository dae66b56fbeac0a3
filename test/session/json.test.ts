import { toJson } from "../../kernel/session/json";

test("big integers become text, and undefined null", () => {
  expect(toJson({ a: 10n ** 20n, b: [1n] })).toBe('{"a":"100000000000000000000","b":["1"]}');
  expect(toJson(undefined)).toBe("null");
  expect(toJson(1n)).toBe('"1"');
});

test("typed arrays become lists, wherever they are", () => {
  const values = { a: Float32Array.of(0.5, -1), b: [Uint8Array.of(7), new BigInt64Array([3n])], c: Buffer.from("a") };
  expect(JSON.parse(toJson(values))).toEqual({ a: [0.5, -1], b: [[7], ["3"]], c: [97] });
  class Holder {
    readonly values = new Int8Array(2);
    readonly big = 1n;
    readonly bytes = Buffer.from("b");
  }
  expect(JSON.parse(toJson({ holder: new Holder() }))).toEqual({ holder: { values: [0, 0], big: "1", bytes: [98] } });
  expect(toJson(new Uint8Array(0))).toBe("[]");
});

test("bytes without numbers are refused: they would be an empty object", () => {
  for (const bytes of [new ArrayBuffer(1), new SharedArrayBuffer(1), new DataView(new ArrayBuffer(1))])
    expect(() => toJson({ weights: bytes })).toThrow(/at "weights": .* send them as buffers/);
});

test("all else is as JSON.stringify has it", () => {
  const deep: unknown[] = [];
  let inner = deep;
  for (let i = 0; i < 100; i++) inner.push((inner = []));
  const values = [
    { date: new Date(0), map: new Map([[1, 2]]), missing: undefined, nan: NaN, text: "é𝒳\ud800", nothing: null },
    { toJSON: () => ({ own: 1 }) },
    { nested: { toJSON: () => 5 } },
    Object.create(null),
    deep,
    [undefined, () => 1, Symbol("s")],
  ];
  for (const value of values) expect(toJson(value)).toBe(JSON.stringify(value));
  const cycle: unknown[] = [];
  cycle.push(cycle, 1n);
  expect(() => toJson(cycle)).toThrow(TypeError);
});
