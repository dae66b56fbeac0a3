import { installResults, isSmall, outObject, Results, resultsKept } from "../../../kernel/session/values/results";

test("results are had by their numbers, and the latest by steps", () => {
  const results = new Results();
  expect(results.before(1)).toBeUndefined();
  results.add(1, "a");
  results.add(4, { b: 1 });
  expect([results.before(1), results.before(2), results.before(3), results.of(1)]).toEqual([
    { b: 1 },
    "a",
    undefined,
    "a",
  ]);
  expect(() => results.of(2)).toThrow("Out[2]: cell 2 has given no value");
  expect(() => results.of(9)).toThrow("Out[9]: cell 9 has given no value");
});

test("a bounded number is kept", () => {
  const results = new Results();
  for (let i = 1; i <= resultsKept + 3; i++) results.add(i, i);
  expect(results.counts()).toHaveLength(resultsKept);
  expect(() => results.of(3)).toThrow("Out[3]: only the last 200 results are kept");
  expect(results.of(4)).toBe(4);
});

test("small plain values are held, and what may hold a model is not", () => {
  const small = [
    1,
    null,
    "text",
    [1, [2]],
    { a: { b: 1 } },
    new Map([[1, new Set([2])]]),
    new Date(),
    /a/,
    new Float32Array(9),
  ];
  for (const value of small) expect(isSmall(value)).toBe(true);
  const cycle: unknown[] = [];
  cycle.push(cycle);
  expect(isSmall(cycle)).toBe(true);
  const large = [
    new (class Model {})(),
    { model: new (class Model {})() },
    () => 1,
    new Proxy({}, {}),
    new Float32Array(1e6),
    new Float32Array(new ArrayBuffer(4e6), 0, 1),
    "x".repeat(600_000),
    Array.from({ length: 30_000 }, () => 0),
    new Map([[1, () => 1]]),
    {
      get a() {
        return 1;
      },
    },
  ];
  for (const value of large) expect(isSmall(value)).toBe(false);
});

test("a value that nothing else holds may go, and its number says so", () => {
  const reference = jest.spyOn(WeakRef.prototype, "deref");
  const results = new Results();
  const model = new (class Model {})();
  results.add(1, model);
  expect(results.of(1)).toBe(model);
  reference.mockReturnValueOnce(undefined);
  expect(() => results.of(1)).toThrow("Out[1] was large or of a class, nothing else held it, and it is gone");
  reference.mockRestore();
});

test("Out lists its numbers, refuses changes and shows itself", () => {
  const results = new Results();
  const out = outObject(results) as Record<string | symbol, unknown>;
  const shown = () => (out[Symbol.for("Jupyter.display")] as () => unknown)();
  expect(shown()).toEqual({ "text/plain": "Out: no cell has given a value yet" });
  results.add(3, "c");
  expect([Object.keys(out), 3 in out, 4 in out, out[3], { ...out }]).toEqual([["3"], true, false, "c", { 3: "c" }]);
  expect(() => out[5]).toThrow(ReferenceError);
  expect(() => (out[3] = 1)).toThrow("give a value a name of its own");
  expect(shown()).toEqual({ "text/plain": "Out: values of the cells 3" });
});

test("a value that a cell gives to _ stays, and all is as before in the end", () => {
  const target: Record<string, unknown> = { _: "before" };
  const results = new Results();
  const remove = installResults(target, results);
  results.add(1, 10);
  results.add(2, 20);
  expect([target._, target.__, target.___]).toEqual([20, 10, undefined]);
  target._ = "mine";
  results.add(3, 30);
  expect([target._, target.__]).toEqual(["mine", 20]);
  remove();
  expect(target).toEqual({ _: "before" });
});
