import type { MimeBundle } from "../../kernel/session/language/types";
import { asBundle, displaySymbol, showValue, valueText } from "../../kernel/session/display";

describe("asBundle", () => {
  test("knows data by MIME types, bare or under data", () => {
    expect(asBundle({ "text/html": "a" })).toEqual({ data: { "text/html": "a" } });
    expect(asBundle({ data: { "text/html": "a" }, metadata: { b: 1 }, buffers: [], other: 1 })).toEqual({
      data: { "text/html": "a" },
      metadata: { b: 1 },
      buffers: [],
    });
    expect(asBundle({ "application/x+json; charset=utf-8": {} })).toBeDefined();
  });

  test("leaves out metadata and buffers that are none", () => {
    const data = { "text/html": "a" };
    for (const odd of [5, "text", [1], null, new Map()]) expect(asBundle({ data, metadata: odd })).toEqual({ data });
    for (const odd of [5, "text", {}, null]) expect(asBundle({ data, buffers: odd })).toEqual({ data });
  });

  test.each([
    {},
    { a: 1 },
    { "text/html": "a", b: 1 },
    { data: {} },
    { data: { a: 1 } },
    [],
    null,
    "text/html",
    new Map(),
    new (class {
      "text/html" = "a";
    })(),
  ])("takes %p for a value", (value) => {
    expect(asBundle(value)).toBeUndefined();
  });

  test("survives a value whose properties throw", () => {
    expect(
      asBundle(
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new Error("no");
            },
          },
        ),
      ),
    ).toBeUndefined();
  });
});

test("values show themselves by Jupyter's own symbol, which other packages know too", () => {
  expect(displaySymbol).toBe(Symbol.for("Jupyter.display"));
});

test.each([
  ["text/plain", true],
  ["application/vnd.codebook.v1+json", true],
  ["text/html; charset=utf-8", true],
  ["text/", false],
  ["/plain", false],
  ["text/html x", false],
  ["a text/html", false],
])("%p is a MIME type: %p", (key, isMime) => {
  expect(asBundle({ [key]: "" }) !== undefined).toBe(isMime);
});

