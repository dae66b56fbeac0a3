import vm from "node:vm";
import { hasMethod, isOpen, isPlainObject, ownValue } from "../../../kernel/session/values/plain";

test("plain is what braces make, in any realm", () => {
  for (const value of [{}, Object.create(null), vm.runInNewContext("({ a: 1 })")])
    expect(isPlainObject(value)).toBe(true);
  for (const value of [[], new Map(), new (class A {})(), null, 5, new Proxy({}, {}), Object.create(new Proxy({}, {}))])
    expect(isPlainObject(value)).toBe(false);
});

test("a proxy is never asked, nor a getter", () => {
  const calls: unknown[] = [];
  const proxy = new Proxy(
    {},
    { get: (_, key) => calls.push(key), getPrototypeOf: () => (calls.push("prototype"), null) },
  );
  const value = {
    get run(): unknown {
      return calls.push("getter");
    },
  };
  expect([
    isOpen(proxy),
    hasMethod(proxy, "run"),
    hasMethod(Object.create(proxy), "run"),
    hasMethod(value, "run"),
  ]).toEqual([false, false, false, false]);
  expect([ownValue(value, "run"), ownValue(value, "other"), ownValue({ a: 1 }, "a")]).toEqual([
    "[Getter]",
    undefined,
    1,
  ]);
  expect(calls).toEqual([]);
  expect(hasMethod(new (class extends Array {})(), "map")).toBe(true);
});