describe("showValue", () => {
  const own = (show: () => unknown) => ({ [displaySymbol]: show, name: "value" });

  test("gives text of a plain value", () => {
    expect(showValue({ a: [1] })).toEqual({ data: { "text/plain": "{ a: [ 1 ] }" } });
  });

  test("lets a value show itself, and adds text where it gives none", async () => {
    expect(showValue(own(() => ({ "text/html": "h", "text/plain": "p" })))).toEqual({
      data: { "text/html": "h", "text/plain": "p" },
    });
    const added = await showValue(own(() => ({ data: { "text/html": "h" }, metadata: { m: 1 } })));
    expect(added).toMatchObject({
      data: { "text/html": "h", "text/plain": expect.stringContaining("name") as string },
      metadata: { m: 1 },
    });
  });

  test("waits for a method that takes its time", async () => {
    expect(await showValue(own(async () => ({ "text/plain": "later" })))).toEqual({ data: { "text/plain": "later" } });
  });

  test("calls the method on the value", () => {
    const value = {
      text: "mine",
      [displaySymbol]() {
        return { "text/plain": this.text };
      },
    };
    expect(showValue(value)).toEqual({ data: { "text/plain": "mine" } });
  });

  test("takes a value for its own display where it has no method, or one that cannot be read", () => {
    for (const value of [{ [displaySymbol]: "no method" }, null, undefined, 5])
      expect(showValue(value)).toEqual({ data: { "text/plain": valueText(value) } });
    const unreadable = {
      get [displaySymbol]() {
        throw new Error("no");
      },
    };
    expect(Object.keys((showValue(unreadable) as MimeBundle).data)).toEqual(["text/plain"]);
  });

  test("asks functions too, which may be classes", () => {
    const show = Object.assign(() => 1, { [displaySymbol]: () => ({ "text/plain": "a function" }) });
    expect(showValue(show)).toEqual({ data: { "text/plain": "a function" } });
  });

  test("says why a method failed, where that can be said", async () => {
    const failing = async (thrown: unknown) => {
      const { data } = await showValue(own(() => Promise.reject(thrown as Error)));
      return String(data["text/plain"]).split("\n").at(-1);
    };
    const text = "[its Jupyter.display method failed";
    expect(await failing({ message: "from another realm" })).toBe(`${text}: from another realm]`);
    expect(await failing(new Error("own"))).toBe(`${text}: own]`);
    for (const thrown of ["text", null, undefined, { other: 1 }]) expect(await failing(thrown)).toBe(`${text}]`);
    const unreadable = {
      get message() {
        throw new Error("no");
      },
    };
    expect(await failing(unreadable)).toBe(`${text}]`);
  });

  test.each([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("says when the method %s", async (_, show) => {
    const { data } = await showValue(own(show));
    expect(data["text/plain"]).toContain("[its Jupyter.display method failed: broken]");
  });

  test("says what a method must return", async () => {
    const { data } = await showValue(own(() => 5));
    expect(data["text/plain"]).toContain("it must return { mime type: data }");
  });
});

describe("valueText", () => {
  test("is as Node's console has it, strings in quotes", () => {
    expect(valueText("a")).toBe("'a'");
    expect(valueText(-0)).toBe("-0");
    expect(valueText({ a: { b: { c: { d: 1 } } } })).toBe("{ a: { b: { c: [Object] } } }");
  });

  test("gives dtype, shape and values of a tensor, or that it is gone", () => {
    const tensor = {
      shape: [2, 2],
      dtype: "float32",
      rankType: "2",
      dataSync: () => [1],
      toString: () => "Tensor\n  values:\n    [[1, 2]]",
    };
    expect(valueText(tensor)).toBe("Tensor float32 [2, 2]\n    [[1, 2]]");
    expect(valueText({ ...tensor, toString: () => "Tensor values: 5" })).toBe("Tensor float32 [2, 2] 5");
    expect(valueText({ ...tensor, isDisposedInternal: true })).toBe("Tensor float32 [2, 2] (disposed)");
  });

  test("cuts long lists after 100 items and long text after 10000 characters", () => {
    expect(valueText(new Uint8Array(101))).toMatch(/\.\.\. 1 more item\n\]\nshape \(101\), uint8, range 0 … 0$/);
    expect(valueText(new Uint8Array(100))).not.toContain("more item");
    expect(valueText("x".repeat(10_001))).toBe(`'${"x".repeat(10_000)}'... 1 more character`);
    expect(valueText("x".repeat(10_000))).toBe(`'${"x".repeat(10_000)}'`);
  });

  test("goes two levels deep", () => {
    expect(valueText([[[1]]])).toBe("[ [ [ 1 ] ] ]");
    expect(valueText([[[[1]]]])).toBe("[ [ [ [Array] ] ] ]");
  });

  test("of what only looks like a tensor, or cannot be read, is that of any object", () => {
    const rank = { rankType: "1", dtype: "float32" };
    expect(valueText({ ...rank, dataSync: 5 })).toBe("{ rankType: '1', dtype: 'float32', dataSync: 5 }");
    expect(valueText({ dataSync: 1, ...rank, rankType: "2" })).toContain("dataSync: 1");
    const dataSync = () => [1];
    for (const value of [
      { dataSync, dtype: "float32" },
      { dataSync, rankType: "1" },
      { ...rank, dataSync },
    ])
      expect(valueText(value)).toContain("dataSync: [Function: dataSync]");
  });

  test("calls nothing of a proxy, whatever it stands for", () => {
    const calls: string[] = [];
    const trap = (name: "get" | "has" | "ownKeys" | "getPrototypeOf" | "getOwnPropertyDescriptor") => ({
      [name]: (...all: unknown[]) => (calls.push(name), (Reflect[name] as (...all: unknown[]) => unknown)(...all)),
    });
    const traps = {
      ...trap("get"),
      ...trap("has"),
      ...trap("ownKeys"),
      ...trap("getPrototypeOf"),
      ...trap("getOwnPropertyDescriptor"),
    };
    const tensor = { shape: [1], dtype: "float32", rankType: "1", dataSync: () => [1], toString: () => "values: 1" };
    for (const target of [{ a: 1 }, tensor]) expect(valueText(new Proxy(target, traps))).toMatch(/^Proxy \[/);
    expect(calls).toEqual([]);
  });

  test("of a value that cannot be printed says so", () => {
    const value = {
      [Symbol.for("nodejs.util.inspect.custom")]() {
        throw new Error("no text");
      },
    };
    expect(valueText(value)).toBe("[object that cannot be printed: no text]");
  });
});
